// SPDX-License-Identifier: Apache-2.0
#include "arith/matmul.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using topkima::arith::PackedMatrix;

namespace {

std::vector<std::int32_t> plain_product(const std::vector<std::int8_t>& a,
                                        const std::vector<std::int8_t>& b, int rows, int depth,
                                        int columns) {
  std::vector<std::int32_t> c(std::size_t(rows) * columns);
  for (int r = 0; r < rows; ++r)
    for (int d = 0; d < depth; ++d)
      for (int k = 0; k < columns; ++k)
        c[r * columns + k] += int{a[r * depth + d]} * int{b[d * columns + k]};
  return c;
}

}  // namespace

TEST_CASE("products of random int8 matrices are exact, single rows and batches") {
  std::mt19937 random(1);
  for (int seed = 0; seed < 60; ++seed) {
    const int rows = 1 + random() % 40, depth = 1 + random() % 150, columns = 1 + random() % 90;
    const int limit = seed % 3 == 0 ? 127 : 15;
    std::uniform_int_distribution<int> value(-limit, limit);
    std::vector<std::int8_t> a(rows * depth), b(depth * columns);
    for (auto& v : a) v = static_cast<std::int8_t>(value(random));
    for (auto& v : b) v = static_cast<std::int8_t>(value(random));
    const auto expected = plain_product(a, b, rows, depth, columns);

    PackedMatrix packed;
    packed.pack(b.data(), depth, columns);
    std::vector<std::int32_t> c(expected.size());
    packed.multiply(a.data(), rows, c.data());
    CHECK(c == expected);
    for (int r = 0; r < rows; ++r) packed.multiply(a.data() + r * depth, 1, c.data() + r * columns);
    CHECK(c == expected);
  }
}

TEST_CASE("the largest weights do not saturate on any instruction set") {
  // 127 * 127 twice exceeds 16 bits: the trap of int8 products without VNNI.
  for (const int sign : {1, -1}) {
    const int depth = 3000, columns = 64;
    const std::vector<std::int8_t> a(depth, 127),
        b(depth * columns, static_cast<std::int8_t>(127 * sign));
    PackedMatrix packed;
    packed.pack(b.data(), depth, columns);
    std::vector<std::int32_t> c(columns);
    packed.multiply(a.data(), 1, c.data());
    CHECK(c == std::vector<std::int32_t>(columns, sign * depth * 127 * 127));
  }
}
