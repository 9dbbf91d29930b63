// SPDX-License-Identifier: Apache-2.0
#include "arith/projection.h"

#include <catch2/catch.hpp>
#include <random>

#include "arith/bit_serial.h"
#include "arith/requantise.h"

using namespace topkima::arith;

TEST_CASE("a lossless ADC counts every level of a partial sum") {
  CHECK(lossless_adc_bits(256, 1) == 9);  // levels 0..256
  CHECK(lossless_adc_bits(255, 1) == 8);
  CHECK(lossless_adc_bits(128, 2) == 9);  // 0..384
}

TEST_CASE("requantisation rounds half up and clamps") {
  // m = 30, q_max = 15: q = floor((30 acc + 30) / 60) = floor((acc + 1) / 2).
  const std::vector<std::int32_t> acc{30, 29, 1, 0, -1, -2, -3, -30, 400, -400};
  std::vector<std::int8_t> q(acc.size());
  requantise(acc.data(), static_cast<int>(acc.size()), 30, 15, q.data());
  CHECK(q == std::vector<std::int8_t>{15, 15, 1, 0, 0, -1, -1, -15, 15, -15});
}

TEST_CASE("requantisation equals the integer formula for random values") {
  std::mt19937 random(5);
  for (int seed = 0; seed < 200; ++seed) {
    const std::int64_t m = 1 + random() % (seed % 2 ? 50 : 20'000'000);
    const int q_max = (1 << (1 + random() % 7)) - 1;
    std::vector<std::int32_t> acc(64);
    for (auto& a : acc)
      a = static_cast<std::int32_t>(random() % (2 * m + 1)) - static_cast<std::int32_t>(m);
    std::vector<std::int8_t> q(acc.size());
    requantise(acc.data(), 64, m, q_max, q.data());
    for (int i = 0; i < 64; ++i) {
      std::int64_t n = 2 * std::int64_t{acc[i]} * q_max + m, d = 2 * m;
      std::int64_t expected = n / d - (n % d < 0);
      CHECK(q[i] == std::max<std::int64_t>(-q_max, std::min<std::int64_t>(q_max, expected)));
    }
  }
}

TEST_CASE("a narrow ADC rounds every partial sum, by hand") {
  // Two inputs in one block of two rows, one weight bit slice at a time; adc_bits 1 gives
  // step = ceil(2 / 2) = 1 and codes 0..1, so a partial sum of 2 reads as 1.
  ProjectionConfig config;
  config.input_bits = 2;
  config.weight_bits = 2;
  config.array_rows = 2;
  config.adc_bits = 1;
  // Weights 1, 1 are stored as 3, 3 (offset 2): both slices hold 1, 1.
  const std::int8_t weights[2] = {1, 1};
  const Projection projection(config, weights, 2, 1);
  // x = (1, 1): input bit 0 reads 1 instead of 2 in both slices: 1 + 2 = 3; minus offset 2 * 2.
  const std::int8_t ones[2] = {1, 1};
  std::int32_t acc = 0;
  projection.accumulate(ones, 1, &acc);
  CHECK(acc == 3 - 4);
  // x = (1, 0): exact, 3 - 2 = 1.
  const std::int8_t one[2] = {1, 0};
  projection.accumulate(one, 1, &acc);
  CHECK(acc == 1);
  // x = (-1, 0) = 11b: bit 0 gives 3, the sign bit -2 * 3; minus offset 2 * -1.
  const std::int8_t minus[2] = {-1, 0};
  projection.accumulate(minus, 1, &acc);
  CHECK(acc == 3 - 6 + 2);
}

TEST_CASE("a narrow ADC equals the formula bit by bit, slice by slice, block by block") {
  std::mt19937 random(9);
  for (int seed = 0; seed < 20; ++seed) {
    const int inputs = 1 + random() % 40, outputs = 1 + random() % 20, rows = 1 + random() % 5;
    std::vector<std::int8_t> x(inputs * rows), w(inputs * outputs);
    for (auto& v : x) v = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
    for (auto& v : w) v = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
    std::vector<std::int32_t> got(rows * outputs);
    ProjectionConfig narrow;
    narrow.array_rows = 3;  // levels 0..3 need 2 bits: 1 bit is lossy, step 2
    narrow.adc_bits = 1;
    Projection(narrow, w.data(), inputs, outputs).accumulate(x.data(), rows, got.data());
    for (int r = 0; r < rows; ++r) {
      for (int o = 0; o < outputs; ++o) {
        std::int64_t sum = 0, x_sum = 0;
        for (int i = 0; i < inputs; ++i) x_sum += x[r * inputs + i];
        for (int first = 0; first < inputs; first += 3)
          for (int bit = 0; bit < 8; ++bit)
            for (int slice = 0; slice < 8; ++slice) {
              int p = 0;
              for (int i = first; i < std::min(first + 3, inputs); ++i)
                p += ((x[r * inputs + i] >> bit) & 1) & (((w[i * outputs + o] + 128) >> slice) & 1);
              const int read = 2 * std::min((p + 1) / 2, 1);
              sum += std::int64_t{bit == 7 ? -1 : 1} * (1 << (bit + slice)) * read;
            }
        CHECK(got[r * outputs + o] == sum - 128 * x_sum);
      }
    }
  }
}
