// SPDX-License-Identifier: Apache-2.0
#include "arith/score.h"

#include <catch2/catch.hpp>
#include <random>

using topkima::arith::ScoreMatrix;

TEST_CASE("scores of random queries and keys are exact, the largest magnitudes included") {
  std::mt19937 random(2);
  for (int seed = 0; seed < 200; ++seed) {
    const int d_k = 1 + random() % 90, columns = 1 + random() % 300;
    const int query_max = seed % 3 ? 15 : 127, key_max = seed % 2 ? 7 : 63;
    const bool extreme = seed % 5 == 0;
    const auto draw = [&](int limit) {
      if (extreme) return static_cast<std::int8_t>(limit);
      return static_cast<std::int8_t>(static_cast<int>(random() % (2 * limit + 1)) - limit);
    };
    std::vector<std::int8_t> query(d_k), keys(d_k * columns);
    for (auto& q : query) q = draw(query_max);
    for (auto& k : keys) k = draw(key_max);
    ScoreMatrix matrix;
    matrix.load(keys.data(), d_k, columns, columns, query_max, key_max);
    std::vector<std::int32_t> scores(columns), expected(columns);
    for (int i = 0; i < d_k; ++i)
      for (int c = 0; c < columns; ++c) expected[c] += int{query[i]} * keys[i * columns + c];
    matrix.multiply(query.data(), scores.data());
    REQUIRE(scores == expected);
  }
}
