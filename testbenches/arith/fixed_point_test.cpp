// SPDX-License-Identifier: Apache-2.0
#include "arith/fixed_point.h"

#include <catch2/catch.hpp>
#include <vector>

#include "arith/quantise.h"

using namespace topkima::arith;

TEST_CASE("division rounds towards minus infinity") {
  CHECK(floor_div(7, 2) == 3);
  CHECK(floor_div(-7, 2) == -4);
  CHECK(floor_div(-8, 2) == -4);
  CHECK(floor_div(-1, 1000) == -1);
}

TEST_CASE("rounding to steps takes halves upwards, for negative values too") {
  CHECK(round_half_up(3, 2) == 2);    // 1.5
  CHECK(round_half_up(-3, 2) == -1);  // -1.5
  CHECK(round_half_up(1, 3) == 0);
  CHECK(round_half_up(2, 3) == 1);
  CHECK(round_half_up(-2, 3) == -1);
}

TEST_CASE("quantisation is symmetric and rounds half to even") {
  // Scale 15/15 = 1: the values are their own quotients.
  const std::vector<float> input{15.0f, -15.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 14.49f};
  std::vector<std::int8_t> output(input.size());
  CHECK(quantise(input.data(), input.size(), 15, output.data()) == 1.0);
  CHECK(output == std::vector<std::int8_t>{15, -15, 0, 2, 2, 0, -2, -2, 14});
}

TEST_CASE("quantisation divides in double precision by the scale of the largest magnitude") {
  const std::vector<float> input{0.1f, -0.7f, 0.35f};
  std::vector<std::int8_t> output(3);
  CHECK(quantise(input.data(), 3, 7, output.data()) == static_cast<double>(0.7f) / 7);
  CHECK(output == std::vector<std::int8_t>{1, -7, 4});  // 0.35f is half of 0.7f: 3.5 exactly
}

TEST_CASE("an all-zero tensor has scale 1") {
  const std::vector<float> input(20, 0.0f);
  std::vector<std::int8_t> output(20, 9);
  CHECK(quantise(input.data(), 20, 15, output.data()) == 1.0);
  CHECK(output == std::vector<std::int8_t>(20, 0));
}
