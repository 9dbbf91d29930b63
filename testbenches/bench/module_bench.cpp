// Cost of simulating an attention module in row fidelity, side by side with the plain int8 products
// that the module computes.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <sys/resource.h>

#include <random>
#include <systemc>

#include "arith/matmul.h"
#include "former_soc/simulate.h"
#include "support/fresh_kernel.h"

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

int sc_main(int argc, char** argv) {
  // Repetitions are warm: memory that one frees serves the next instead of going back to the
  // system.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2'000'000'000);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
