// SPDX-License-Identifier: Apache-2.0
// Attention in double precision has the bits of the plain loops, whatever is computed together.
#include "arith/float_attention.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

using namespace topkima::arith;

namespace {

std::vector<double> numbers(std::mt19937& random, std::size_t count) {
  std::normal_distribution<double> normal;
  std::vector<double> all(count);
  std::generate(all.begin(), all.end(), [&] { return normal(random); });
  return all;
}

bool same_bits(const double* one, const double* other, std::size_t count) {
  return std::memcmp(one, other, count * sizeof(double)) == 0;
}

struct Row {
  std::vector<double> scores, output;
  double peak = 0, sum = 1;
};

/// As the definition has it, every sum from 0 in the order of its index.
Row plain_row(const double* query, const std::vector<double>& keys,
              const std::vector<double>& values, std::size_t d_k, Interval participants,
              double scale) {
  Row row{std::vector<double>(keys.size() / d_k), std::vector<double>(d_k)};
  if (participants.size() == 0) return row;
  const auto first = std::size_t(participants.first), end = std::size_t(participants.end);
  for (std::size_t t = first; t < end; ++t)
    for (std::size_t i = 0; i < d_k; ++i) row.scores[t] += query[i] * keys[t * d_k + i];
  double extreme = row.scores[first];
  for (std::size_t t = first; t < end; ++t)
    extreme = scale >= 0 ? std::max(extreme, row.scores[t]) : std::min(extreme, row.scores[t]);
  row.peak = scale * extreme;
  row.sum = 0;
  for (std::size_t t = first; t < end; ++t) {
    const double weight = std::exp(row.scores[t] * scale - row.peak);
    row.sum += weight;
    for (std::size_t i = 0; i < d_k; ++i) row.output[i] += weight * values[t * d_k + i];
  }
  for (double& each : row.output) each /= row.sum;
  return row;
}

}  // namespace

TEST_CASE("a product in double precision has the bits of three loops") {
  std::mt19937 random(1);
  for (int trial = 0; trial < 60; ++trial) {
    const auto size = [&](int most) { return 1 + static_cast<int>(random() % unsigned(most)); };
    const int rows = size(21), depth = size(40), columns = size(40);
    const auto a = numbers(random, std::size_t(rows * depth)),
               b = numbers(random, std::size_t(depth * columns));
    std::vector<double> c(std::size_t(rows * columns)), plain(c.size());
    multiply(a.data(), b.data(), rows, depth, columns, c.data());
    for (int r = 0; r < rows; ++r)
      for (int j = 0; j < columns; ++j)
        for (int d = 0; d < depth; ++d)
          plain[std::size_t(r * columns + j)] +=
              a[std::size_t(r * depth + d)] * b[std::size_t(d * columns + j)];
    INFO(rows << " x " << depth << " x " << columns);
    CHECK(same_bits(c.data(), plain.data(), c.size()));
  }
}

TEST_CASE("rows of attention have the bits of one row at a time, with participants of their own") {
  std::mt19937 random(2);
  for (int trial = 0; trial < 40; ++trial) {
    const int tokens = 1 + static_cast<int>(random() % 50),
              d_k = 1 + static_cast<int>(random() % 20),
              count = 1 + static_cast<int>(random() % FloatAttention::most_rows);
    const double scale = trial % 5 == 0 ? -0.3 : 0.3;
    const auto width = std::size_t(d_k);
    const auto queries = numbers(random, std::size_t(count) * width),
               keys = numbers(random, std::size_t(tokens) * width),
               values = numbers(random, std::size_t(tokens) * width);
    FloatAttention attention(keys.data(), values.data(), tokens, d_k, scale);
    // Twice: nothing of rows that were computed before is left.
    for (int again = 0; again < 2; ++again) {
      Interval participants[FloatAttention::most_rows];
      for (Interval& each : participants) {
        each.end = static_cast<int>(random() % unsigned(tokens + 1));
        if (random() % 2 && each.end > 0)
          each.first = static_cast<int>(random() % unsigned(each.end));
      }
      attention.rows(queries.data(), count, participants);
      for (int i = 0; i < count; ++i) {
        const Row plain = plain_row(queries.data() + std::size_t(i) * width, keys, values, width,
                                    participants[i], scale);
        INFO("row " << i << " of " << count << ", " << participants[i].first << ".."
                    << participants[i].end << " of " << tokens);
        CHECK(same_bits(attention.scores(i), plain.scores.data(), plain.scores.size()));
        CHECK(same_bits(attention.output(i), plain.output.data(), width));
        CHECK(attention.peak(i) == plain.peak);
        CHECK(attention.sum(i) == plain.sum);
      }
    }
  }
}
