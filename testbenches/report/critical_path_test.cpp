// SPDX-License-Identifier: Apache-2.0
#include "report/critical_path.h"

#include <catch2/catch.hpp>
#include <numeric>

using namespace topkima;
using report::find_critical_path;
using stage::Ledger;
using Cycles = std::map<std::string, std::int64_t>;

namespace {

/// Two stages, A before B, and a pipelined latency after the last row:
///   first  A  0 .. 10        second A 10 .. 18
///   B first 10 .. 15         B second 18 .. 22      latency 22 .. 25
struct TwoRows {
  Ledger ledger;
  stage::StageId a = ledger.add_stage("head0.a", stage::kinds::score),
                 b = ledger.add_stage("head0.b", stage::kinds::unite),
                 latency = ledger.add_label("read latency", stage::kinds::bus_latency);
  stage::NodeId finish = make();

  stage::NodeId make() {
    const auto a1 = ledger.event(a, Ledger::start, Ledger::start, 10, 10);
    const auto b1 = ledger.event(b, a1, Ledger::start, 5, 15);
    const auto a2 = ledger.event(a, Ledger::start, a1, 8, 18);
    const auto b2 = ledger.event(b, a2, b1, 4, 22);
    return ledger.event(latency, b2, b2, 3, 25);
  }
};

}  // namespace

TEST_CASE("the critical path is the chain of the later causes, its parts add up to the latency") {
  const TwoRows rows;
  const auto path = find_critical_path(rows.ledger, rows.finish);
  CHECK(path.known);
  CHECK(path.cycles == Cycles{{"score", 18}, {"union", 4}, {"bus latency", 3}});
}

TEST_CASE("a stage twice as fast shortens the run until another chain decides") {
  const TwoRows rows;
  const auto path = find_critical_path(rows.ledger, rows.finish);
  // a: rows at 5 and 9, but b has the first until 10: 10 + 4 + 3. b: 3 and 2 cycles (rounded up).
  CHECK(path.latency_if_twice_as_fast == Cycles{{"score", 17}, {"union", 23}});
}

TEST_CASE("what happens after the finish changes neither") {
  TwoRows rows;
  rows.ledger.event(rows.a, rows.finish, rows.finish, 100, 125);
  CHECK(find_critical_path(rows.ledger, rows.finish).cycles ==
        Cycles{{"score", 18}, {"union", 4}, {"bus latency", 3}});
}

TEST_CASE("stages of one kind are counted, and made faster, together") {
  Ledger ledger;
  const auto first = ledger.add_stage("head0.a", stage::kinds::score),
             second = ledger.add_stage("head1.a", stage::kinds::score);
  const auto one = ledger.event(first, Ledger::start, Ledger::start, 6, 6);
  const auto other = ledger.event(second, Ledger::start, Ledger::start, 9, 9);
  const auto both = ledger.join(one, other);
  const auto end = ledger.event(first, both, both, 1, 10);
  const auto path = find_critical_path(ledger, end);
  CHECK(path.cycles == Cycles{{"score", 10}});
  CHECK(path.latency_if_twice_as_fast == Cycles{{"score", 6}});  // 5 + 1: odd cycles round up
}

TEST_CASE("a join takes no cycle and belongs to no stage") {
  Ledger ledger;
  const auto a = ledger.add_stage("a", stage::kinds::score),
             b = ledger.add_stage("b", stage::kinds::unite);
  const auto left = ledger.event(a, Ledger::start, Ledger::start, 7, 7);
  const auto right = ledger.event(b, Ledger::start, Ledger::start, 7, 7);
  const auto path = find_critical_path(ledger, ledger.join(left, right));
  CHECK(path.known);
  std::int64_t sum = 0;
  for (const auto& [kind, cycles] : path.cycles) sum += cycles;
  CHECK(sum == 7);
  CHECK(path.latency_if_twice_as_fast ==
        Cycles{{"score", 7}, {"union", 7}});  // the other still takes 7
}

TEST_CASE("without a record of causes the path is unknown") {
  Ledger ledger(false);
  const auto a = ledger.add_stage("a", stage::kinds::score);
  const auto end = ledger.event(a, Ledger::start, Ledger::start, 5, 5);
  const auto path = find_critical_path(ledger, end);
  CHECK_FALSE(path.known);
  CHECK(path.cycles.empty());
}

TEST_CASE("kinds that tie gain nothing alone, and together what they are asked for together") {
  Ledger ledger;
  const auto k = ledger.add_stage("projection.k", stage::kinds::projection_k),
             v = ledger.add_stage("projection.v", stage::kinds::projection_v),
             score = ledger.add_stage("head0.score", stage::kinds::score);
  const auto left = ledger.event(k, Ledger::start, Ledger::start, 8, 8);
  const auto right = ledger.event(v, Ledger::start, Ledger::start, 8, 8);
  const auto both = ledger.join(left, right);
  const auto path = find_critical_path(ledger, ledger.event(score, both, both, 2, 10));
  CHECK(path.latency_if_twice_as_fast ==
        Cycles{{"projection.k", 10}, {"projection.v", 10}, {"score", 9}});
  // A group of one kind is none.
  REQUIRE(path.groups.size() == 2);
  CHECK(path.groups[0].name == "projections");
  CHECK(path.groups[1].name == "keys_and_values");
  for (const auto& group : path.groups) {
    CHECK(group.kinds == std::vector<std::string>{"projection.k", "projection.v"});
    CHECK(group.latency_if_twice_as_fast == 6);
  }
}

TEST_CASE("a group without cycles on the path leaves the latency as it is") {
  Ledger ledger;
  const auto score = ledger.add_stage("head0.score", stage::kinds::score);
  ledger.add_stage("bus.read", stage::kinds::bus_read);
  ledger.add_stage("bus.write", stage::kinds::bus_write);
  const auto path =
      find_critical_path(ledger, ledger.event(score, Ledger::start, Ledger::start, 5, 5));
  REQUIRE(path.groups.size() == 1);
  CHECK(path.groups[0].name == "bus");
  CHECK(path.groups[0].latency_if_twice_as_fast == 5);
}
