// SPDX-License-Identifier: Apache-2.0
#include "report/metrics.h"

#include <catch2/catch.hpp>

using namespace topkima;

namespace {

stage::Account account(const std::string& kind, std::int64_t busy) {
  stage::Account account;
  account.name = account.kind = kind;
  account.busy = busy;
  return account;
}

/// A run of stages with so many busy cycles each, of an unknown critical path.
report::RunResult run_of(const std::vector<std::pair<std::string, std::int64_t>>& stages) {
  config::Settings settings;
  report::RunResult run({"topkima-macro", "macro", stage::in_macro, "65nm"},
                        config::resolve(settings, {1, 1, 1, 1, 1, false}));
  for (const auto& [kind, busy] : stages) run.accounts.push_back(account(kind, busy));
  return run;
}

}  // namespace

TEST_CASE("the bottleneck is what saves most if twice as fast, else what holds most of the path") {
  auto run = run_of({{"score", 90}, {"union", 10}, {"divider", 50}});
  run.latency = 100;
  run.path.known = true;
  run.path.cycles = {{"score", 20}, {"union", 41}, {"divider", 39}};
  run.path.latency_if_twice_as_fast = {{"score", 92}, {"union", 100}, {"divider", 95}};
  CHECK(report::bottleneck(run) == "score");
  // Two that work side by side save nothing one by one.
  run.path.latency_if_twice_as_fast = {{"score", 100}, {"union", 100}, {"divider", 100}};
  CHECK(report::bottleneck(run) == "union");
  run.path.cycles = {{"divider", 1}};  // a kind that the path does not touch has none of it
  CHECK(report::bottleneck(run) == "divider");
}

TEST_CASE("a row's softmax is the service of its macro's stages, a sorter a share of it") {
  auto run = run_of({{"score", 96},
                     {"latch", 0},
                     {"sorter", 60},
                     {"exponent", 20},
                     {"divider", 24},
                     {"av", 132}});
  for (auto& account : run.accounts) account.rows = 2;
  run.latency = 200;
  for (const auto& metric : report::metrics(stage::in_macro)) {
    if (metric.name == "softmax_cycles") CHECK(metric.value(run) == 100);
    if (metric.name == "sort_share") CHECK(metric.value(run) == 0.3);
  }
}

TEST_CASE("without a critical path the bottleneck is the busiest kind, by the mean of its stages") {
  // Two scores of 40 and 60, two unions of 10 and 100: means of 50 and 55.
  CHECK(report::bottleneck(run_of({{"score", 40}, {"union", 10}, {"score", 60}, {"union", 100}})) ==
        "union");
  CHECK(report::bottleneck(run_of({{"score", 40}, {"union", 10}, {"score", 60}, {"union", 89}})) ==
        "score");
}

TEST_CASE("of equal kinds the bottleneck is the one that rows come to first") {
  auto run = run_of({{"score", 7}, {"union", 30}, {"divider", 30}, {"av", 29}});
  CHECK(report::bottleneck(run) == "union");
  run.path.known = true;
  run.path.cycles = {{"divider", 5}, {"score", 5}, {"av", 5}};
  CHECK(report::bottleneck(run) == "score");
}

TEST_CASE("a run without cycles has no bottleneck, and what only has a label is none") {
  CHECK(report::bottleneck(run_of({})).empty());
  CHECK(report::bottleneck(run_of({{"score", 0}, {"union", 0}})).empty());
  auto run = run_of({{"score", 5}, {"source", 90}});
  run.accounts[1].accounted = false;
  CHECK(report::bottleneck(run) == "score");
  run.path.known = true;  // of a run in no time
  CHECK(report::bottleneck(run).empty());
}
