// SPDX-License-Identifier: Apache-2.0
// Cost of simulating an attention module: in row fidelity, side by side with the plain int8
// products that the module computes; with masks, whose rows cost what takes part in them; clock by
// clock, in cycles of a head per second; and with observers.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <sys/resource.h>

#include <random>
#include <systemc>

#include "arith/matmul.h"
#include "attention_macro/simulate.h"
#include "encoder/encoder_run.h"
#include "former_soc/simulate.h"
#include "support/fresh_kernel.h"
#include "support/temporary_directory.h"

namespace {

using namespace topkima;

config::Settings settings_for(int tokens, int heads) {
  config::Settings settings;
  settings.set("attention.tokens", std::to_string(tokens), "bench");
  settings.set("attention.heads", std::to_string(heads), "bench");
  settings.set("report.float_reference", "false", "bench");
  return settings;
}

/// Construction, all transactions, timing and accounting of one BERT-base-like module.
void simulate_module(benchmark::State& state) {
  const auto settings =
      settings_for(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const auto workload = workload::make_workload(settings, true);
  for (auto _ : state) {
    testbenches::fresh_kernel();
    auto copy = settings;
    benchmark::DoNotOptimize(platforms::simulate_soc(copy, workload, {}).latency);
  }
  const double scores = double(state.range(0)) * double(state.range(0)) * double(state.range(1));
  state.counters["ns_per_score"] = benchmark::Counter(
      scores * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MB"] = double(usage.ru_maxrss) / 1024;
}

/// A module of `tokens` and `heads` whose rows see so much of it; dense: all.
void simulate_masked(benchmark::State& state, const char* mask, const char* value, int tokens,
                     int heads) {
  auto settings = settings_for(tokens, heads);
  settings.set("attention.d_model", std::to_string(64 * heads), "bench");
  if (*mask) settings.set(mask, value, "bench");
  const auto workload = workload::make_workload(settings, true);
  for (auto _ : state) {
    testbenches::fresh_kernel();
    auto copy = settings;
    benchmark::DoNotOptimize(platforms::simulate_soc(copy, workload, {}).latency);
  }
}

/// The same machine with each mask, side by side, from a BERT-base module to long contexts.
[[maybe_unused]] const bool masked = [] {
  struct Mask {
    const char *label, *parameter, *value;
  };
  const Mask masks[] = {{"dense", "", ""},
                        {"causal", "attention.causal", "true"},
                        {"window_64", "attention.window", "64"},
                        {"valid_100", "attention.valid_tokens", "100"}};
  const std::pair<int, int> sizes[] = {{384, 12}, {1024, 4}, {4096, 2}, {16384, 1}};
  for (const auto& [tokens, heads] : sizes)
    for (const Mask& mask : masks) {
      const std::string name = std::string("simulate_masked/") + mask.label + "/" +
                               std::to_string(tokens) + "/" + std::to_string(heads);
      benchmark::RegisterBenchmark(name.c_str(), simulate_masked, mask.parameter, mask.value,
                                   tokens, heads)
          ->Unit(benchmark::kMillisecond);
    }
  return true;
}();

/// A shipped encoder on its whole test set, ideal or with noise on every score.
void run_encoder(benchmark::State& state, const char* name, double sigma) {
  const std::string directory = std::string(TOPKIMA_MODELS) + "/" + name;
  const auto model = workload::read_model(directory);
  const auto samples = workload::read_samples(directory + "/test.npz", model, 0, 0);
  for (auto _ : state) {
    config::Settings settings;
    workload::take_hardware(model, settings);
    settings.set("noise.score_sigma", std::to_string(sigma), "bench");
    benchmark::DoNotOptimize(platforms::simulate_encoder(settings, model, samples, {}).right());
  }
  state.counters["per_sample"] = benchmark::Counter(
      samples.count, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// One head of the macro, or the SoC with 12 heads, 384 tokens, at either fidelity and with or
/// without waveforms and timeline. A head-cycle is one clock cycle of one head.
void simulate_fidelity(benchmark::State& state, bool soc, const char* fidelity, bool observed) {
  auto settings = settings_for(384, soc ? 12 : 1);
  settings.set("attention.d_model", soc ? "768" : "64", "bench");
  settings.set("fidelity.all", fidelity, "bench");
  const auto workload = workload::make_workload(settings, soc);
  const testbenches::TemporaryDirectory place;
  platforms::Observation observation;
  if (observed) {
    observation.wave.emplace().path = place / "wave.vcd";
    observation.timeline = place / "timeline.json";
  }
  double head_cycles = 0;
  for (auto _ : state) {
    testbenches::fresh_kernel();
    auto copy = settings;
    const auto run = soc ? platforms::simulate_soc(copy, workload, observation)
                         : platforms::simulate_macro(copy, workload, observation);
    head_cycles = double(run.latency) * run.config.shape.heads;
  }
  state.counters["head_cycles/s"] =
      benchmark::Counter(head_cycles, benchmark::Counter::kIsIterationInvariantRate);
}

/// Q, K and V projections and all heads' scores as batched products, weights packed beforehand. The
/// weights are small, so that the library's int8 path is exact and taken on every CPU.
void plain_products(benchmark::State& state) {
  const int tokens = static_cast<int>(state.range(0)), heads = static_cast<int>(state.range(1));
  const int d_k = 64, width = heads * d_k;
  std::mt19937 random(1);
  std::vector<std::int8_t> x(std::size_t(tokens) * width), w(std::size_t(width) * width);
  std::vector<std::int8_t> k(std::size_t(d_k) * tokens);
  for (auto* tensor : {&x, &w, &k})
    for (auto& value : *tensor)
      value = static_cast<std::int8_t>(static_cast<int>(random() % 15) - 7);
  arith::PackedMatrix weights, keys;
  weights.pack(w.data(), width, width);
  keys.pack(k.data(), d_k, tokens);
  std::vector<std::int32_t> acc(std::size_t(tokens) * width), scores(std::size_t(tokens) * tokens);
  for (auto _ : state) {
    for (int p = 0; p < 3; ++p) weights.multiply(x.data(), tokens, acc.data());
    for (int h = 0; h < heads; ++h) keys.multiply(x.data(), tokens, scores.data());
    benchmark::DoNotOptimize(acc.data());
    benchmark::DoNotOptimize(scores.data());
  }
}

}  // namespace

BENCHMARK_CAPTURE(run_encoder, digits, "digits", 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run_encoder, digits_noise, "digits", 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run_encoder, text, "text", 0)->Unit(benchmark::kMillisecond);
BENCHMARK(plain_products)->Args({384, 12})->Unit(benchmark::kMillisecond);
BENCHMARK(simulate_module)
    ->Args({384, 12})
    ->Args({1, 12})
    ->Args({128, 12})
    ->Args({1024, 12})
    ->Args({384, 1})
    ->Args({384, 48})
    ->Args({4096, 12})
    ->Unit(benchmark::kMillisecond);

BENCHMARK_CAPTURE(simulate_fidelity, head_row, false, "row", false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(simulate_fidelity, head_cycle, false, "cycle", false)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(simulate_fidelity, head_cycle_observed, false, "cycle", true)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(simulate_fidelity, soc_row, true, "row", false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(simulate_fidelity, soc_row_observed, true, "row", true)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(simulate_fidelity, soc_cycle, true, "cycle", false)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(simulate_fidelity, soc_cycle_observed, true, "cycle", true)
    ->Unit(benchmark::kMillisecond);

int sc_main(int argc, char** argv) {
  // Repetitions are warm: memory that one frees serves the next instead of going back to the
  // system.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2'000'000'000);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
