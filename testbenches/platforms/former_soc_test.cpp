// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "former_soc/simulate.h"
#include "random_machine.h"
#include "stage/instance_names.h"
#include "support/fresh_kernel.h"

using namespace topkima;

namespace {

workload::Tensor floats(std::vector<std::size_t> shape, float value) {
  workload::Tensor tensor;
  tensor.floats.assign(shape[0] * shape[1], value);
  tensor.shape = std::move(shape);
  return tensor;
}

/// One head, two tokens, d_k 4, all zero: every score is 0, so both columns cross at code 0.
workload::Workload two_zero_tokens() {
  workload::Workload workload;
  workload.shape = {1, 1, 2, 2, 4, true};
  workload.x = floats({2, 4}, 0);
  workload.wq = workload.wk = workload.wv = floats({4, 4}, 0);
  return workload;
}

std::int64_t latency_of(const std::string& schedule, config::Settings settings = {}) {
  settings.set("pipeline.schedule", schedule, "test");
  settings.set("topk.stop_when_exhausted", "false", "test");
  return platforms::simulate_soc(settings, two_zero_tokens(), {}).latency;
}

}  // namespace

// The projections see a row 1 beat + 20 cycles after its request, in cycle 21, the next one cycle
// later; 74 cycles per projection: K and V are ready at 95 and 169. V's last token is written at
// 170, then K^T, 4 x 3 word lines, until 182. Fewer columns (2) than k: a conversion walks all 32
// codes and spends one cycle more on the second of two grants in one step: 33; a score 16 + 33
// = 49. Then union 1, exponent 2 + 2, divider 6 + 2, weighted values 66, one beat to store, and 20
// to reach the memory.

TEST_CASE("fine: two rows by hand") {
  // Q: read 182..183, there at 203, projected 277 and 351.
  // Row 1: score 400, union 401, exponent 405, divider 413, av 479, stored 480 + 20.
  CHECK(latency_of("fine") == 500);
}

TEST_CASE("coarse: two rows by hand") {
  // Row 0 from 182: 231, 232, 236, 244, 310; row 1 from 310: 359, 360, 364, 372, 438, 439 + 20.
  CHECK(latency_of("coarse") == 459);
}

TEST_CASE("buffered: two rows by hand") {
  // Row 1 scores 231..280 behind row 0, reaches the AV arrays at 293, waits for 310: 376, 377 + 20.
  CHECK(latency_of("buffered") == 397);
}

TEST_CASE("sequential: two rows by hand") {
  // Q until 169; K: read at 169, there at 190, 264 and 338; V: 359, 433, 507, written 508; K^T 520.
  // Row 0: 569, 570, 574, 582, 648; row 1: 697, 698, 702, 710, 776; stored 777 + 20.
  CHECK(latency_of("sequential") == 797);
}

TEST_CASE("coarse: two rows with latencies of other circuits, by hand, at both fidelities") {
  for (const char* fidelity : {"row", "cycle"}) {
    testbenches::fresh_kernel();
    config::Settings settings;
    for (const auto& [name, value] : {std::pair{"topk.grants_per_cycle", "2"},
                                      {"topk.step_cycles", "1"},
                                      {"topk.start_cycles", "5"},
                                      {"softmax.exponent_interval", "3"},
                                      {"softmax.divide_interval", "4"},
                                      {"fidelity.all", fidelity}})
      settings.set(name, value, "test");
    // Both columns are granted in one cycle: 32 steps of 2 cycles and 5 before them are 69, and the
    // score 16 + 69 = 85. Exponent 2 + 2 * 3, divider 6 + 2 * 4.
    // Row 0 from 182: 267, 268, 276, 290, 356; row 1: 441, 442, 450, 464, 530, stored 531 + 20.
    CHECK(latency_of("coarse", settings) == 551);
  }
}

TEST_CASE("random machines: cycles and rows are conserved, values do not depend on the schedule") {
  std::mt19937 random(42);
  for (int seed = 0; seed < 60; ++seed) {
    auto settings = testbenches::random_machine(random);
    testbenches::random_baseline(settings, random);
    const bool projected = random() % 2 == 0;
    if (projected) testbenches::random_fold(settings, random);
    const auto workload = workload::make_workload(settings, projected);
    std::vector<std::int32_t> output;
    for (const char* schedule : {"sequential", "coarse", "fine", "buffered"}) {
      testbenches::fresh_kernel();
      auto copy = settings;
      copy.set("pipeline.schedule", schedule, "test");
      const auto run = platforms::simulate_soc(copy, workload, {});
      const auto& c = run.config;
      INFO("seed " << seed << ", " << schedule);
      REQUIRE(run.completed.size() == std::size_t(c.pipeline.sequences));
      REQUIRE(run.completed.back() == run.latency);
      for (const auto& account : run.accounts) {
        if (!account.accounted) continue;
        INFO(account.name);
        REQUIRE(account.busy + account.starved + account.blocked == run.latency);
        std::int64_t starved = 0, blocked = 0;
        for (const auto& [cause, cycles] : account.starved_by) starved += cycles;
        for (const auto& [cause, cycles] : account.blocked_by) blocked += cycles;
        REQUIRE(starved == account.starved);
        REQUIRE(blocked == account.blocked);
        std::string stage;
        const int turns = stage::head_of(account.name, stage) < 0 ? 1 : c.heads_per_chain();
        if (account.kind.rfind("bus", 0) != 0)
          REQUIRE(account.rows == std::int64_t{c.pipeline.sequences} * c.shape.tokens * turns);
      }
      std::int64_t path = 0;
      for (const auto& [kind, cycles] : run.path.cycles) path += cycles;
      REQUIRE(path == run.latency);
      for (const auto& [kind, cycles] : run.path.latency_if_twice_as_fast)
        REQUIRE(cycles <= run.latency);
      if (output.empty()) output = run.results.output;
      REQUIRE(run.results.output == output);
    }
  }
}

TEST_CASE("token memory holds every sequence's output, one byte per value") {
  // Sequences alternate between the banks of K and V and between two output buffers.
  config::Settings settings;
  for (const auto& [name, value] :
       {std::pair{"attention.heads", "3"}, {"attention.tokens", "20"}, {"attention.d_model", "24"}})
    settings.set(name, value, "test");
  const auto workload = workload::make_workload(settings, true);
  for (const char* sequences : {"1", "2", "3"}) {
    testbenches::fresh_kernel();
    auto copy = settings;
    copy.set("pipeline.sequences", sequences, "test");
    const auto run = platforms::simulate_soc(copy, workload, {});
    const std::int64_t m = 15 * 31;
    REQUIRE(run.stored_output.size() == 20 * 24);
    for (std::size_t h = 0; h < 3; ++h)
      for (std::size_t r = 0; r < 20; ++r)
        for (std::size_t i = 0; i < 8; ++i) {
          const std::int64_t out = run.results.output[(h * 20 + r) * 8 + i];
          const std::int64_t rounded =
              std::int64_t(std::floor(double(2 * 127 * out + m) / (2 * m)));
          const std::int64_t expected =
              std::max<std::int64_t>(-127, std::min<std::int64_t>(127, rounded));
          REQUIRE(run.stored_output[r * 24 + h * 8 + i] == expected);
        }
  }
}

TEST_CASE("accounts do not depend on whether the graph of causes is kept") {
  for (const char* schedule : {"sequential", "coarse", "fine", "buffered"}) {
    std::vector<stage::Account> kept;
    for (const bool keep : {true, false}) {
      testbenches::fresh_kernel();
      config::Settings settings;
      settings.set("pipeline.schedule", schedule, "test");
      settings.set("pipeline.sequences", "3", "test");
      platforms::Observation observation;
      observation.keep_causes = keep;
      const auto run = platforms::simulate_soc(settings, two_zero_tokens(), observation);
      CHECK(run.path.known == keep);
      if (keep) kept = run.accounts;
      for (std::size_t i = 0; i < kept.size(); ++i) {
        INFO(schedule << ", " << kept[i].name);
        CHECK(run.accounts[i].starved_by == kept[i].starved_by);
        CHECK(run.accounts[i].blocked_by == kept[i].blocked_by);
      }
    }
  }
}
