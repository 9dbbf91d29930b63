// SPDX-License-Identifier: Apache-2.0
#include "energy/traced.h"

#include <catch2/catch.hpp>
#include <limits>

using topkima::energy::Traced;

namespace {

const Traced sourced({3, 3, 3}, false, 1), assumed({2, 2, 2}, true, 5);

Traced between(double low, double value, double high) { return {{value, low, high}, false, 1}; }

void check(const Traced& found, double low, double value, double high) {
  CHECK(found.low == low);
  CHECK(found.value == value);
  CHECK(found.high == high);
}

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

TEST_CASE("bounds are those of interval arithmetic") {
  const auto a = between(2, 3, 5), b = between(1, 4, 8);
  check(a + b, 3, 7, 13);
  check(a - b, 2 - 8, -1, 5 - 1);
  check(a * b, 2, 12, 40);
  check(a / b, 2.0 / 8, 0.75, 5);
  check(a * between(-1, 0, 2), -5, 0, 10);
  check(Traced(2) * a + Traced(1), 5, 7, 11);
}

TEST_CASE("what comes of one source alone has no bounds of its own") {
  CHECK(Traced(7).one_source());
  CHECK((sourced * assumed / Traced(3) - sourced).one_source());
  CHECK(!(sourced + between(1, 2, 3)).one_source());
}

TEST_CASE("a quotient by nothing is nothing, by what may be nothing without a bound") {
  check(between(1, 2, 3) / Traced(0), 0, 0, 0);
  check(Traced(6) / between(0, 2, 3), 2, 3, std::numeric_limits<double>::infinity());
}
