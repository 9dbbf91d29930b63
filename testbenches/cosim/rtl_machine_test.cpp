// SPDX-License-Identifier: Apache-2.0
// RTL in the place of models, or beside them: no byte of any result may tell.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "attention_macro/simulate.h"
#include "former_soc/simulate.h"
#include "platforms/random_machine.h"
#include "report/report.h"
#include "support/fresh_kernel.h"

using namespace topkima;

namespace {

struct Outcome {
  nlohmann::json report;  ///< but for what it says of RTL
  report::RunResult run;
};

Outcome run_with(bool soc, config::Settings settings, const workload::Workload& workload) {
  testbenches::fresh_kernel();
  auto run = soc ? platforms::simulate_soc(settings, workload, {})
                 : platforms::simulate_macro(settings, workload, {});
  auto report = nlohmann::json::parse(report::report_json(settings, run));
  report.erase("configuration");
  report.erase("rtl");
  return {report, run};
}

void require_equal(const Outcome& model, const Outcome& rtl) {
  REQUIRE_FALSE(rtl.run.diverged);
  REQUIRE(model.run.latency == rtl.run.latency);
  REQUIRE(model.run.results.topk_index == rtl.run.results.topk_index);
  REQUIRE(model.run.results.topk_code == rtl.run.results.topk_code);
  REQUIRE(model.run.results.probability == rtl.run.results.probability);
  REQUIRE(model.run.results.convert_cycles == rtl.run.results.convert_cycles);
  REQUIRE(model.run.results.output == rtl.run.results.output);
  REQUIRE(model.run.stored_output == rtl.run.stored_output);
  REQUIRE(model.report == rtl.report);
}

void set(config::Settings& settings, const char* name, const std::string& value) {
  settings.set(name, value, "test");
}

/// A random machine that the twins are compiled for, and have the latencies of.
config::Settings machine_of_the_twins(std::mt19937& random) {
  auto settings = testbenches::random_machine(random);
  testbenches::random_nonidealities(settings, random);
  for (const auto& [name, value] : {std::pair{"topk.union_cycles", "1"},
                                    {"softmax.exponent_cycles", "2"},
                                    {"softmax.divide_cycles", "auto"},
                                    {"softmax.exponent_interval", "1"},
                                    {"softmax.divide_interval", "1"},
                                    {"topk.grants_per_cycle", "1"},
                                    {"topk.step_cycles", "0"},
                                    {"topk.start_cycles", "0"},
                                    {"topk.grant_cycles", "0"},
                                    {"av.shift_add_cycles", "2"}})
    set(settings, name, value);
  set(settings, "av.bits", std::to_string(testbenches::pick(random, 1, 5)));
  set(settings, "av.rows", std::to_string(testbenches::pick(random, 20, 40)));
  set(settings, "ima.bits", std::to_string(testbenches::pick(random, 4, 6)));
  set(settings, "softmax.prob_bits", std::to_string(testbenches::pick(random, 4, 5)));
  set(settings, "cosim.directory", TOPKIMA_RTL_DIRECTORY);
  // RTL of a softmax unit has one exponent table for all heads that take turns in a chain.
  if (random() % 2)
    set(settings, "softmax.score_step", "0.3");
  else
    set(settings, "attention.kv_sharing", "replicated");
  return settings;
}

/// Makes it one of the machines beside Topkima.
void set_beside(config::Settings& settings, std::mt19937& random, bool projected) {
  set(settings, "softmax.macro", random() % 3 == 0 ? "conventional" : "digital_topk");
  set(settings, "topk.reach", "0");
  set(settings, "sort.sorters", random() % 2 ? "crossbar" : "head");
  set(settings, "ima.bits", std::to_string(testbenches::pick(random, 4, 5)));
  if (projected)
    testbenches::random_fold(settings, random);
  else if (random() % 2)
    set(settings, "attention.scaling", "left_shift");
}

/// Whether a block has a twin that holds the machine. Rows of all tokens are longer than those of a
/// softmax unit; a union's pins cannot say the tokens of one counter's interleaved crossbars.
bool has_twin(const config::Settings& settings, config::Block block) {
  const bool full_rows = settings.is("softmax.macro", "conventional");
  const bool scattered =
      settings.is("topk.scope", "head") && settings.is("attention.placement", "interleaved");
  return !(block == config::Block::softmax && full_rows) &&
         !(block == config::Block::unite && scattered);
}

/// The parameters of all blocks of a machine that have twins which hold it.
std::vector<std::string> model_keys(const config::Settings& settings) {
  const auto macro = settings.choice<config::SoftmaxMacro>("softmax.macro");
  std::vector<std::string> keys;
  for (const auto block : config::single_blocks(macro))
    if (has_twin(settings, block)) keys.push_back(std::string("model.") + config::word(block));
  return keys;
}
const char* const schedules[] = {"sequential", "coarse", "fine", "buffered"};

/// Each machine as a model, with RTL in the place of some blocks, and beside them.
void compare(unsigned first_seed, int machines, bool stalls, bool beside = false) {
  for (int m = 0; m < machines; ++m) {
    std::mt19937 random(first_seed + unsigned(m));
    auto settings = machine_of_the_twins(random);
    set(settings, "pipeline.schedule", schedules[random() % 4]);
    if (stalls) set(settings, "cosim.stall", std::to_string(0.05 * double(1 + random() % 12)));
    const bool soc = random() % 3 > 0, projected = soc && random() % 2;
    if (beside) set_beside(settings, random, projected);
    const auto keys = model_keys(settings);
    const auto workload = workload::make_workload(settings, projected);
    INFO("seed " << first_seed + unsigned(m) << (soc ? ", SoC" : ", macro"));
    const auto model = run_with(soc, settings, workload);
    for (const char* how : {"rtl", "shadow"}) {
      auto with_rtl = settings;
      for (const auto& key : keys)
        if (random() % 3) set(with_rtl, key.c_str(), how);
      require_equal(model, run_with(soc, with_rtl, workload));
    }
    auto mixed = settings;
    for (const auto& key : keys)
      set(mixed, key.c_str(), random() % 3 == 0 ? "tlm" : random() % 2 ? "rtl" : "shadow");
    set(mixed, "cosim.heads", "0");
    require_equal(model, run_with(soc, mixed, workload));
  }
}

/// The same with one block of RTL for counters, union and softmax unit.
void compare_macro(unsigned first_seed, int machines, bool stalls) {
  for (int m = 0; m < machines; ++m) {
    std::mt19937 random(first_seed + unsigned(m));
    auto settings = machine_of_the_twins(random);
    set(settings, "softmax.prob_bits", "5");
    set(settings, "crossbar.columns", std::to_string(testbenches::pick(random, 20, 64)));
    // Its crossbars convert every row, each by itself.
    set(settings, "topk.scope", "crossbar");
    set(settings, "crossbar.gate_empty", "false");
    if (stalls) set(settings, "cosim.stall", "0.35");
    const bool soc = random() % 2;
    const auto workload = workload::make_workload(settings, soc);
    INFO("seed " << first_seed + unsigned(m) << (soc ? ", SoC" : ", macro"));
    const auto model = run_with(soc, settings, workload);
    for (const char* how : {"softmax_macro", "shadow:softmax_macro"}) {
      auto with_rtl = settings;
      set(with_rtl, "model.macro", how);
      if (random() % 2) set(with_rtl, "model.ramp", random() % 2 ? "rtl" : "shadow");
      require_equal(model, run_with(soc, with_rtl, workload));
    }
  }
}

}  // namespace

TEST_CASE("RTL of any blocks, in the model's place or beside it: the same bytes and cycles") {
  compare(0, 25, false);
}

TEST_CASE("the same under random stalls at every handshake") { compare(500, 25, true); }

TEST_CASE("RTL of sorters and latches in the machines beside Topkima: the same bytes and cycles") {
  compare(2000, 20, false, true);
}

TEST_CASE("the machines beside Topkima with RTL, under random stalls at every handshake") {
  compare(2500, 20, true, true);
}

TEST_CASE("the digital part of the softmax macro as one RTL block: the same bytes and cycles") {
  compare_macro(0, 15, false);
}

TEST_CASE("the softmax macro in RTL under random stalls") { compare_macro(500, 15, true); }

TEST_CASE("the twins at the ends of what they are compiled for") {
  struct Corner {
    std::vector<std::pair<const char*, std::string>> machine;
    std::vector<const char*> blocks;
  };
  const std::string sixteen[] = {"256,256,256,256,256,256,256,256,256,256,256,256,256,256,256,256",
                                 "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"};
  const Corner corners[] = {
      // k is beyond all columns, so that every column is granted; then it is their number.
      {{{"attention.tokens", "256"},
        {"crossbar.columns", "300"},
        {"topk.split", "256"},
        {"topk.k", "257"}},
       {"topk", "ramp"}},
      {{{"attention.tokens", "256"},
        {"topk.split", "256"},
        {"topk.k", "256"},
        {"topk.stop_when_exhausted", "true"}},
       {"topk", "ramp"}},
      {{{"attention.tokens", "1024"}, {"topk.split", "256,256,256,256"}, {"topk.sub_k", "8,8,8,8"}},
       {"topk", "ramp", "union"}},
      {{{"attention.tokens", "4096"}, {"topk.split", sixteen[0]}, {"topk.sub_k", sixteen[1]}},
       {"softmax"}},
      // One sorter that keeps all that it can of all tokens that it can count; four likewise.
      {{{"softmax.macro", "digital_topk"},
        {"attention.tokens", "4096"},
        {"topk.split", sixteen[0]},
        {"topk.k", "16"}},
       {"sorter", "latch", "softmax"}},
      {{{"softmax.macro", "digital_topk"},
        {"sort.sorters", "crossbar"},
        {"attention.tokens", "1024"},
        {"topk.split", "256,256,256,256"},
        {"topk.sub_k", "8,8,8,8"}},
       {"sorter", "latch"}},
      // Codes at both ends, of all elements of both arrays.
      {{{"attention.d_model", "64"},
        {"attention.tokens", "64"},
        {"topk.k", "40"},
        {"av.rows", "32"},
        {"av.lsb", "1"}},
       {"shift_add"}},
  };
  for (const auto& corner : corners) {
    config::Settings settings;
    for (const auto& [name, value] : {std::pair{"attention.heads", "1"},
                                      {"attention.d_model", "16"},
                                      {"attention.query_rows", "2"},
                                      {"cosim.directory", TOPKIMA_RTL_DIRECTORY}})
      set(settings, name, value);
    for (const auto& [name, value] : corner.machine) set(settings, name, value);
    const auto workload = workload::make_workload(settings, false);
    INFO("split " << settings.text("topk.split"));
    const auto model = run_with(false, settings, workload);
    for (const char* how : {"rtl", "shadow"}) {
      auto with_rtl = settings;
      for (const char* block : corner.blocks)
        set(with_rtl, (std::string("model.") + block).c_str(), how);
      require_equal(model, run_with(false, with_rtl, workload));
    }
  }
}

TEST_CASE("one counter of a head, interleaved tokens, reach and crossbars that rest: RTL as well") {
  struct Machine {
    std::vector<std::pair<const char*, std::string>> settings;
    std::vector<const char*> blocks;
  };
  const std::pair<const char*, std::string> causal{"attention.causal", "true"},
      interleaved{"attention.placement", "interleaved"}, head{"topk.scope", "head"},
      columns{"crossbar.columns", "14"}, reach{"topk.reach", "3"},
      digital{"softmax.macro", "digital_topk"}, per_crossbar{"sort.sorters", "crossbar"};
  const std::vector<const char*> of_topkima{"topk", "ramp", "union", "softmax"},
      beside{"sorter", "latch", "softmax"};
  const Machine machines[] = {
      {{causal, columns, reach}, of_topkima},
      {{causal, columns, interleaved, reach}, of_topkima},
      {{causal, columns, head, reach}, of_topkima},
      {{causal, columns, head, interleaved}, {"topk", "ramp", "softmax"}},
      {{{"crossbar.columns", "20"}, interleaved, reach, {"topk.stop_when_exhausted", "false"}},
       {"softmax_macro"}},
      {{causal, columns, digital}, beside},
      {{causal, columns, digital, per_crossbar}, beside},
      {{causal, columns, digital, per_crossbar, interleaved}, beside},
  };
  for (const auto& machine : machines)
    for (const char* stall : {"0", "0.3"}) {
      config::Settings settings;
      for (const auto& [name, value] : {std::pair{"attention.heads", "2"},
                                        {"attention.d_model", "16"},
                                        {"attention.tokens", "40"},
                                        {"pipeline.sequences", "2"},
                                        {"cosim.stall", stall},
                                        {"cosim.directory", TOPKIMA_RTL_DIRECTORY}})
        set(settings, name, value);
      std::string text;
      for (const auto& [name, value] : machine.settings) {
        set(settings, name, value);
        text += std::string(" ") + name + " = " + value;
      }
      const auto workload = workload::make_workload(settings, true);
      INFO(text << ", stalls " << stall);
      const auto model = run_with(true, settings, workload);
      for (const std::string how : {"", "shadow:"}) {
        auto with_rtl = settings;
        for (const std::string block : machine.blocks)
          if (block == "softmax_macro")
            set(with_rtl, "model.macro", how + block);
          else
            set(with_rtl, ("model." + block).c_str(), how.empty() ? "rtl" : "shadow");
        require_equal(model, run_with(true, with_rtl, workload));
      }
    }
}

TEST_CASE("machines that RTL cannot hold are refused by what their pins lack") {
  const auto refused = [](const char* block, const char* rtl,
                          const std::vector<std::pair<const char*, const char*>>& machine) {
    config::Settings settings;
    for (const auto& [name, value] : {std::pair{"attention.heads", "1"},
                                      {"attention.d_model", "16"},
                                      {"attention.tokens", "40"},
                                      {"crossbar.columns", "20"},
                                      {"cosim.directory", TOPKIMA_RTL_DIRECTORY}})
      set(settings, name, value);
    for (const auto& [name, value] : machine) set(settings, name, value);
    set(settings, block, rtl);
    try {
      run_with(false, settings, workload::make_workload(settings, false));
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  using Catch::Contains;
  CHECK_THAT(refused("model.union", "rtl",
                     {{"topk.scope", "head"}, {"attention.placement", "interleaved"}}),
             Contains("topk.scope = head with attention.placement = interleaved"));
  CHECK_THAT(refused("model.macro", "softmax_macro", {{"topk.scope", "head"}}),
             Contains("topk.scope = head: it has a counter for each crossbar"));
  CHECK_THAT(refused("model.macro", "softmax_macro", {{"attention.causal", "true"}}),
             Contains("crossbar.gate_empty = true: rows of this mask leave crossbars out"));
}

TEST_CASE("stalls change times, never values") {
  int different = 0;
  for (unsigned seed = 0; seed < 10; ++seed) {
    std::mt19937 random(seed);
    auto settings = machine_of_the_twins(random);
    const auto workload = workload::make_workload(settings, true);
    INFO("seed " << seed);
    const auto smooth = run_with(true, settings, workload);
    set(settings, "cosim.stall", "0.6");
    const auto stalled = run_with(true, settings, workload);
    REQUIRE(smooth.run.results.topk_index == stalled.run.results.topk_index);
    REQUIRE(smooth.run.results.probability == stalled.run.results.probability);
    REQUIRE(smooth.run.stored_output == stalled.run.stored_output);
    REQUIRE(smooth.run.latency < stalled.run.latency);
    set(settings, "workload.seed", "7777");
    // Other stalls may add up to the same, now and then.
    different += run_with(true, settings, workload).run.latency != stalled.run.latency;
  }
  REQUIRE(different >= 8);
}

TEST_CASE("an arbiter of two grants is the model with topk.grants_per_cycle = 2") {
  for (unsigned seed = 0; seed < 15; ++seed) {
    std::mt19937 random(seed);
    auto settings = machine_of_the_twins(random);
    set(settings, "ima.ramp_lsb", std::to_string(testbenches::pick(random, 1, 90)));
    if (seed % 3 == 0) set(settings, "cosim.stall", "0.3");
    const auto workload = workload::make_workload(settings, false);
    INFO("seed " << seed);
    auto with_rtl = settings;
    set(with_rtl, "model.topk", "two_grants");
    settings.resolve("topk.grants_per_cycle", std::vector<int>{2});  // as RTL says, not a user
    const auto model = run_with(false, settings, workload);
    require_equal(model, run_with(false, with_rtl, workload));
    set(settings, "model.topk", "shadow:two_grants");
    require_equal(model, run_with(false, settings, workload));
  }
}

TEST_CASE("many random machines with RTL", "[.heavy]") {
  const char* first = std::getenv("TOPKIMA_FIRST_SEED");
  const unsigned seed = first ? unsigned(std::strtoul(first, nullptr, 10)) : 10'000;
  compare(seed, 60, false);
  compare(seed + 1000, 60, true);
  compare_macro(seed, 40, true);
  compare(seed, 60, false, true);
  compare(seed + 1000, 60, true, true);
}
