// SPDX-License-Identifier: Apache-2.0
#include "arith/ramp.h"

#include <catch2/catch.hpp>
#include <random>

using namespace topkima::arith;

TEST_CASE("a ramp code rounds half up and saturates") {
  CHECK(ramp_code(0, 24, 5) == 0);
  CHECK(ramp_code(12, 24, 5) == 1);
  CHECK(ramp_code(11, 24, 5) == 0);
  CHECK(ramp_code(-12, 24, 5) == 0);
  CHECK(ramp_code(-13, 24, 5) == -1);
  CHECK(ramp_code(372, 24, 5) == 15);  // 2 * 372 = 31 * 24: saturates from here on
  CHECK(ramp_code(6720, 24, 5) == 15);
  CHECK(ramp_code(-6720, 24, 5) == -16);
}

TEST_CASE("codes of many columns equal those of single ones") {
  std::mt19937 random(3);
  for (int seed = 0; seed < 300; ++seed) {
    const int lsb = 1 + random() % (seed % 3 == 0 ? 5 : seed % 3 == 1 ? 700 : 1'000'000);
    const int bits = 1 + random() % 12, count = 1 + random() % 100;
    const int span = seed % 2 ? 7000 : 100'000'000;
    std::vector<std::int32_t> scores(count);
    for (auto& s : scores) s = static_cast<int>(random() % (2 * span + 1)) - span;
    std::vector<std::int16_t> codes(count);
    ramp_codes(scores.data(), count, lsb, bits, codes.data());
    for (int i = 0; i < count; ++i) REQUIRE(codes[i] == ramp_code(scores[i], lsb, bits));
  }
}

TEST_CASE("the automatic step is the smallest that lets the allowed share saturate") {
  RampCalibration calibration;
  const std::int32_t row[] = {5, 100, 93, -7};
  calibration.add_row(row, 4, 2);       // keeps 100 and 93
  CHECK(calibration.lsb(5, 0.0) == 7);  // 200 >= 31 * 6 = 186, 200 < 217
  CHECK(calibration.lsb(5, 0.49) == 7);
  CHECK(calibration.lsb(5, 0.5) == 7);  // one may: 186 >= 186 still saturates at 6
  CHECK(calibration.lsb(5, 1.0) == 1);
}

TEST_CASE("of rows in blocks the partial scores of the best sums count, by hand") {
  RampCalibration calibration;
  // Sums 10, 30, 30, 30 and one column that takes no part: of the equal ones the first two count.
  const std::int32_t partial[] = {10, 50, -20, 99, 999, 0, -20, 50, -69, 999};
  calibration.add_row(partial, 2, 5, 4, 2);  // keeps 50, -20, -20, 50
  CHECK(calibration.lsb(5, 0.0) == 4);       // 100 >= 31 * 3, 100 < 31 * 4
  CHECK(calibration.lsb(5, 0.49) == 4);      // one of four may
  CHECK(calibration.lsb(5, 0.5) == 1);
}

TEST_CASE("a row of one block is a row, random rows in blocks follow the definition") {
  std::mt19937 random(9);
  for (int seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const int k = 1 + int(random() % 6), blocks = 1 + int(random() % 4);
    const int columns = 1 + int(random() % 30),
              participants = int(random() % unsigned(columns + 1));
    RampCalibration calibration, by_hand;
    for (int r = 0; r < 10; ++r) {
      std::vector<std::int32_t> partial(std::size_t(blocks * columns)), best;
      for (auto& s : partial) s = int(random() % 200) - 80;
      calibration.add_row(partial.data(), blocks, columns, participants, k);
      std::vector<std::pair<int, int>> order;  // falling sums, rising columns
      for (int j = 0; j < participants; ++j) {
        int sum = 0;
        for (int b = 0; b < blocks; ++b) sum += partial[std::size_t(b * columns + j)];
        order.emplace_back(-sum, j);
      }
      std::sort(order.begin(), order.end());
      order.resize(std::min(order.size(), std::size_t(k)));
      for (const auto& [sum, j] : order)
        for (int b = 0; b < blocks; ++b) best.push_back(partial[std::size_t(b * columns + j)]);
      by_hand.add_row(best.data(), int(best.size()), blocks * k);
    }
    const double share = (random() % 100) / 300.0;
    REQUIRE(calibration.lsb(5, share) == by_hand.lsb(5, share));
  }
}

TEST_CASE("without participants, or with scores below zero, the automatic step is 1") {
  RampCalibration empty, negative;
  const std::int32_t row[] = {-50, -60};
  empty.add_row(row, 0, 3);
  negative.add_row(row, 2, 3);
  CHECK(empty.lsb(5, 0.01) == 1);
  CHECK(negative.lsb(5, 0.01) == 1);
}

TEST_CASE("the automatic step satisfies its definition on random rows") {
  std::mt19937 random(4);
  for (int seed = 0; seed < 100; ++seed) {
    const int k = 1 + random() % 8, bits = 2 + random() % 6;
    const double share = (random() % 100) / 300.0;
    RampCalibration calibration;
    std::vector<int> collected;
    for (int r = 0; r < 20; ++r) {
      const int columns = 1 + random() % 120, participants = random() % (columns + 1);
      std::vector<std::int32_t> scores(columns);
      for (auto& s : scores) s = static_cast<int>(random() % 2001) - 900;
      calibration.add_row(scores.data(), participants, k);
      std::vector<int> sorted(scores.begin(), scores.begin() + participants);
      std::sort(sorted.rbegin(), sorted.rend());
      sorted.resize(std::min<std::size_t>(k, sorted.size()));
      collected.insert(collected.end(), sorted.begin(), sorted.end());
    }
    int expected = 1;
    const auto too_many = [&](int lsb) {
      const auto saturated = std::count_if(collected.begin(), collected.end(),
                                           [&](int s) { return 2 * s >= ((1 << bits) - 1) * lsb; });
      return !collected.empty() && double(saturated) / double(collected.size()) > share;
    };
    while (too_many(expected)) ++expected;
    CHECK(calibration.lsb(bits, share) == expected);
  }
}
