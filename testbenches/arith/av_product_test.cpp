// SPDX-License-Identifier: Apache-2.0
#include "arith/av_product.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

using namespace topkima::arith;

TEST_CASE("one winner's value is read slice by slice, by hand") {
  AvProductConfig config;
  config.d_k = 3;
  AvProduct arrays(config, 2);
  const std::int8_t zero[3] = {0, 0, 0}, values[3] = {5, -3, 8};
  arrays.write(0, zero);
  arrays.write(1, values);
  const AvProduct::Weight weight{1, 31};
  std::int32_t output[3];
  arrays.read(&weight, 1, output);
  // A digit 1 sums to 31: code floor((62 + 3) / 6) = 10, 30 units; -1: floor((-62 + 3) / 6) = -10.
  CHECK(output[0] == 30 * 1 + 30 * 4);
  CHECK(output[1] == -30 * 1 - 30 * 2);
  CHECK(output[2] == 30 * 8);
}

TEST_CASE("a step by itself is the smallest odd one that holds the largest probability") {
  CHECK(auto_av_lsb(5, 5) == 3);   // 31 / 16 = 1.9, and 2 is even
  CHECK(auto_av_lsb(8, 5) == 17);  // 255 / 16 = 15.9
  CHECK(auto_av_lsb(4, 5) == 1);
  CHECK(auto_av_lsb(8, 1) == 255);
}

TEST_CASE("each array's partial sum is converted on its own") {
  AvProductConfig config;
  config.d_k = 1;
  config.slices = 1;
  config.array_rows = 1;
  AvProduct arrays(config, 2);
  const std::int8_t one = 1;
  arrays.write(0, &one);
  arrays.write(1, &one);
  const AvProduct::Weight weights[2] = {{1, 1}, {0, 1}};
  std::int32_t output;
  arrays.read(weights, 2, &output);
  CHECK(output == 0);  // 1 rounds to 0 in each; together 2 would have rounded to 3
}

TEST_CASE("weighted values equal the formula on random arrays") {
  std::mt19937 random(11);
  for (int seed = 0; seed < 300; ++seed) {
    AvProductConfig config;
    config.d_k = 1 + random() % 20;
    config.slices = 1 + random() % 5;
    config.array_rows = 1 + random() % 30;
    config.bits = 1 + random() % 7;
    config.lsb = 1 + random() % 7;
    config.weight_max = 31;
    const int tokens = 1 + random() % 80, limit = (1 << config.slices) - 1;
    AvProduct arrays(config, tokens);
    std::vector<std::vector<std::int8_t>> v(tokens, std::vector<std::int8_t>(config.d_k));
    for (int t = 0; t < tokens; ++t) {
      for (auto& x : v[t])
        x = static_cast<std::int8_t>(static_cast<int>(random() % (2 * limit + 1)) - limit);
      arrays.write(t, v[t].data());
    }
    for (int row = 0; row < 5; ++row) {
      std::vector<AvProduct::Weight> weights(random() % 12);
      for (auto& w : weights)
        w = {static_cast<int>(random() % tokens), static_cast<int>(random() % 32)};
      std::vector<std::int32_t> got(config.d_k);
      arrays.read(weights.data(), static_cast<int>(weights.size()), got.data());
      const int half = 1 << (config.bits - 1);
      for (int i = 0; i < config.d_k; ++i) {
        int expected = 0;
        for (int array = 0; array * config.array_rows < tokens; ++array)
          for (int b = 0; b < config.slices; ++b) {
            int p = 0;
            for (const auto& w : weights)
              if (w.token / config.array_rows == array)
                p += w.probability * ((std::abs(v[w.token][i]) >> b) & 1) *
                     (v[w.token][i] < 0 ? -1 : 1);
            const int n = 2 * p + config.lsb, d = 2 * config.lsb;
            int code = n / d - (n % d < 0);
            code = std::max(-half, std::min(half - 1, code));
            expected += (1 << b) * config.lsb * code;
          }
        REQUIRE(got[i] == expected);
      }
    }
  }
}
