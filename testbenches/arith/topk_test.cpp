// SPDX-License-Identifier: Apache-2.0
#include "arith/topk.h"

#include <catch2/catch.hpp>
#include <random>

#include "arith/ramp.h"
#include "support/ramp_walk.h"

using namespace topkima::arith;
using topkima::testbenches::Walk, topkima::testbenches::walk_codes,
    topkima::testbenches::walk_scores;

namespace {

void check_equal(const TopkConfig& config, const std::vector<std::int16_t>& codes,
                 int participants) {
  const Walk expected = walk_codes(config, codes);
  std::vector<Winner> winners(config.k);
  const Conversion got = convert(config, codes.data(), participants, winners.data());
  REQUIRE(got.count == static_cast<int>(expected.winners.size()));
  REQUIRE(got.steps == expected.steps);
  REQUIRE(got.cycles == expected.cycles);
  for (int w = 0; w < got.count; ++w) {
    REQUIRE(winners[w].column == expected.winners[w].column);
    REQUIRE(winners[w].code == expected.winners[w].code);
  }
}

/// Often the defaults: one grant per cycle and no cycles beside those of the grants.
void draw_pace(std::mt19937& random, TopkConfig& config) {
  if (random() % 2) config.grants_per_cycle = 1 + random() % (random() % 4 ? 4 : 64);
  if (random() % 3 == 0) config.step_cycles = random() % 5;
  if (random() % 3 == 0) config.start_cycles = random() % 20;
  if (random() % 3 == 0) config.grant_cycles = random() % 4;
  if (random() % 3 == 0) config.tree_cycles = random() % 4;
  if (random() % 3 == 0) config.reach = 1 + random() % (2u << config.bits);
}

}  // namespace

TEST_CASE("the largest codes are granted first, ties by ascending address, by hand") {
  // 3 bits: codes 3 .. -4. k = 3. Steps: 3 (none, 1 cycle), 2 (columns 1 and 4, 2 cycles),
  // 1 (columns 0 and 2 request, the first grant is the third: stop).
  const std::vector<std::int16_t> codes{1, 2, 1, -4, 2};
  const Walk result = walk_codes({3, 3, false}, codes);
  CHECK(result.steps == 3);
  CHECK(result.cycles == 4);
  REQUIRE(result.winners.size() == 3);
  CHECK(result.winners[0].column == 1);
  CHECK(result.winners[1].column == 4);
  CHECK(result.winners[2].column == 0);
  check_equal({3, 3, false}, codes, 5);
}

TEST_CASE("all columns saturated at the top are granted one per cycle") {
  const std::vector<std::int16_t> codes(8, 15);
  const Walk result = walk_codes({5, 5, false}, codes);
  CHECK(result.steps == 1);
  CHECK(result.cycles == 5);
}

TEST_CASE("with fewer participants than k the ramp runs to its end") {
  std::vector<std::int16_t> codes{3, comparator_off, comparator_off};
  CHECK(walk_codes({3, 2, false}, codes).cycles == 8);
  CHECK(walk_codes({3, 2, false}, codes).steps == 8);
  codes[0] = comparator_off;
  CHECK(walk_codes({3, 2, false}, codes).cycles == 8);
  // Two in the last step: the second waits one cycle more.
  CHECK(walk_codes({3, 5, false}, {-4, -4}).cycles == 9);
}

TEST_CASE("stop_when_exhausted ends the ramp after the last participant") {
  CHECK(walk_codes({3, 5, true}, {3, 1, comparator_off}).steps == 3);
  CHECK(walk_codes({3, 5, true}, {3, 1, comparator_off}).cycles == 3);
  CHECK(walk_codes({3, 5, true}, {comparator_off}).cycles == 0);
}

TEST_CASE("an arbiter of several lanes grants as many columns per cycle, lowest addresses first") {
  TopkConfig config{3, 3, false};
  config.grants_per_cycle = 2;
  // Step 3: nobody. Step 2: columns 1 and 4 in one cycle. Step 1: column 0 is the third, 2 is
  // dropped although a lane was free.
  const std::vector<std::int16_t> codes{1, 2, 1, -4, 2};
  const Walk result = walk_codes(config, codes);
  CHECK(result.cycles == 3);
  REQUIRE(result.winners.size() == 3);
  CHECK(result.winners[0].column == 1);
  CHECK(result.winners[1].column == 4);
  CHECK(result.winners[2].column == 0);
  check_equal(config, codes, 5);
  // Eight columns at once, five of them granted: 3 + 2, 4 + 1 and 5.
  const std::vector<std::int16_t> top(8, 3);
  for (const auto& [lanes, cycles] : {std::pair{3, 2}, {4, 2}, {5, 1}, {64, 1}}) {
    config.k = 5;
    config.grants_per_cycle = lanes;
    CHECK(walk_codes(config, top).cycles == cycles);
    check_equal(config, top, 8);
  }
}

TEST_CASE(
    "a circuit of several lanes shows each cycle's grants, and drops the rest with the k-th") {
  TopkConfig config{5, 5, false};
  config.grants_per_cycle = 3;
  TopkCircuit circuit;
  circuit.start(config, 100);
  circuit.request({0b1001'0110, 0b1001});  // columns 1, 2, 4, 7, 64, 67
  CHECK(circuit.clock().columns == std::vector<int>{1, 2, 4});
  CHECK(circuit.holds_ramp());
  const auto& last = circuit.clock();
  CHECK(last.pending == 3);
  CHECK(last.columns == std::vector<int>{7, 64});
  CHECK(last.counter == 5);
  CHECK(circuit.stopped());
  CHECK_FALSE(circuit.holds_ramp());
}

TEST_CASE("every executed step costs its own cycles, and a conversion that makes one its start") {
  TopkConfig config{3, 3, false};
  config.step_cycles = 4;
  config.start_cycles = 10;
  // As by hand above: 3 steps in 4 cycles.
  CHECK(walk_codes(config, {1, 2, 1, -4, 2}).cycles == 10 + 3 * 4 + 4);
  check_equal(config, {1, 2, 1, -4, 2}, 5);
  CHECK(walk_codes(config, {comparator_off}).cycles == 10 + 8 * (4 + 1));
  check_equal(config, {comparator_off}, 0);
  config.stop_when_exhausted = true;
  CHECK(walk_codes(config, {comparator_off}).cycles == 0);
  check_equal(config, {comparator_off}, 0);
}

TEST_CASE("ramp, comparators and counter on random scores grant what codes and closed form say") {
  std::mt19937 random(11);
  for (int seed = 0; seed < 2000; ++seed) {
    TopkConfig config;
    config.bits = 1 + random() % 8;
    config.k = 1 + random() % 12;
    config.stop_when_exhausted = random() % 2;
    draw_pace(random, config);
    const int columns = random() % 300;
    Interval on{0, static_cast<int>(random() % (columns + 1))};
    if (random() % 2 && on.end > 0) on.first = random() % on.end;
    const int lsb = 1 + random() % (seed % 3 ? 40 : 16'000'000);
    const int reach = 1 + random() % (seed % 2 ? 300 : 500'000'000);
    std::vector<std::int32_t> scores(columns);
    for (auto& s : scores) s = static_cast<int>(random() % (2u * reach + 1)) - reach;
    std::vector<std::int16_t> codes(columns);
    ramp_codes(scores.data(), columns, lsb, config.bits, codes.data());
    std::vector<Winner> winners(config.k);
    const Conversion expected = convert(config, codes.data() + on.first, on.size(), winners.data());
    const Walk got = walk_scores(config, scores, on, lsb);
    REQUIRE(got.steps == expected.steps);
    REQUIRE(got.cycles == expected.cycles);
    REQUIRE(got.winners.size() == static_cast<std::size_t>(expected.count));
    for (int w = 0; w < expected.count; ++w) {
      REQUIRE(got.winners[w].column == winners[w].column + on.first);
      REQUIRE(got.winners[w].code == winners[w].code);
    }
  }
}

TEST_CASE("the closed form equals the circuit on random codes, masks and ties") {
  std::mt19937 random(7);
  for (int seed = 0; seed < 3000; ++seed) {
    TopkConfig config;
    config.bits = 1 + random() % 7;
    config.k = 1 + random() % (seed % 4 ? 8 : 90);
    config.stop_when_exhausted = random() % 2;
    draw_pace(random, config);
    const int columns = random() % 140;
    const int participants = random() % 3 ? columns : random() % (columns + 1);
    const int half = 1 << (config.bits - 1);
    const int spread = 1 + random() % (2 * half);  // small: many ties
    std::vector<std::int16_t> codes(columns, comparator_off);
    for (int c = 0; c < participants; ++c)
      codes[c] = static_cast<std::int16_t>(half - 1 - static_cast<int>(random() % spread));
    check_equal(config, codes, participants);
  }
}

TEST_CASE("the ramp stops at its reach below the first crossing, by hand") {
  // 3 bits. The first crossing is at code 2; with a reach of 2 the step of code 0 is the last.
  const std::vector<std::int16_t> codes{0, 2, -1, 2, -2};
  TopkConfig config{3, 5, true};
  config.reach = 2;
  const Walk result = walk_codes(config, codes);
  CHECK(result.steps == 4);   // 3, 2, 1, 0
  CHECK(result.cycles == 5);  // two grants at 2
  CHECK(result.winners.size() == 3);
  check_equal(config, codes, 5);
  config.k = 2;  // the k-th grant comes first
  CHECK(walk_codes(config, codes).steps == 2);
  config.k = 5;
  config.reach = 100;  // beyond the ramp
  CHECK(walk_codes(config, codes).steps == 6);
  check_equal(config, codes, 5);
}

TEST_CASE("comparators that are off may lie anywhere for a counter of several crossbars") {
  std::mt19937 random(23);
  for (int seed = 0; seed < 500; ++seed) {
    TopkConfig config;
    config.bits = 1 + random() % 6;
    config.k = 1 + random() % 9;
    config.stop_when_exhausted = random() % 2;
    draw_pace(random, config);
    const int columns = 1 + random() % 90, half = 1 << (config.bits - 1);
    std::vector<std::int16_t> codes(columns, comparator_off), together;
    std::vector<int> places;
    for (int c = 0; c < columns; ++c) {
      if (random() % 3 == 0) continue;
      codes[c] = static_cast<std::int16_t>(static_cast<int>(random() % (2 * half)) - half);
      together.push_back(codes[c]);
      places.push_back(c);
    }
    std::vector<Winner> got(config.k), expected(config.k), room;
    const auto participants = static_cast<int>(together.size());
    const auto one = convert(config, together.data(), participants, expected.data());
    const auto other = convert_scattered(config, codes.data(), columns, room, got.data());
    REQUIRE(other.count == one.count);
    REQUIRE(other.steps == one.steps);
    REQUIRE(other.cycles == one.cycles);
    for (int w = 0; w < one.count; ++w) {
      REQUIRE(got[w].column == places[expected[w].column]);
      REQUIRE(got[w].code == expected[w].code);
    }
  }
}
