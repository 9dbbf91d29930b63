// SPDX-License-Identifier: Apache-2.0
#include "report/float_comparison.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <random>

using namespace topkima;

namespace {

using Changes = std::vector<std::pair<std::string, std::string>>;
constexpr double ln2 = 0.693147180559945309;

workload::Tensor integers(std::vector<std::size_t> shape, std::vector<std::int8_t> values) {
  workload::Tensor tensor;
  tensor.shape = std::move(shape);
  tensor.integers = std::move(values);
  return tensor;
}

workload::Tensor floats(std::vector<std::size_t> shape, std::vector<float> values) {
  workload::Tensor tensor;
  tensor.shape = std::move(shape);
  tensor.floats = std::move(values);
  return tensor;
}

config::MachineConfig machine(const config::Shape& shape, const char* k,
                              const Changes& changes = {}) {
  config::Settings settings;
  settings.set("topk.k", k, "test");
  for (const auto& [name, value] : changes) settings.set(name, value, "test");
  return config::resolve(settings, shape);
}

/// One head, one query (1, 0), two tokens: keys (1, 0) and (0, 0), values (3, 0) and (0, 3). A
/// score step is worth ln 2, so the softmax is 2/3 and 1/3 and the exact output (2, 1).
struct Pair {
  config::MachineConfig config;
  workload::Workload work;
  std::vector<workload::HeadScale> scales{workload::HeadScale{1, 1, 1, 2, 2 * ln2}};
  report::Results results;

  explicit Pair(const Changes& changes = {})
      : config(machine({1, 1, 1, 2, 2, false}, "1", changes)), results(config) {
    work.shape = config.shape;
    work.q = integers({1, 1, 2}, {1, 0});
    work.k = integers({1, 2, 2}, {1, 0, 0, 0});
    work.v = integers({1, 2, 2}, {3, 0, 0, 3});
  }
  void modelled(int token, std::vector<std::int32_t> output) {
    results.topk_index = {token};
    results.winner_count = {1};
    results.output = std::move(output);
  }
  report::FloatComparison compare() const {
    return report::compare_with_float(work, config, scales, {work.q.integers.data(), 2, 2},
                                      {work.k.integers.data(), 4, 2}, results);
  }
};

}  // namespace

TEST_CASE("integer tensors: error, similarity and selected mass by hand") {
  Pair pair;
  pair.modelled(0, {3 * 31, 0});  // all of the probability on token 0: (3, 0)
  const auto f = pair.compare();
  CHECK(f.max_abs_error == Approx(1).epsilon(1e-12));
  CHECK(f.max_abs_output == Approx(2).epsilon(1e-12));
  CHECK(f.cosine_similarity == Approx(2 / std::sqrt(5.0)).epsilon(1e-12));
  CHECK(f.topk_mass == Approx(2.0 / 3).epsilon(1e-12));
  CHECK(f.topk_overlap_float == 1);
  CHECK(f.topk_overlap_exact == 1);
}

TEST_CASE("the wrong token selected: no overlap, and its smaller mass") {
  Pair pair;
  pair.modelled(1, {0, 3 * 31});
  const auto f = pair.compare();
  CHECK(f.topk_overlap_float == 0);
  CHECK(f.topk_overlap_exact == 0);
  CHECK(f.topk_mass == Approx(1.0 / 3).epsilon(1e-12));
  CHECK(f.cosine_similarity == Approx(1 / std::sqrt(5.0)).epsilon(1e-12));
  CHECK(f.max_abs_error == Approx(2).epsilon(1e-12));
}

TEST_CASE("the relative error is the root of the squared errors over the squared exact outputs") {
  Pair pair;
  pair.modelled(0, {3 * 31, 0});  // (3, 0) instead of (2, 1): errors 1 and -1, of 4 + 1
  CHECK(pair.compare().relative_error == Approx(std::sqrt(2.0 / 5)).epsilon(1e-12));
  pair.modelled(0, {0, 0});  // all of it is missing
  CHECK(pair.compare().relative_error == Approx(1).epsilon(1e-12));
  pair.modelled(0, {4 * 31, 2 * 31});  // twice as much
  CHECK(pair.compare().relative_error == Approx(1).epsilon(1e-12));
  pair.modelled(0, {-4 * 31, -2 * 31});
  CHECK(pair.compare().relative_error == Approx(3).epsilon(1e-12));
}

TEST_CASE("where all exact outputs are zero the relative error is 0 or 1") {
  Pair pair;
  pair.work.v = integers({1, 2, 2}, {0, 0, 0, 0});
  pair.modelled(0, {0, 0});
  CHECK(pair.compare().relative_error == 0);
  pair.modelled(0, {0, 2 * 31});
  CHECK(pair.compare().relative_error == 1);
}

TEST_CASE("an exact output has similarity 1 and no error") {
  Pair pair;
  pair.modelled(0, {2 * 31, 31});
  CHECK(pair.compare().relative_error == Approx(0).margin(1e-12));
  CHECK(pair.compare().cosine_similarity == Approx(1).epsilon(1e-12));
  CHECK(pair.compare().max_abs_error == Approx(0).margin(1e-12));
}

TEST_CASE("masked tokens take no part in the reference") {
  Pair pair(Changes{{"attention.valid_tokens", "1"}});
  pair.modelled(0, {3 * 31, 0});  // with token 1 masked this is exact
  const auto f = pair.compare();
  CHECK(f.max_abs_error == Approx(0).margin(1e-12));
  CHECK(f.topk_mass == Approx(1).epsilon(1e-12));
}

TEST_CASE("without any participant all is zero and nothing is amiss") {
  Pair pair(Changes{{"attention.valid_tokens", "0"}});
  const auto f = pair.compare();
  CHECK(f.cosine_similarity == 1);
  CHECK(f.relative_error == 0);
  CHECK(f.max_abs_error == 0);
  CHECK(f.topk_overlap_float == 1);
  CHECK(f.topk_overlap_exact == 1);
  CHECK(f.topk_mass == 1);
}

TEST_CASE("a zero output where the reference has none of it has similarity 0") {
  Pair pair;
  pair.modelled(0, {0, 0});
  CHECK(pair.compare().cosine_similarity == 0);
}

TEST_CASE("float tensors: the float top-k and that of the quantised scores may differ") {
  const auto config = machine({1, 1, 1, 2, 1, false}, "1", {{"attention.score_scale", "1"}});
  workload::Workload work;
  work.shape = config.shape;
  work.q = floats({1, 1, 1}, {1.0f});
  work.k = floats({1, 2, 1}, {0.75f, 1.0f});
  work.v = floats({1, 2, 1}, {4.0f, 4.0f});
  // Quantised, both keys are 7: the tie goes to token 0, which the machine selected.
  const std::int8_t q[] = {15}, k[] = {7, 7};
  report::Results results(config);
  results.topk_index = {0};
  results.winner_count = {1};
  results.output = {15 * 31};
  const std::vector<workload::HeadScale> scales{{1.0 / 15, 1.0 / 7, 4.0 / 15, 1, 1}};
  const auto f = report::compare_with_float(work, config, scales, {q, 1, 1}, {k, 2, 1}, results);
  CHECK(f.topk_overlap_exact == 1);
  CHECK(f.topk_overlap_float == 0);
  CHECK(f.topk_mass == Approx(std::exp(0.75) / (std::exp(0.75) + std::exp(1.0))).epsilon(1e-12));
  CHECK(f.max_abs_error == Approx(0).margin(1e-12));  // both values are 4
}

TEST_CASE("overlap is the share of the top-k found, averaged over rows") {
  const auto config = machine({1, 1, 2, 4, 1, false}, "2", {{"attention.score_scale", "1"}});
  workload::Workload work;
  work.shape = config.shape;
  work.q = floats({1, 2, 1}, {1.0f, -1.0f});
  work.k = floats({1, 4, 1}, {4.0f, 3.0f, 2.0f, 1.0f});
  work.v = floats({1, 4, 1}, {0.0f, 0.0f, 0.0f, 0.0f});
  const std::int8_t q[] = {15, -15}, k[] = {7, 5, 4, 2};
  report::Results results(config);
  results.topk_index = {0, 2, 3, 2};  // row 0: one of tokens 0 and 1; row 1: tokens 3 and 2, both
  results.winner_count = {2, 2};
  const std::vector<workload::HeadScale> scales(1);
  const auto f = report::compare_with_float(work, config, scales, {q, 2, 1}, {k, 4, 1}, results);
  CHECK(f.topk_overlap_float == 0.75);
  CHECK(f.topk_overlap_exact == 0.75);
}

TEST_CASE("projected tensors: the reference projects in floating point, by hand") {
  // X = (1, 0): Q = K = (1, 0), V = (3, 0). Row 0: softmax 2/3, 1/3, output 2; row 1: 1.5.
  const auto config =
      machine({1, 1, 2, 2, 1, true}, "1", {{"attention.score_scale", config::exact_text(ln2)}});
  workload::Workload work;
  work.shape = config.shape;
  work.x = floats({2, 1}, {1.0f, 0.0f});
  work.wq = work.wk = floats({1, 1}, {1.0f});
  work.wv = floats({1, 1}, {3.0f});
  const std::int8_t q[] = {15, 0}, k[] = {7, 0};
  report::Results results(config);
  results.topk_index = {0, 0};
  results.winner_count = {1, 1};
  results.output = {15 * 31, 15 * 31};  // 3 and 3
  const std::vector<workload::HeadScale> scales{{1.0 / 15, 1.0 / 7, 3.0 / 15, 1, 1}};
  const auto f = report::compare_with_float(work, config, scales, {q, 2, 1}, {k, 2, 1}, results);
  CHECK(f.max_abs_output == Approx(2).epsilon(1e-12));
  CHECK(f.max_abs_error == Approx(1.5).epsilon(1e-12));
  CHECK(f.topk_mass == Approx((2.0 / 3 + 0.5) / 2).epsilon(1e-12));
}

TEST_CASE("real outputs carry the value scale of their head and full probability") {
  const auto config = machine({2, 2, 1, 1, 2, false}, "1");
  report::Results results(config);
  results.output = {31, 62, 31, -31};
  const std::vector<workload::HeadScale> scales{{1, 1, 0.5, 1, 1}, {1, 1, 2.0, 1, 1}};
  CHECK(report::real_output(results, config, scales) ==
        std::vector<float>{0.5f, 1.0f, 2.0f, -2.0f});
}

TEST_CASE("a float reference that is held gives the same comparison, to the last bit") {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto pick = [&](int low, int high) {
      return low + int(random() % unsigned(high - low + 1));
    };
    config::Settings settings;
    const auto set = [&](const char* name, int value) {
      settings.set(name, std::to_string(value), "test");
    };
    const int heads = pick(1, 3);
    set("attention.heads", heads);
    set("attention.d_model", heads * pick(1, 8));
    set("attention.tokens", pick(1, 24));
    set("topk.k", pick(1, 6));
    set("workload.seed", int(seed));
    settings.set("attention.causal", random() % 2 ? "true" : "false", "test");
    const auto work = workload::make_workload(settings, random() % 2 == 0);
    set("attention.valid_tokens", pick(0, work.shape.tokens));
    const auto config = config::resolve(settings, work.shape);

    // A machine that answers anything.
    const auto integers_of = [&](int rows, int most) {
      std::vector<std::int8_t> values(std::size_t(rows) * std::size_t(work.shape.d_model()));
      for (auto& value : values) value = std::int8_t(pick(-most, most));
      return values;
    };
    const auto q = integers_of(work.shape.query_rows, config.score.query_max);
    const auto k = integers_of(work.shape.tokens, config.score.key_max);
    const auto d_k = std::size_t(work.shape.d_k), width = std::size_t(work.shape.d_model());
    std::vector<workload::HeadScale> scales(std::size_t(heads), {1, 1, 0.01 * pick(1, 9), 1, 0});
    report::Results results(config);
    for (auto& value : results.output) value = pick(-900, 900);
    std::vector<int> tokens(std::size_t(work.shape.tokens));
    std::iota(tokens.begin(), tokens.end(), 0);
    for (std::size_t row = 0; row < results.winner_count.size(); ++row) {
      const int r = int(row) % work.shape.query_rows;
      const arith::Interval part = config.attention.mask.of(0, r);
      const auto first = tokens.begin() + part.first;
      std::shuffle(first, tokens.begin() + part.end, random);
      results.winner_count[row] = std::min(part.size(), pick(0, results.winners));
      std::copy_n(first, results.winner_count[row],
                  results.topk_index.begin() + std::ptrdiff_t(row) * results.winners);
      std::sort(tokens.begin(), tokens.end());
    }

    const auto compare = [&](report::FloatReference* held) {
      const auto f = report::compare_with_float(work, config, scales, {q.data(), d_k, width},
                                                {k.data(), d_k, width}, results, held);
      return std::vector<double>{f.cosine_similarity, f.relative_error,     f.max_abs_error,
                                 f.max_abs_output,    f.topk_overlap_float, f.topk_overlap_exact,
                                 f.topk_mass};
    };
    report::FloatReference reference(work, report::float_mask(config));
    reference.hold();
    const auto expected = compare(nullptr);
    CHECK(compare(&reference) == expected);
    results.output.back() += 100;  // another machine on the same reference
    CHECK(compare(&reference) == compare(nullptr));
  }
}
