// SPDX-License-Identifier: Apache-2.0
// Cost of RTL in a simulation: one head of the macro with each block as a model at either fidelity,
// in RTL, or both, in cycles of the head per second; RTL alone, in clock cycles per second; and
// the whole tool.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "attention_macro/simulate.h"
#include "cosim/rtl_instance.h"
#include "cosim/rtl_library.h"
#include "support/fresh_kernel.h"
#include "support/temporary_directory.h"

namespace {

using namespace topkima;
using Options = std::vector<std::pair<std::string, std::string>>;

/// BERT-base's head: 64 wide, 384 tokens on crossbars of 256 and 128 columns, k = 5.
config::Settings one_head() {
  config::Settings settings;
  for (const auto& [name, value] : Options{{"attention.tokens", "384"},
                                           {"attention.heads", "1"},
                                           {"attention.d_model", "64"},
                                           {"topk.split", "256,128"},
                                           {"topk.k", "5"},
                                           {"report.float_reference", "false"},
                                           {"cosim.directory", TOPKIMA_RTL_DIRECTORY}})
    settings.set(name, value, "bench");
  return settings;
}

void head(benchmark::State& state, const Options& options) {
  auto settings = one_head();
  for (const auto& [name, value] : options) settings.set(name, value, "bench");
  const auto workload = workload::make_workload(settings, false);
  double cycles = 0;
  for (auto _ : state) {
    testbenches::fresh_kernel();
    auto copy = settings;
    cycles = double(platforms::simulate_macro(copy, workload, {}).latency);
  }
  state.counters["head_cycles/s"] =
      benchmark::Counter(cycles, benchmark::Counter::kIsIterationInvariantRate);
}

/// Lets RTL's clock run for so many cycles.
class Running : public sc_core::sc_module {
 public:
  Running(const stage::Clock& clock, const cosim::RtlInfo& info, int cycles)
      : sc_core::sc_module(sc_core::sc_module_name("running")),
        rtl_("rtl", clock, info, 1),
        cycles_(cycles) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }

 private:
  void run() {
    rtl_.hold({});
    for (int cycle = 0; cycle < cycles_; ++cycle) rtl_.next_cycle();
    rtl_.release();
  }

  cosim::RtlInstance rtl_;
  int cycles_;
};

void idle_clock(benchmark::State& state, config::Block block, const char* name) {
  constexpr int cycles = 20'000;
  const auto any = [](const cosim::RtlParameters&) { return std::string(); };
  const char* word = config::word(block);
  const auto& info = cosim::load_rtl(TOPKIMA_RTL_DIRECTORY, word, name, any, word);
  const stage::Clock clock(200);
  for (auto _ : state) {
    testbenches::fresh_kernel();
    Running running(clock, info, cycles);
    sc_core::sc_start();
  }
  state.counters["clock_cycles/s"] =
      benchmark::Counter(cycles, benchmark::Counter::kIsIterationInvariantRate);
}

/// CPU seconds of all processes started so far.
double children_seconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + 1e-6 * double(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The SoC's tool on its shipped workload, from start to results: CPU time of the process.
void digits(benchmark::State& state, const char* options) {
  const testbenches::TemporaryDirectory place;
  const std::string command = std::string(TOPKIMA_SOC) + " --input " + TOPKIMA_DIGITS +
                              " --output " + place.path() + "/results --cosim.directory " +
                              TOPKIMA_RTL_DIRECTORY + " " + options + " > " + place.path() + "/log";
  for (auto _ : state) {
    const double begun = children_seconds();
    if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
    state.SetIterationTime(children_seconds() - begun);
  }
}

/// The parameter with which a block's model goes clock by clock.
std::string fidelity_key(config::Block block) {
  return std::string("fidelity.") + config::key_of(config::facts_of(block).fidelity);
}

/// The first of the softmax macros that have the block.
const char* macro_with(config::Block block) {
  for (const auto& macro : config::Words<config::SoftmaxMacro>::table)
    if (config::stands_in(block, macro.value)) return macro.word;
  throw std::logic_error("a block of no machine");
}

void register_clocks() {
  const auto add = [](const std::string& name, config::Block block, const char* rtl) {
    benchmark::RegisterBenchmark(("idle_clock/" + name).c_str(), idle_clock, block, rtl)
        ->Unit(benchmark::kMillisecond);
  };
  for (const auto block : config::single_blocks()) add(config::word(block), block, "rtl");
  add("softmax_macro", config::Block::macro, "softmax_macro");
}

void register_heads() {
  const auto add = [](const std::string& name, const Options& options) {
    benchmark::RegisterBenchmark(("head/" + name).c_str(), head, options)
        ->Unit(benchmark::kMillisecond);
  };
  add("row", {{"fidelity.all", "row"}});
  for (const auto& macro : config::Words<config::SoftmaxMacro>::table)
    add(std::string("row/") + macro.word, {{"softmax.macro", macro.word}});
  add("cycle", {{"fidelity.all", "cycle"}});
  for (const auto block : config::head_blocks()) {
    const std::string name = config::word(block), macro = macro_with(block);
    add(name + "/cycle", {{"softmax.macro", macro}, {fidelity_key(block), "cycle"}});
    for (const char* how : {"rtl", "shadow"})
      add(name + "/" + how, {{"softmax.macro", macro}, {"model." + name, how}});
  }
  add("macro/cycle",
      {{"fidelity.topk", "cycle"}, {"fidelity.union", "cycle"}, {"fidelity.softmax", "cycle"}});
  for (const char* how : {"softmax_macro", "shadow:softmax_macro"})
    add(std::string("macro/") + how, {{"model.macro", how}});
}

}  // namespace

BENCHMARK_CAPTURE(digits, row, "")->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(digits, cycle, "--fidelity.topk cycle --fidelity.softmax cycle")
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(digits, rtl, "--model.topk rtl --model.softmax rtl")
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(digits, shadow, "--model.topk shadow --model.softmax shadow")
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

BENCHMARK_CAPTURE(digits, registers_shadow, "--model.registers shadow")
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

int sc_main(int argc, char** argv) {
  register_clocks();
  register_heads();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
