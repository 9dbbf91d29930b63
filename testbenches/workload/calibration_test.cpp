// SPDX-License-Identifier: Apache-2.0
#include "workload/calibration.h"

#include <catch2/catch.hpp>
#include <random>

#include "config/errors.h"

using namespace topkima;
using Catch::Matchers::Contains;
using config::Settings;

namespace {

workload::Tensor floats(std::vector<std::size_t> shape, std::vector<float> values) {
  workload::Tensor tensor;
  tensor.shape = std::move(shape);
  tensor.floats = std::move(values);
  return tensor;
}

/// One head of d_k 1: the score of a query q and a key k is q * k.
struct Tiny {
  Settings settings;
  config::MachineConfig config;
  std::vector<std::int8_t> q, k;
  std::vector<workload::HeadScale> scales{workload::HeadScale{}};

  Tiny(std::vector<std::int8_t> queries, std::vector<std::int8_t> keys,
       const std::vector<std::pair<std::string, std::string>>& changes)
      : q(std::move(queries)), k(std::move(keys)) {
    for (const auto& [name, value] : changes) settings.set(name, value, "test");
    config = config::resolve(settings, {1, 1, int(q.size()), int(k.size()), 1, false});
  }
  const workload::HeadScale& calibrate(bool integers = true) {
    workload::calibrate(settings, config, {q.data(), q.size(), 1}, {k.data(), k.size(), 1},
                        integers, scales);
    return scales[0];
  }
};

}  // namespace

TEST_CASE("float tensors are quantised head by head, by hand") {
  // Head 0: scale 7 / 7 = 1, halves to even. Head 1: scale 3.5 / 7 = 0.5.
  const auto rows = workload::quantise_heads(
      floats({2, 2, 2}, {7.0f, -1.5f, 2.5f, 0.49f, 3.5f, -3.5f, 0.25f, 0.8f}), 7, "k");
  CHECK(rows.scales == std::vector<double>{1.0, 0.5});
  CHECK(rows.values == std::vector<std::int8_t>{7, -2, 2, 0, 7, -7, 0, 2});
}

TEST_CASE("an all-zero head has scale 1") {
  const auto rows = workload::quantise_heads(floats({2, 1, 1}, {0.0f, 3.0f}), 15, "q");
  CHECK(rows.scales == std::vector<double>{1.0, 3.0 / 15});
}

TEST_CASE("integers are taken as they are, one out of range is an error that names it") {
  workload::Tensor tensor;
  tensor.shape = {1, 1, 4};
  tensor.integers = {7, -7, 0, 3};
  const auto rows = workload::quantise_heads(tensor, 7, "k");
  CHECK(rows.values == tensor.integers);
  CHECK(rows.scales == std::vector<double>{1.0});
  for (const int bad : {8, -8, 127, -128}) {
    tensor.integers[2] = static_cast<std::int8_t>(bad);
    CHECK_THROWS_AS(workload::quantise_heads(tensor, 7, "k"), DataError);
    CHECK_THROWS_WITH(workload::quantise_heads(tensor, 7, "k"),
                      Contains("k.npy") && Contains("value 2") && Contains(std::to_string(bad)) &&
                          Contains("-7..7"));
  }
}

TEST_CASE("head scores are the exact products, wherever the rows lie") {
  std::mt19937 random(2);
  for (int seed = 0; seed < 20; ++seed) {
    const int heads = 1 + random() % 3, tokens = 1 + random() % 20, d_k = 1 + random() % 30;
    Settings settings;
    settings.set("score.key_cells", "3", "test");
    const auto config = config::resolve(settings, {heads, heads, 1, tokens, d_k, false});
    // Token-major: row r of head h begins at (r * heads + h) * d_k.
    std::vector<std::int8_t> keys(std::size_t(heads) * tokens * d_k), query(d_k);
    for (auto& value : keys) value = static_cast<std::int8_t>(int(random() % 15) - 7);
    for (auto& value : query) value = static_cast<std::int8_t>(int(random() % 31) - 15);
    const workload::RowsView view{keys.data(), std::size_t(d_k), std::size_t(heads) * d_k};
    for (int h = 0; h < heads; ++h) {
      std::vector<std::int32_t> scores(tokens);
      workload::HeadScores(config, view, h).of(query.data(), scores.data());
      for (int t = 0; t < tokens; ++t) {
        int expected = 0;
        for (int i = 0; i < d_k; ++i) expected += query[i] * keys[(t * heads + h) * d_k + i];
        REQUIRE(scores[t] == expected);
      }
    }
  }
}

TEST_CASE("the automatic ramp step is the smallest that does not saturate the top-k, by hand") {
  // Scores 15 * (7, 6, ..): the top two of the only row are 105 and 90. No share may saturate:
  // 2 * 105 < 31 D gives D = 7 (31 * 7 = 217).
  Tiny none({15}, {7, 6, 1, 0},
            {{"topk.k", "2"}, {"ima.saturate_share", "0"}, {"softmax.score_step", "1"}});
  CHECK(none.calibrate().ramp_lsb == 7);
  CHECK(none.settings.text("ima.ramp_lsb") == "7");
  // Half of them may: 2 * 90 < 31 D gives D = 6 (186); 5 (155) would saturate both.
  Tiny half({15}, {7, 6, 1, 0},
            {{"topk.k", "2"}, {"ima.saturate_share", "0.5"}, {"softmax.score_step", "1"}});
  CHECK(half.calibrate().ramp_lsb == 6);
}

TEST_CASE("only participants count for the automatic step: padding and the causal mask") {
  // The third token is padding: 90 is the largest that takes part.
  Tiny padded({15}, {6, 1, 7},
              {{"topk.k", "1"},
               {"ima.saturate_share", "0"},
               {"softmax.score_step", "1"},
               {"attention.valid_tokens", "2"}});
  CHECK(padded.calibrate().ramp_lsb == 6);
  // Row 0 sees token 0, row 1 tokens 0 and 1: 15 * 1 and 15 * 6.
  Tiny causal({15, 15}, {1, 6, 7},
              {{"topk.k", "1"},
               {"ima.saturate_share", "0"},
               {"softmax.score_step", "1"},
               {"attention.causal", "true"}});
  CHECK(causal.calibrate().ramp_lsb == 6);
  Tiny later({15, 15}, {1, 6, 7},
             {{"topk.k", "1"},
              {"ima.saturate_share", "0"},
              {"softmax.score_step", "1"},
              {"attention.causal", "true"},
              {"attention.first_row", "1"}});
  CHECK(later.calibrate().ramp_lsb == 7);
  Tiny nobody({15}, {7}, {{"softmax.score_step", "1"}, {"attention.valid_tokens", "0"}});
  CHECK(nobody.calibrate().ramp_lsb == 1);
}

TEST_CASE("the automatic code step is ramp step times scales, by hand") {
  Tiny tiny({15}, {7}, {{"ima.ramp_lsb", "4"}, {"attention.score_scale", "0.25"}});
  tiny.scales[0].q = 0.5;
  tiny.scales[0].k = 0.125;
  CHECK(tiny.calibrate(false).score_step == 4 * 0.5 * 0.125 * 0.25);
  CHECK(tiny.settings.reals("softmax.score_step") == std::vector<double>{4 * 0.5 * 0.125 * 0.25});
  CHECK(tiny.scales[0].ramp_lsb == 4);
}

TEST_CASE("given steps are used for all heads, or one for each") {
  Settings settings;
  settings.set("ima.ramp_lsb", "3,4", "test");
  settings.set("softmax.score_step", "0.5", "test");
  const auto config = config::resolve(settings, {2, 2, 1, 1, 1, false});
  const std::int8_t values[] = {1, 1};
  std::vector<workload::HeadScale> scales(2);
  workload::calibrate(settings, config, {values, 1, 1}, {values, 1, 1}, true, scales);
  CHECK(scales[0].ramp_lsb == 3);
  CHECK(scales[1].ramp_lsb == 4);
  CHECK(scales[0].score_step == 0.5);
  CHECK(scales[1].score_step == 0.5);
  CHECK(settings.text("softmax.score_step") == "0.5,0.5");
}

TEST_CASE("integer tensors need an explicit code step") {
  Tiny tiny({15}, {7}, {{"ima.ramp_lsb", "4"}});
  CHECK_THROWS_AS(tiny.calibrate(true), ConfigError);
  CHECK_THROWS_WITH(tiny.calibrate(true), Contains("softmax.score_step"));
}
