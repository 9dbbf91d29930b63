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

TEST_CASE("ramp, comparators and counter on random scores grant what codes and closed form say") {
  std::mt19937 random(11);
  for (int seed = 0; seed < 2000; ++seed) {
    TopkConfig config;
    config.bits = 1 + random() % 8;
    config.k = 1 + random() % 12;
    config.stop_when_exhausted = random() % 2;
    const int columns = random() % 300, participants = random() % (columns + 1);
    const int lsb = 1 + random() % (seed % 3 ? 40 : 16'000'000);
    const int reach = 1 + random() % (seed % 2 ? 300 : 500'000'000);
    std::vector<std::int32_t> scores(columns);
    for (auto& s : scores) s = static_cast<int>(random() % (2u * reach + 1)) - reach;
    std::vector<std::int16_t> codes(columns);
    ramp_codes(scores.data(), participants, lsb, config.bits, codes.data());
    std::vector<Winner> winners(config.k);
    const Conversion expected = convert(config, codes.data(), participants, winners.data());
    const Walk got = walk_scores(config, scores, participants, lsb);
    REQUIRE(got.steps == expected.steps);
    REQUIRE(got.cycles == expected.cycles);
    REQUIRE(got.winners.size() == static_cast<std::size_t>(expected.count));
    for (int w = 0; w < expected.count; ++w) {
      REQUIRE(got.winners[w].column == winners[w].column);
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
