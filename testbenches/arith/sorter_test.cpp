// SPDX-License-Identifier: Apache-2.0
#include "arith/sorter.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace topkima::arith;

namespace {

using Pairs = std::vector<std::pair<int, int>>;

Pairs pairs(const Winner* winners, std::size_t count) {
  Pairs result;
  for (std::size_t w = 0; w < count; ++w) result.emplace_back(winners[w].column, winners[w].code);
  return result;
}

Pairs clocked(const std::vector<Winner>& elements, int k) {
  SorterCircuit circuit;
  circuit.start(k);
  for (const auto& element : elements) circuit.take(element);
  return pairs(circuit.places().data(), circuit.places().size());
}

Pairs closed(std::vector<Winner> elements, int k) {
  const int kept = keep_largest(elements.data(), static_cast<int>(elements.size()), k);
  return pairs(elements.data(), static_cast<std::size_t>(kept));
}

}  // namespace

TEST_CASE("a sorter keeps the largest codes, of equals the lowest address, by hand") {
  const std::vector<Winner> elements{{0, 3}, {1, 7}, {4, 3}, {5, 7}, {9, -2}, {11, 8}};
  const Pairs expected{{11, 8}, {1, 7}, {5, 7}, {0, 3}};
  CHECK(clocked(elements, 4) == expected);
  CHECK(closed(elements, 4) == expected);
  CHECK(closed(elements, 9).size() == 6);
  CHECK(closed({}, 2).empty());
}

TEST_CASE("the sorter's circuit and its closed form keep the same") {
  std::mt19937 random(11);
  for (int seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    std::vector<Winner> elements(random() % 60);
    const int spread = 1 + static_cast<int>(random() % 40);
    int address = 0;
    for (auto& element : elements) {
      address += 1 + static_cast<int>(random() % 3);
      element = {address, static_cast<int>(random() % unsigned(spread)) - spread / 2};
    }
    const int k = 1 + static_cast<int>(random() % 12);
    auto expected = elements;  // addresses ascend, so a stable sort by code is the order
    std::stable_sort(expected.begin(), expected.end(),
                     [](const Winner& a, const Winner& b) { return a.code > b.code; });
    expected.resize(std::min(expected.size(), std::size_t(k)));
    const auto wanted = pairs(expected.data(), expected.size());
    REQUIRE(clocked(elements, k) == wanted);
    REQUIRE(closed(elements, k) == wanted);
  }
}
