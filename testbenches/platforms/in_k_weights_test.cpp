// SPDX-License-Identifier: Apache-2.0
// The SoC with the scale in W_K^T: folded queries against X^T in the arrays (docs/baselines.md).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <random>

#include "former_soc/simulate.h"
#include "support/fresh_kernel.h"

using namespace topkima;

namespace {

using Values = std::vector<std::int64_t>;
using Changes = std::vector<std::pair<const char*, std::string>>;

config::Settings settings_of(const Changes& changes) {
  config::Settings settings;
  settings.set("attention.scaling", "in_k_weights", "test");
  for (const auto& [name, value] : changes) settings.set(name, value, "test");
  return settings;
}

workload::Tensor floats(std::size_t rows, std::size_t columns, std::vector<float> values) {
  workload::Tensor tensor;
  tensor.shape = {rows, columns};
  tensor.floats = std::move(values);
  return tensor;
}

/// One head, two tokens, d_k 4, all zero.
workload::Workload two_zero_tokens() {
  workload::Workload workload;
  workload.shape = {1, 1, 2, 2, 4, true};
  workload.x = floats(2, 4, std::vector<float>(8));
  workload.wq = workload.wk = workload.wv = floats(4, 4, std::vector<float>(16));
  return workload;
}

/// The latency, the same at both fidelities.
std::int64_t latency_of(const Changes& changes) {
  std::vector<std::int64_t> latencies;
  for (const char* fidelity : {"row", "cycle"}) {
    testbenches::fresh_kernel();
    auto settings = settings_of(changes);
    settings.set("fidelity.all", fidelity, "test");
    settings.set("topk.stop_when_exhausted", "false", "test");
    latencies.push_back(platforms::simulate_soc(settings, two_zero_tokens(), {}).latency);
  }
  CHECK(latencies[0] == latencies[1]);
  return latencies[0];
}

}  // namespace

// As in former_soc_test.cpp a row of X is there at 21, the next one cycle later, and V is projected
// at 95 and 169 and written at 170. Keys are there at 22. A fold takes 5 * 9 + 2 = 47, a score
// 16 + 32 = 48, two winners 2 + 2 and 6 + 2, weighted values 66, a store 1, and 20 to the memory.

TEST_CASE("a folded query on a decreasing ramp: 47 cycles more, by hand") {
  // Word lines until 182. Q: read 182..183, there at 203, projected 277 and 351. Row 1: folded 398,
  // score (16 + 33) 447, union 448, exponent 452, divider 460, av 526, stored 527 + 20.
  CHECK(latency_of({{"pipeline.schedule", "fine"}}) == 547);
}

TEST_CASE("all columns as winners of one row block: nothing is added, by hand") {
  // Row 0 from 182: 229, 277, latched in no cycle, 281, 289, 355; row 1: 402, 450, 454, 462, 528.
  CHECK(latency_of({{"pipeline.schedule", "coarse"}, {"softmax.macro", "conventional"}}) ==
        528 + 1 + 20);
}

TEST_CASE("sequential: keys come as they are read, by hand") {
  // Q until 169, then the keys: there at 190 and 191. V: there at 212, projected 286 and 360,
  // written 361; word lines until 373. A row: 47 + 48 + 4 + 8 + 66 = 173.
  CHECK(latency_of({{"pipeline.schedule", "sequential"}, {"softmax.macro", "conventional"}}) ==
        373 + 2 * 173 + 1 + 20);
}

TEST_CASE("two row blocks and a sorter: nine word lines at once, codes are added, by hand") {
  // Four values, three of them in an array. Word lines until 179. A row: 47 + 48, adder 2, sorter
  // 2, exponent 2 + 1, divider 6 + 1, 66 = 175.
  CHECK(latency_of({{"pipeline.schedule", "coarse"},
                    {"softmax.macro", "digital_topk"},
                    {"topk.k", "1"},
                    {"crossbar.ramp_rows", "247"}}) == 179 + 2 * 175 + 1 + 20);
}

namespace {

/// Rows of one tensor as integers, and the real value of one step.
struct Integers {
  Values values;
  double scale;
};

Integers quantised(const workload::Tensor& tensor, int q_max) {
  double most = 0;
  for (const float value : tensor.floats) most = std::max(most, std::fabs(double(value)));
  Integers result{{}, most == 0 ? 1 : most / q_max};
  for (const float value : tensor.floats)
    result.values.push_back(std::llrint(double(value) / result.scale));
  return result;
}

/// Scales `values` so that the largest becomes q_max; takes `scale` along.
void requantise(Values& values, int q_max, double& scale) {
  std::int64_t m = 0;
  for (const auto value : values) m = std::max(m, std::abs(value));
  m = std::max<std::int64_t>(m, 1);
  for (auto& value : values)
    value = std::int64_t(std::floor(double(2 * value * q_max + m) / double(2 * m)));
  scale = scale * double(m) / q_max;
}

/// What a head computes, written down from docs/baselines.md: codes [rows, tokens] of all columns.
struct ExpectedHead {
  int tokens, width, d_k;
  Values codes;
  double step;

  ExpectedHead(const config::MachineConfig& c, const workload::Workload& w, int head, int lsb)
      : tokens(c.shape.tokens), width(c.shape.d_model()), d_k(c.shape.d_k) {
    const Integers x = quantised(w.x, 127), wq = quantised(w.wq, 127), wk = quantised(w.wk, 127);
    const auto column = [&](const Values& weights, int i, int j) {
      return weights[std::size_t(i * width + head * d_k + j)];
    };
    Values q(std::size_t(tokens * d_k)), folded(std::size_t(tokens * width));
    for (int t = 0; t < tokens; ++t)
      for (int j = 0; j < d_k; ++j)
        for (int i = 0; i < width; ++i)
          q[std::size_t(t * d_k + j)] +=
              x.values[std::size_t(t * width + i)] * column(wq.values, i, j);
    double q_scale = x.scale * wq.scale;
    requantise(q, c.score.query_max, q_scale);
    for (int t = 0; t < tokens; ++t)
      for (int i = 0; i < width; ++i)
        for (int j = 0; j < d_k; ++j)
          folded[std::size_t(t * width + i)] +=
              q[std::size_t(t * d_k + j)] * column(wk.values, i, j);
    q_scale *= wk.scale;
    requantise(folded, c.score.query_max, q_scale);
    Values keys = x.values;
    double k_scale = x.scale;
    requantise(keys, c.score.key_max, k_scale);
    step = lsb * q_scale * k_scale / std::sqrt(double(d_k));
    add_up(c, folded, keys, lsb);
  }

  void add_up(const config::MachineConfig& c, const Values& q, const Values& k, int lsb) {
    const int each = (c.crossbar.rows - c.crossbar.ramp_rows) / c.score.key_cells,
              top = 1 << (c.ima.bits - 1);
    codes.resize(std::size_t(tokens * tokens));
    for (int r = 0; r < tokens; ++r)
      for (int t = 0; t < tokens; ++t)
        for (int first = 0; first < width; first += each) {
          std::int64_t score = 0;
          for (int i = first; i < std::min(first + each, width); ++i)
            score += q[std::size_t(r * width + i)] * k[std::size_t(t * width + i)];
          const auto code = std::int64_t(std::floor(double(2 * score + lsb) / (2 * lsb)));
          codes[std::size_t(r * tokens + t)] += std::clamp<std::int64_t>(code, -top, top - 1);
        }
  }

  /// Columns of a row in the order of its winners: the best k, or the first so many.
  std::vector<int> winners(int r, int participants, int k) const {
    std::vector<int> columns(std::size_t(participants), 0);
    std::iota(columns.begin(), columns.end(), 0);
    if (k == 0) return columns;
    std::stable_sort(columns.begin(), columns.end(), [&](int a, int b) {
      return codes[std::size_t(r * tokens + a)] > codes[std::size_t(r * tokens + b)];
    });
    columns.resize(std::min(columns.size(), std::size_t(k)));
    return columns;
  }
};

void check_head(const report::RunResult& run, const workload::Workload& workload, int h) {
  const auto& c = run.config;
  const auto& scale = run.scales[std::size_t(h)];
  const ExpectedHead expected(c, workload, h, scale.ramp_lsb);
  REQUIRE(scale.score_step == Approx(expected.step).epsilon(1e-12));
  const bool all = c.softmax.macro == config::SoftmaxMacro::conventional;
  for (int r = 0; r < c.shape.query_rows; ++r) {
    const int participants = c.attention.mask.causal ? r + 1 : c.shape.tokens;
    const auto winners = expected.winners(r, participants, all ? 0 : c.topk.winners);
    const std::size_t row = run.results.row(std::size_t(h), std::size_t(r));
    REQUIRE(run.results.winner_count[row] == int(winners.size()));
    const auto code_of = [&](int token) {
      return expected.codes[std::size_t(r * c.shape.tokens + token)];
    };
    std::int64_t most = INT64_MIN;
    for (const int token : winners) most = std::max(most, code_of(token));
    Values exponents;
    for (const int token : winners)
      exponents.push_back(std::int64_t(
          std::floor(32768 * std::exp(-double(most - code_of(token)) * scale.score_step) + 0.5)));
    const auto sum = std::accumulate(exponents.begin(), exponents.end(), std::int64_t{0});
    for (std::size_t i = 0; i < winners.size(); ++i) {
      const std::size_t at = row * std::size_t(run.results.winners) + i;
      REQUIRE(run.results.topk_index[at] == winners[i]);
      REQUIRE(run.results.topk_code[at] == code_of(winners[i]));
      REQUIRE(run.results.probability[at] == (2 * exponents[i] * c.prob_max() + sum) / (2 * sum));
    }
  }
}

}  // namespace

TEST_CASE("folded queries, narrowed keys and sums of codes follow the page's formulas") {
  for (const char* macro : {"conventional", "digital_topk"})
    for (const char* ramp_rows : {"64", "196", "232"})  // 24 values in one, two and three arrays
      for (const char* causal : {"false", "true"}) {
        INFO(macro << ", " << ramp_rows << " ramp rows, causal " << causal);
        testbenches::fresh_kernel();
        auto settings = settings_of({{"softmax.macro", macro},
                                     {"crossbar.ramp_rows", ramp_rows},
                                     {"crossbar.columns", "16"},
                                     {"attention.causal", causal},
                                     {"attention.heads", "3"},
                                     {"attention.tokens", "30"},
                                     {"attention.d_model", "24"},
                                     {"topk.k", "4"}});
        const auto workload = workload::make_workload(settings, true);
        const auto run = platforms::simulate_soc(settings, workload, {});
        CHECK(run.config.score.row_blocks() ==
              (24 * 3 + 255 - std::stoi(ramp_rows)) / (256 - std::stoi(ramp_rows)));
        for (int h = 0; h < 3; ++h) check_head(run, workload, h);
      }
}

TEST_CASE("a ramp stops early on whole columns of X^T: the first crossings are the best codes") {
  auto settings = settings_of({{"attention.heads", "2"},
                               {"attention.tokens", "16"},
                               {"attention.d_model", "24"},
                               {"topk.k", "3"}});
  const auto workload = workload::make_workload(settings, true);
  const auto run = platforms::simulate_soc(settings, workload, {});
  for (int h = 0; h < 2; ++h) check_head(run, workload, h);
  CHECK(run.alpha() < 1);
}
