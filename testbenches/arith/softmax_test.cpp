// SPDX-License-Identifier: Apache-2.0
#include "arith/softmax.h"

#include <catch2/catch.hpp>

using namespace topkima::arith;

TEST_CASE("the exponent table holds rounded powers of e in units of 2^-15") {
  const auto table = exponent_table(4, 1.0);
  // 32768 * e^-1 = 12054.67, e^-2: 4434.67, e^-3: 1631.42
  CHECK(table == std::vector<std::uint16_t>{32768, 12055, 4435, 1631});
  CHECK(exponent_table(32, 0.0) == std::vector<std::uint16_t>(32, 32768));
}

TEST_CASE("division rounds half up to the full scale of the probabilities") {
  CHECK(divide(32768, 32768, 5) == 31);
  CHECK(divide(32768, 65536, 5) == 16);  // 15.5
  CHECK(divide(0, 32768, 5) == 0);
  CHECK(divide(1, 3, 1) == 0);
  CHECK(divide(2, 3, 1) == 1);
}
