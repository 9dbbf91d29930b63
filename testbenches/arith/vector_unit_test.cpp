// SPDX-License-Identifier: Apache-2.0
#include "arith/vector_unit.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

using namespace topkima::arith;

namespace {

std::vector<std::int8_t> normalised(const std::vector<std::int16_t>& row,
                                    const std::vector<std::int32_t>& gain,
                                    const std::vector<std::int32_t>& bias) {
  std::vector<std::int8_t> x(row.size());
  normalise(row.data(), int(row.size()), gain.data(), bias.data(), x.data());
  return x;
}

std::int64_t floor_of(double value) { return std::int64_t(std::floor(value)); }

}  // namespace

TEST_CASE("integer_root is the largest whose square does not exceed the value") {
  std::mt19937_64 random(1);
  const auto check = [](std::uint64_t value) {
    const auto root = integer_root(value);
    CHECK(root * root <= value);
    if (root < 0xffff'ffff) CHECK((root + 1) * (root + 1) > value);
  };
  for (std::uint64_t value = 0; value < 300; ++value) check(value);
  check(~std::uint64_t{0});
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t root = random() >> (32 + i % 32);
    check(root * root);
    if (root > 0) check(root * root - 1);
    check(random() >> (i % 64));
  }
}

TEST_CASE("a branch is added with its gain, rounded half up and saturating") {
  std::vector<std::int16_t> residual{0, 0, 0, 100, 32767, -32768, 32760, 0};
  const std::vector<std::int8_t> branch{1, -1, 127, -127, 127, -127, 1, 3};
  add_branch(residual.data(), branch.data(), 8, 128);  // a half
  // 0.5 -> 1, -0.5 -> 0, 63.5 -> 64, -63.5 -> -63, 1.5 -> 2
  CHECK(residual == std::vector<std::int16_t>{1, 0, 64, 37, 32767, -32768, 32761, 2});
  std::vector<std::int16_t> far{0};
  const std::int8_t most = 127;
  add_branch(far.data(), &most, 1, largest_gain - 1);
  CHECK(far[0] == 32767);
}

TEST_CASE("a constant row is normalised to its bias, rounded half up") {
  const std::vector<std::int32_t> gain(4, 1 << 12),
      bias{3 << 20, (5 << 20) - (1 << 19), -(1 << 19), 1 << 28};
  for (const std::int16_t level : {0, 17, -32768, 32767})
    CHECK(normalised({level, level, level, level}, gain, bias) ==
          std::vector<std::int8_t>{3, 5, 0, 127});
}

TEST_CASE("two opposite values lie one deviation off the mean") {
  // Deviation 1 in 12 fraction bits times a gain of 100 in 8.
  const std::vector<std::int32_t> gain(2, 100 << 8), bias(2, 0);
  for (const std::int16_t level : {1, 100, 32767})
    CHECK(normalised({level, std::int16_t(-level)}, gain, bias) ==
          std::vector<std::int8_t>{100, -100});
}

TEST_CASE("normalise is the real normalisation but for its rounding, on random rows") {
  std::mt19937 random(2);
  for (int trial = 0; trial < 300; ++trial) {
    const int count = trial == 0 ? longest_normalised_row : 2 + int(random() % 200);
    const int reach = 2 + int(random() % 32767);
    std::vector<std::int16_t> row(std::size_t(count), 0);
    std::vector<std::int32_t> gain(row.size()), bias(row.size());
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = std::int16_t(int(random() % (2 * reach)) - reach);
      gain[i] = int(random() % 20000) - 10000;
      bias[i] = int(random() % (1 << 26)) - (1 << 25);
      mean += row[i];
    }
    mean /= count;
    for (const auto h : row) variance += (h - mean) * (h - mean) / count;
    if (variance < 100) continue;  // the integer root of a small deviation is a coarse one
    const auto x = normalised(row, gain, bias);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const double real =
          (row[i] - mean) / std::sqrt(variance) * gain[i] / 256 + double(bias[i]) / (1 << 20);
      const double least = std::max(-127.0, std::min(real - 0.6, 126.4));
      CHECK(x[i] >= floor_of(least));
      CHECK(x[i] <= std::min(127.0, std::max(real + 0.6, -127.0) + 0.5));
    }
  }
}

TEST_CASE("the longest row at both ends of 16 bits overflows nothing") {
  std::vector<std::int16_t> row(longest_normalised_row, INT16_MIN);
  row[0] = INT16_MAX;
  const std::vector<std::int32_t> gain(row.size(), 256), bias(row.size(), 0);
  const auto x = normalised(row, gain, bias);
  CHECK(x[0] == 32);  // sqrt(1023) deviations
  CHECK(x[1] == 0);
}

TEST_CASE("a table is looked up by signed values") {
  GeluTable table;
  for (int i = 0; i < 255; ++i) table[std::size_t(i)] = std::int8_t(127 - i);
  std::vector<std::int8_t> x{-127, 0, 127, 5};
  look_up(table, x.data(), 4);
  CHECK(x == std::vector<std::int8_t>{127, 0, -127, -5});
}

TEST_CASE("of equal largest values the first is taken") {
  const std::vector<std::int8_t> values{-3, 7, 7, 2};
  CHECK(first_largest(values.data(), 4) == 1);
}
