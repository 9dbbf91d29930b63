// SPDX-License-Identifier: Apache-2.0
#include "arith/column_map.h"

#include <catch2/catch.hpp>
#include <random>

using namespace topkima::arith;
using Parts = std::vector<int>;

TEST_CASE("blocked slots fill one crossbar after the other, by hand") {
  const auto map = ColumnMap::blocked({256, 128}, 384);
  CHECK(map.stride() == 1);
  CHECK(map.first_slots() == Parts{0, 256});
  CHECK(map.slots_in(0) == 256);
  CHECK(map.slots_in(1) == 128);
  CHECK(map.slot_at(1, 3) == 259);
  CHECK(map.columns_of({250, 260}, 0) == Interval{250, 256});
  CHECK(map.columns_of({250, 260}, 1) == Interval{0, 4});
  CHECK(map.columns_of({0, 256}, 1) == Interval{});
  CHECK(map.address_of(259) == 259);
}

TEST_CASE("interleaved slots go round the crossbars, by hand") {
  const auto map = ColumnMap::interleaved({3, 2, 2}, 7);
  CHECK(map.stride() == 3);
  CHECK(map.slots_in(0) == 3);
  CHECK(map.slots_in(2) == 2);
  CHECK(map.slot_at(1, 1) == 4);
  CHECK(map.place_of(6).crossbar == 0);
  CHECK(map.place_of(6).column == 2);
  CHECK(map.address_of(5) == 6);  // crossbar 2 begins at 5; column 1
  CHECK(map.slot_at_address(3) == 1);
  // Slots 2 .. 5: column 1 of crossbar 0 (3), column 1 of 1 (4), columns 0 and 1 of 2 (2 and 5).
  CHECK(map.columns_of({2, 6}, 0) == Interval{1, 2});
  CHECK(map.columns_of({2, 6}, 1) == Interval{1, 2});
  CHECK(map.columns_of({2, 6}, 2) == Interval{0, 2});
  CHECK(map.columns_of({4, 5}, 0) == Interval{});
}

TEST_CASE("every slot has one place, and an interval of slots one of columns in each crossbar") {
  std::mt19937 random(17);
  for (int seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const int slots = 1 + int(random() % 60), crossbars = 1 + int(random() % 5);
    const bool goes_round = random() % 2;
    Parts columns;
    for (int c = 0; c < crossbars; ++c)
      columns.push_back((slots + crossbars - 1) / crossbars + int(random() % 4));
    const auto map =
        goes_round ? ColumnMap::interleaved(columns, slots) : ColumnMap::blocked(columns, slots);
    std::vector<int> seen(std::size_t(slots), 0);
    for (int c = 0; c < crossbars; ++c)
      for (int j = 0; j < map.slots_in(c); ++j) {
        const int slot = map.slot_at(c, j);
        REQUIRE(slot < slots);
        ++seen[std::size_t(slot)];
        REQUIRE(map.place_of(slot).crossbar == c);
        REQUIRE(map.place_of(slot).column == j);
        REQUIRE(map.address_of(slot) == map.base(c) + j);
        REQUIRE(map.slot_at_address(map.base(c) + j) == slot);
      }
    REQUIRE(seen == std::vector<int>(std::size_t(slots), 1));
    const int first = int(random() % unsigned(slots + 1)),
              end = int(random() % unsigned(slots + 3));
    for (int c = 0; c < crossbars; ++c) {
      const Interval on = map.columns_of({first, end}, c);
      for (int j = 0; j < map.slots_in(c); ++j)
        REQUIRE(on.holds(j) == Interval{first, end}.holds(map.slot_at(c, j)));
      REQUIRE((on.size() == 0 || on.end <= map.slots_in(c)));
    }
  }
}
