// SPDX-License-Identifier: Apache-2.0
#include "energy/traced.h"

#include <catch2/catch.hpp>

using topkima::energy::Traced;

namespace {

const Traced sourced(3, false, 1), assumed(2, true, 5);

}  // namespace

TEST_CASE("a product rests on assumptions as far as any of its factors does") {
  const auto product = sourced * assumed * Traced(10);
  CHECK(product.value == 60);
  CHECK(product.assumed_share() == 1);
  CHECK((sourced * sourced).assumed_share() == 0);
  CHECK((sourced / assumed).value == 1.5);
  CHECK((sourced / assumed).assumed_share() == 1);
}

TEST_CASE("of a sum, assumptions hold the share that their summands have of it") {
  CHECK((sourced + assumed).value == 5);
  CHECK((sourced + assumed).assumed_share() == Approx(0.4));
  // A difference weighs both by their magnitude.
  CHECK((sourced - assumed).value == 1);
  CHECK((sourced - assumed).assumed_share() == Approx(0.4));
  CHECK((Traced() + Traced()).assumed_share() == 0);
}

TEST_CASE("a number knows all constants that it came from, whatever their weight") {
  const auto result = sourced * Traced(0) + assumed;
  CHECK(result.constants.count() == 2);
  CHECK(result.constants[1]);
  CHECK(result.constants[5]);
  CHECK(Traced(7).constants.none());
}
