// SPDX-License-Identifier: Apache-2.0
#include "report/limits.h"

#include <catch2/catch.hpp>

#include "report/metrics.h"

using namespace topkima;
using report::gains, report::limit, report::RunResult;

namespace {

RunResult run_of(std::int64_t latency) {
  config::MachineConfig config{};
  config.topk.split = {4};
  RunResult run({"topkima-soc", "soc", config::in_soc, "32nm"}, config);
  run.latency = latency;
  run.path.known = true;
  return run;
}

std::vector<std::string> names(const RunResult& run) {
  std::vector<std::string> all;
  for (const auto& gain : gains(run)) all.push_back(gain.what);
  return all;
}

}  // namespace

TEST_CASE("what gains most comes first; of groups those that gain more than their kinds do") {
  auto run = run_of(1000);
  run.path.latency_if_twice_as_fast = {
      {"projection.k", 1000}, {"projection.v", 1000}, {"projection.q", 940}, {"av", 990}};
  run.path.groups = {
      {"projections", "all projections", {"projection.q", "projection.k", "projection.v"}, 770},
      {"keys_and_values", "K with V", {"projection.k", "projection.v"}, 950},
      {"head", "all of a head", {"av"}, 990}};
  CHECK(names(run) ==
        std::vector<std::string>{"all projections", "projection.q", "K with V", "av"});
  CHECK(limit(run) == "all projections -23.0%");
  CHECK(report::limits_text(run) ==
        "limited by      all projections -23.0%, projection.q -6.0%, K with V -5.0% if twice as "
        "fast (parameters: --what-if)\n");
}

TEST_CASE("where nothing gains, or nothing is known of it, the bottleneck is the limit") {
  auto run = run_of(100);
  stage::Account account;
  account.name = account.kind = "score";
  account.busy = 100;
  run.accounts = {account};
  run.path.cycles = {{"score", 100}};
  run.path.latency_if_twice_as_fast = {{"score", 100}};
  CHECK(gains(run).empty());
  CHECK(limit(run) == report::bottleneck(run));
  CHECK(limit(run) == "score");
  run.path = {};
  CHECK(limit(run) == "score");
  CHECK(report::limits_text(run) == "limited by      score\n");
}

TEST_CASE("a run without cycles is limited by nothing") {
  CHECK(limit(run_of(0)).empty());
  CHECK(report::limits_text(run_of(0)).empty());
}
