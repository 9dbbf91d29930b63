#include "arith/topk.h"

#include <catch2/catch.hpp>
#include <random>

#include "arith/ramp.h"

using namespace topkima::arith;

namespace {

struct Walk {
  std::vector<Winner> winners;
  int steps, cycles;
};

Walk walk(const TopkConfig& config, const std::vector<std::int16_t>& codes) {
  TopkCircuit circuit(config, codes.data(), static_cast<int>(codes.size()));
  Walk result;
  while (!circuit.done()) {
    const auto cycle = circuit.clock();
    if (cycle.grant) result.winners.push_back({cycle.column, cycle.code});
    CHECK(cycle.counter == static_cast<int>(result.winners.size()));
    CHECK(cycle.last == circuit.done());
  }
  result.steps = circuit.steps();
  result.cycles = circuit.cycles();
  return result;
}

void check_equal(const TopkConfig& config, const std::vector<std::int16_t>& codes,
                 int participants) {
  const Walk expected = walk(config, codes);
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
  const Walk result = walk({3, 3, false}, codes);
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
  const Walk result = walk({5, 5, false}, codes);
  CHECK(result.steps == 1);
  CHECK(result.cycles == 5);
}

TEST_CASE("with fewer participants than k the ramp runs to its end") {
  std::vector<std::int16_t> codes{3, comparator_off, comparator_off};
  CHECK(walk({3, 2, false}, codes).cycles == 8);
  CHECK(walk({3, 2, false}, codes).steps == 8);
  codes[0] = comparator_off;
  CHECK(walk({3, 2, false}, codes).cycles == 8);
  // Two in the last step: the second waits one cycle more.
  CHECK(walk({3, 5, false}, {-4, -4}).cycles == 9);
}

TEST_CASE("stop_when_exhausted ends the ramp after the last participant") {
  CHECK(walk({3, 5, true}, {3, 1, comparator_off}).steps == 3);
  CHECK(walk({3, 5, true}, {3, 1, comparator_off}).cycles == 3);
  CHECK(walk({3, 5, true}, {comparator_off}).cycles == 0);
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
