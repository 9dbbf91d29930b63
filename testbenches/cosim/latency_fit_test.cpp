// SPDX-License-Identifier: Apache-2.0
#include "cosim/latency_fit.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

using namespace topkima::cosim;

namespace {

/// What explains a step's cycles.
struct Pace {
  int lanes, step, start, grant = 0;
};

std::int64_t step_time(bool first, int grants, const Pace& pace) {
  return (first ? pace.start : 0) + pace.step + (grants > 0 ? pace.grant : 0) +
         std::max(1, (grants + pace.lanes - 1) / pace.lanes);
}

Pace pace_of(const StepFit& fit) {
  return {fit.lanes, fit.step_cycles, fit.start_cycles, fit.grant_cycles};
}

std::int64_t step_deviation(const StepCounts& counts, const Pace& pace) {
  std::int64_t total = 0;
  for (const auto& [kind, count] : counts)
    total += count * std::abs(kind.cycles - step_time(kind.first, kind.grants, pace));
  return total;
}

std::int64_t row_deviation(const RowCounts& counts, int cycles, int interval) {
  std::int64_t total = 0;
  for (const auto& [kind, count] : counts)
    total += count * std::abs(kind.cycles - cycles - std::int64_t{kind.winners} * interval);
  return total;
}

int below(std::mt19937& random, int n) { return static_cast<int>(random() % unsigned(n)); }

}  // namespace

TEST_CASE("Times that parameters explain give these parameters back") {
  std::mt19937 random(1);
  for (int seed = 0; seed < 500; ++seed) {
    const Pace pace{1 + below(random, most_lanes), below(random, 30), below(random, 30),
                    below(random, 5)};
    StepCounts counts;
    for (const bool first : {true, false})
      for (int grants = 0; grants <= 2 * pace.lanes + 1; ++grants)
        counts[{first, grants, step_time(first, grants, pace)}] += 1 + below(random, 100);
    const auto fit = fit_steps(counts);
    REQUIRE(fit.lanes == pace.lanes);
    REQUIRE(fit.step_cycles == pace.step);
    REQUIRE(fit.start_cycles == pace.start);
    REQUIRE(fit.grant_cycles == pace.grant);
    REQUIRE(fit.goes_on);
    REQUIRE(fit.differs);
    REQUIRE(fit.most_grants == 2 * pace.lanes + 1);
    REQUIRE(fit.deviation.deviating == 0);
  }
}

TEST_CASE("Few kinds of steps are still explained exactly, by the fewest lanes that do") {
  std::mt19937 random(2);
  for (int seed = 0; seed < 500; ++seed) {
    const Pace pace{1 + below(random, 8), below(random, 5), below(random, 5), below(random, 4)};
    StepCounts counts;
    for (int kinds = 1 + below(random, 6); kinds > 0; --kinds) {
      const bool first = random() % 2;
      const int grants = below(random, 12);
      ++counts[{first, grants, step_time(first, grants, pace)}];
    }
    const auto fit = fit_steps(counts);
    REQUIRE(fit.deviation.total == 0);
    REQUIRE(step_deviation(counts, pace_of(fit)) == 0);
    REQUIRE(fit.lanes <= pace.lanes);
  }
}

TEST_CASE("Of steps that nothing explains the fit has the least sum of deviations") {
  std::mt19937 random(3);
  for (int seed = 0; seed < 60; ++seed) {
    StepCounts counts;
    for (int kinds = 1 + below(random, 12); kinds > 0; --kinds)
      counts[{random() % 2 == 0, below(random, 6), below(random, 14)}] += 1 + below(random, 9);
    std::int64_t least = INT64_MAX;
    for (int lanes = 1; lanes <= 6; ++lanes)
      for (int step = 0; step <= 14; ++step)
        for (int start = 0; start <= 14; ++start)
          for (int grant = 0; grant <= 14; ++grant)
            least = std::min(least, step_deviation(counts, {lanes, step, start, grant}));
    const auto fit = fit_steps(counts);
    CAPTURE(seed);
    REQUIRE(fit.deviation.total == least);
    REQUIRE(step_deviation(counts, pace_of(fit)) == least);
  }
}

TEST_CASE("A given number of lanes is kept") {
  StepCounts counts;
  for (int grants = 0; grants <= 6; ++grants)
    counts[{false, grants, step_time(false, grants, {2, 1, 0})}] = 1;
  CHECK(fit_steps(counts).lanes == 2);
  CHECK(fit_steps(counts, 3, 3).lanes == 3);
  CHECK(fit_steps(counts, 3, 3).deviation.deviating > 0);
}

TEST_CASE("Cycles of steps that grant are told only where others do not") {
  const auto fit = fit_steps({{{false, 1, 3}, 4}, {{false, 2, 4}, 4}});
  CHECK_FALSE(fit.differs);
  CHECK(fit.grant_cycles == 0);
  CHECK(fit.step_cycles == 2);
  CHECK(fit.deviation.deviating == 0);
}

TEST_CASE("Conversions of one step leave all of it to the start") {
  const auto fit = fit_steps({{{true, 1, 4}, 10}});
  CHECK(fit.step_cycles == 0);
  CHECK(fit.start_cycles == 3);
  CHECK_FALSE(fit.goes_on);
}

TEST_CASE("Deviations are counted") {
  // Seven steps of one cycle, two of three, one of five.
  const auto fit = fit_steps({{{false, 0, 1}, 7}, {{false, 0, 3}, 2}, {{false, 0, 5}, 1}});
  CHECK(fit.step_cycles == 0);
  CHECK(fit.deviation.transactions == 10);
  CHECK(fit.deviation.deviating == 3);
  CHECK(fit.deviation.most == 4);
  CHECK(fit.deviation.total == 8);
}

TEST_CASE("Rows give back cycles and interval") {
  std::mt19937 random(4);
  for (int seed = 0; seed < 500; ++seed) {
    const int cycles = below(random, most_cycles + 1), interval = 1 + below(random, 20);
    RowCounts counts;
    const int few = 1 + below(random, 5);
    for (const int winners : {few, few + 1 + below(random, 5)})
      counts[{winners, cycles + winners * interval}] = 1 + below(random, 50);
    const auto fit = fit_rows(counts, 1);
    REQUIRE(fit.varies);
    REQUIRE(fit.cycles == cycles);
    REQUIRE(fit.interval == interval);
    REQUIRE(fit.deviation.deviating == 0);
  }
}

TEST_CASE("Rows that nothing explains have the least sum of deviations") {
  std::mt19937 random(5);
  for (int seed = 0; seed < 100; ++seed) {
    RowCounts counts{{{1, below(random, 20)}, 1}, {{2, below(random, 20)}, 1}};
    for (int kinds = below(random, 8); kinds > 0; --kinds)
      counts[{1 + below(random, 6), below(random, 20)}] += 1 + below(random, 9);
    std::int64_t least = INT64_MAX;
    for (int cycles = 0; cycles <= 20; ++cycles)
      for (int interval = 1; interval <= 20; ++interval)
        least = std::min(least, row_deviation(counts, cycles, interval));
    const auto fit = fit_rows(counts, 1);
    REQUIRE(fit.deviation.total == least);
    REQUIRE(row_deviation(counts, fit.cycles, fit.interval) == least);
  }
}

TEST_CASE("Rows of one number of winners keep the interval that was given") {
  const auto fit = fit_rows({{{5, 17}, 30}}, 3);
  CHECK_FALSE(fit.varies);
  CHECK(fit.interval == 3);
  CHECK(fit.cycles == 2);
  CHECK(fit.deviation.deviating == 0);
}

TEST_CASE("A constant time is the middle one") {
  CHECK(fit_constant({{{0, 1}, 2}, {{5, 1}, 5}}).cycles == 1);
  const auto fit = fit_constant({{{0, 1}, 2}, {{5, 4}, 5}});
  CHECK(fit.cycles == 4);
  CHECK(fit.deviation.deviating == 2);
  CHECK(fit.deviation.most == 3);
}
