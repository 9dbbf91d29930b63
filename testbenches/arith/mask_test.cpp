// SPDX-License-Identifier: Apache-2.0
#include "arith/mask.h"

#include <catch2/catch.hpp>
#include <random>

using namespace topkima::arith;

namespace {

Mask mask_of(int tokens) {
  Mask mask;
  mask.tokens = tokens;
  mask.valid_tokens = {tokens};
  return mask;
}

}  // namespace

TEST_CASE("without a mask all tokens take part in every row") {
  const Mask mask = mask_of(10);
  CHECK(mask.of(0, 0) == Interval{0, 10});
  CHECK(mask.of(7, 1000) == Interval{0, 10});
  CHECK(mask.different() == 1);
}

TEST_CASE("padding cuts tokens off at either end, also for each sequence by itself") {
  Mask mask = mask_of(10);
  mask.valid_tokens = {4};
  CHECK(mask.of(0, 9) == Interval{0, 4});
  mask.valid_tokens = {0};
  CHECK(mask.of(0, 0).size() == 0);
  mask.valid_tokens = {10, 4};
  mask.first_valid = {3};
  CHECK(mask.of(0, 0) == Interval{3, 10});
  CHECK(mask.of(1, 0) == Interval{3, 4});
  CHECK(mask.different() == 2);
  mask.first_valid = {0, 4};
  CHECK(mask.of(1, 0).size() == 0);
}

TEST_CASE("a causal row sees the tokens up to its position") {
  Mask mask = mask_of(10);
  mask.causal = true;
  CHECK(mask.of(0, 0) == Interval{0, 1});
  CHECK(mask.of(0, 100) == Interval{0, 10});
  mask.first_row = 6;
  CHECK(mask.of(0, 2) == Interval{0, 9});
  mask.first_valid = {9};
  CHECK(mask.of(0, 2).size() == 0);
}

TEST_CASE("a window ends at the position, or reaches as far behind it without causal") {
  Mask mask = mask_of(10);
  mask.window = 3;
  CHECK(mask.of(0, 5) == Interval{3, 8});
  CHECK(mask.of(0, 0) == Interval{0, 3});
  mask.causal = true;
  CHECK(mask.of(0, 5) == Interval{3, 6});
  mask.window = 1;
  CHECK(mask.of(0, 5) == Interval{5, 6});
}

TEST_CASE("packed segments see themselves alone, and rows behind the last nobody") {
  Mask mask = mask_of(10);
  mask.segment_ends = {3, 4, 10};
  CHECK(mask.of(0, 0) == Interval{0, 3});
  CHECK(mask.of(0, 2) == Interval{0, 3});
  CHECK(mask.of(0, 3) == Interval{3, 4});
  CHECK(mask.of(0, 9) == Interval{4, 10});
  CHECK(mask.of(0, 10).size() == 0);
  mask.causal = true;
  CHECK(mask.of(0, 6) == Interval{4, 7});
}

TEST_CASE("an interval's part is counted from where that begins") {
  CHECK(Interval{3, 8}.within({0, 5}) == Interval{3, 5});
  CHECK(Interval{3, 8}.within({5, 20}) == Interval{0, 3});
  CHECK(Interval{3, 8}.within({8, 20}) == Interval{});
  CHECK(Interval{}.within({0, 5}).size() == 0);
}

TEST_CASE("a row's interval holds the tokens that every rule lets take part") {
  std::mt19937 random(5);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 500; ++round) {
    const int tokens = 1 + below(30);
    Mask mask = mask_of(tokens);
    mask.valid_tokens = {below(tokens + 1), below(tokens + 1)};
    mask.first_valid = {below(3) ? 0 : below(tokens + 1)};
    mask.causal = below(2);
    mask.window = below(2) ? 0 : 1 + below(tokens);
    mask.first_row = below(5);
    for (int end = 0; below(2) && end < tokens;) mask.segment_ends.push_back(end += 1 + below(9));
    for (int row = 0; row < tokens; ++row)
      for (int t = 0; t < tokens; ++t) {
        const int position = row + mask.first_row, sequence = row % 2;
        const auto segment = [&](int p) {
          std::size_t s = 0;
          while (s < mask.segment_ends.size() && p >= mask.segment_ends[s]) ++s;
          return s;
        };
        const bool packed = !mask.segment_ends.empty();
        const bool expected =
            t >= mask.first_valid[0] && t < mask.valid_tokens[std::size_t(sequence)] &&
            (!mask.causal || t <= position) &&
            (mask.window == 0 || (t > position - mask.window && t < position + mask.window)) &&
            (!packed ||
             (segment(t) == segment(position) && segment(position) < mask.segment_ends.size()));
        INFO("round " << round << " row " << row << " token " << t);
        CHECK(mask.of(sequence, row).holds(t) == expected);
      }
  }
}
