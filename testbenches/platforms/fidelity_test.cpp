// SPDX-License-Identifier: Apache-2.0
// Clock by clock or a row at once: no byte of any result may tell.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "arith/stuck_cells.h"
#include "attention_macro/simulate.h"
#include "former_soc/simulate.h"
#include "random_machine.h"
#include "report/report.h"
#include "support/fresh_kernel.h"

using namespace topkima;

namespace {

struct Outcome {
  std::string report, effective;
  report::RunResult run;
};

Outcome run_with(bool soc, config::Settings settings, const workload::Workload& workload) {
  testbenches::fresh_kernel();
  auto run = soc ? platforms::simulate_soc(settings, workload, {})
                 : platforms::simulate_macro(settings, workload, {});
  return {report::report_json(settings, run), report::effective_ini(settings, run.machine), run};
}

void require_equal(const Outcome& a, const Outcome& b) {
  REQUIRE(a.report == b.report);
  REQUIRE(a.effective == b.effective);
  REQUIRE(a.run.results.topk_index == b.run.results.topk_index);
  REQUIRE(a.run.results.topk_code == b.run.results.topk_code);
  REQUIRE(a.run.results.probability == b.run.results.probability);
  REQUIRE(a.run.results.convert_cycles == b.run.results.convert_cycles);
  REQUIRE(a.run.results.output == b.run.results.output);
  REQUIRE(a.run.stored_output == b.run.stored_output);
}

const char* const blocks[] = {"fidelity.score",   "fidelity.topk", "fidelity.union",
                              "fidelity.softmax", "fidelity.av",   "fidelity.projection",
                              "fidelity.write",   "fidelity.bus"};
const char* const schedules[] = {"sequential", "coarse", "fine", "buffered"};

void compare(unsigned first_seed, int machines) {
  for (int m = 0; m < machines; ++m) {
    std::mt19937 random(first_seed + unsigned(m));
    auto settings = testbenches::random_machine(random);
    testbenches::random_baseline(settings, random);
    settings.set("pipeline.schedule", schedules[random() % 4], "test");
    const bool soc = random() % 3 > 0, projected = soc && random() % 2;
    if (projected) testbenches::random_fold(settings, random);
    testbenches::random_row_split(settings, random);
    testbenches::random_nonidealities(settings, random);
    const auto workload = workload::make_workload(settings, projected);
    INFO("seed " << first_seed + unsigned(m) << (soc ? ", SoC" : ", macro"));
    const auto by_row = run_with(soc, settings, workload);
    settings.set("fidelity.all", "cycle", "test");
    require_equal(by_row, run_with(soc, settings, workload));
    for (const char* block : blocks)
      if (random() % 2) settings.set(block, random() % 2 ? "row" : "cycle", "test");
    require_equal(by_row, run_with(soc, settings, workload));
  }
}

}  // namespace

TEST_CASE("a macro with latencies of other circuits, by hand, at both fidelities") {
  // Two rows, three tokens, all scores 0, k = 3.
  workload::Workload workload;
  workload.shape = {1, 2, 3, 4, false};
  workload.q = {{1, 2, 4}, {}, std::vector<std::int8_t>(8, 0)};
  workload.k = workload.v = {{1, 3, 4}, {}, std::vector<std::int8_t>(12, 0)};
  config::Settings settings;
  for (const auto& [name, value] : {std::pair{"pipeline.schedule", "coarse"},
                                    {"topk.k", "3"},
                                    {"softmax.score_step", "1"},
                                    {"topk.grants_per_cycle", "2"},
                                    {"topk.step_cycles", "3"},
                                    {"topk.grant_cycles", "2"},
                                    {"topk.start_cycles", "7"},
                                    {"softmax.exponent_interval", "5"},
                                    {"softmax.divide_interval", "2"}})
    settings.set(name, value, "test");
  const auto by_row = run_with(false, settings, workload);
  settings.set("fidelity.all", "cycle", "test");
  require_equal(by_row, run_with(false, settings, workload));
  // Codes 15 to 0 are 16 steps; in the last one two grants, then the third, which stops, and two
  // cycles more, since it grants.
  const int conversion = 7 + 16 * 3 + 15 + 2 + 2;
  CHECK(by_row.run.results.convert_cycles == std::vector<std::int32_t>(2, conversion));
  CHECK(by_row.run.latency == 2 * (16 + conversion + 1 + (2 + 3 * 5) + (6 + 3 * 2) + 66));
}

TEST_CASE("the machines beside Topkima, by hand, at both fidelities") {
  // Two rows, three tokens in crossbars of two columns, k = 1; coarse: rows one after the other.
  workload::Workload workload;
  workload.shape = {1, 2, 3, 4, false};
  workload.q = {{1, 2, 4}, {}, std::vector<std::int8_t>(8, 1)};
  workload.k = {{1, 3, 4}, {}, {1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2}};
  workload.v = {{1, 3, 4}, {}, std::vector<std::int8_t>(12, 5)};
  config::Settings settings;
  for (const auto& [name, value] : {std::pair{"pipeline.schedule", "coarse"},
                                    {"topk.k", "1"},
                                    {"crossbar.columns", "2"},
                                    {"ima.ramp_lsb", "2"},
                                    {"softmax.score_step", "0"}})
    settings.set(name, value, "test");
  const auto cycles = [&](const std::string& macro, const std::string& sorters,
                          const std::string& scaling) {
    settings.set("softmax.macro", macro, "test");
    settings.set("sort.sorters", sorters, "test");
    settings.set("attention.scaling", scaling, "test");
    settings.set("fidelity.all", "row", "test");
    const auto by_row = run_with(false, settings, workload);
    settings.set("fidelity.all", "cycle", "test");
    require_equal(by_row, run_with(false, settings, workload));
    // Scores 4, 8, 8 in steps of 2.
    const auto& results = by_row.run.results;
    using Ints = std::vector<std::int32_t>;
    if (macro == "conventional") {
      CHECK(results.topk_index == Ints{0, 1, 2, 0, 1, 2});
      CHECK(results.topk_code == Ints{2, 4, 4, 2, 4, 4});
      CHECK(results.probability == Ints(6, 10));  // 31 / 3, to the nearest
    } else if (sorters == "head") {
      CHECK(results.topk_index == Ints{1, 1});
      CHECK(results.probability == Ints{31, 31});
    } else {
      CHECK(results.topk_index == Ints{1, 2, 1, 2});
      CHECK(results.probability == Ints(4, 16));
    }
    CHECK(results.convert_cycles == Ints(4, 32));
    return by_row.run.latency / 2;
  };
  const int score = 16 + 32, av = 66;
  CHECK(cycles("conventional", "head", "scale_free") == score + (2 + 3) + (6 + 3) + av);
  CHECK(cycles("conventional", "head", "left_shift") == score + 3 + (2 + 3) + (6 + 3) + av);
  CHECK(cycles("digital_topk", "head", "scale_free") == score + 3 + (2 + 1) + (6 + 1) + av);
  CHECK(cycles("digital_topk", "head", "left_shift") == score + 3 + 3 + (2 + 1) + (6 + 1) + av);
  CHECK(cycles("digital_topk", "crossbar", "scale_free") ==
        score + (2 + 1) + (2 + 2) + (6 + 2) + av);
}

TEST_CASE("random machines: cycle fidelity, whole or by block, gives row fidelity's bytes") {
  compare(1, 150);
}

TEST_CASE("everything not ideal at once, both fidelities; with all at 0 the ideal results") {
  config::Settings settings;
  for (const auto& [name, value] : {std::pair{"attention.heads", "3"},
                                    {"attention.tokens", "50"},
                                    {"attention.d_model", "48"},
                                    {"crossbar.columns", "20"},
                                    {"av.rows", "17"},
                                    {"pipeline.sequences", "3"},
                                    {"report.float_reference", "false"}})
    settings.set(name, value, "test");
  const auto workload = workload::make_workload(settings, true);
  const auto ideal = run_with(true, settings, workload);
  settings.set("noise.seed", "99", "test");
  const auto other_seed = run_with(true, settings, workload);
  CHECK(other_seed.run.results.output == ideal.run.results.output);
  for (const auto& [name, value] : {std::pair{"noise.score_sigma", "0.4"},
                                    {"noise.comparator_sigma", "0.3"},
                                    {"noise.ramp_sigma", "0.2"},
                                    {"noise.value_sigma", "0.4"},
                                    {"noise.value_comparator_sigma", "0.3"},
                                    {"noise.value_ramp_sigma", "0.2"},
                                    {"noise.rram_sigma", "0.02"},
                                    {"fault.key_cells", "0.01"},
                                    {"fault.value_cells", "0.01"},
                                    {"fault.rram_cells", "0.0001"}})
    settings.set(name, value, "test");
  const auto by_row = run_with(true, settings, workload);
  settings.set("fidelity.all", "cycle", "test");
  require_equal(by_row, run_with(true, settings, workload));
  CHECK(by_row.run.results.topk_code != ideal.run.results.topk_code);
  CHECK(by_row.run.results.output != ideal.run.results.output);
  settings.set("noise.seed", "100", "test");
  CHECK(run_with(true, settings, workload).run.results.output != by_row.run.results.output);
}

TEST_CASE(
    "instances of a machine differ in everything that is drawn, cells of a bank in stuck ones") {
  config::Nonidealities first;
  first.key_cells.share = 0.5;
  config::Nonidealities second = first;
  second.instance = 1;
  CHECK(first.score_ramp(2, 1).place == second.score_ramp(2, 1).place);
  CHECK(first.score_ramp(2, 1).key.instance != second.score_ramp(2, 1).key.instance);
  CHECK(first.rram(4).key.instance != second.rram(4).key.instance);
  const auto stuck = [](const config::Nonidealities& defects, int bank) {
    std::vector<std::int8_t> cells(200, 0);
    arith::StuckCells(defects.key_arrays(0, 0, 0), arith::Effect::key_stuck, arith::StuckCells::ternary)
        .apply(0, bank, 5, 200, cells.data());
    return cells;
  };
  CHECK(stuck(first, 0) != stuck(second, 0));
  CHECK(stuck(first, 0) != stuck(first, 1));
}

TEST_CASE("many random machines: cycle fidelity gives row fidelity's bytes", "[.heavy]") {
  // A process holds the stacks of some hundred elaborations: more machines take more processes.
  const char* seed = std::getenv("TOPKIMA_FIRST_SEED");
  compare(seed ? unsigned(std::stoul(seed)) : 10'000, 300);
}
