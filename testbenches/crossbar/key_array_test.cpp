// SPDX-License-Identifier: Apache-2.0
#include "crossbar/key_array.h"

#include <catch2/catch.hpp>
#include <random>

#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using Line = std::vector<std::int8_t>;
using Scores = std::vector<std::int32_t>;

namespace {

struct Tile {
  stage::Clock clock{200};
  crossbar::KeyArray tile;
  Initiator writer{"writer"}, driver{"driver"};
  Recording adc{"adc"};
  int columns;

  explicit Tile(const crossbar::KeyArray::Config& config)
      : tile("tile", clock, config), columns(config.columns) {
    writer.out.bind(tile.program);
    driver.out.bind(tile.query);
    tile.scores.bind(adc.in);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void write(int line, const Line& cells) {
    REQUIRE(writer.write(std::uint64_t(line) * unsigned(columns), bytes_of(cells)) ==
            tlm::TLM_OK_RESPONSE);
  }
  Scores evaluate(const Line& query, std::uint32_t sequence = 0) {
    driver.payload.extension.tag = tag_of(5, sequence);
    REQUIRE(driver.write(0, bytes_of(query)) == tlm::TLM_OK_RESPONSE);
    return values_of<std::int32_t>(adc.writes.back().data);
  }
};

}  // namespace

TEST_CASE(
    "three cells of weight 1, 2 and 4 make a key, and bit lines add query times key, by hand") {
  Tile t({2, 3, 3, 1, 15, 1, 15});
  // Keys of three tokens: (5, 0), (-3, -7), (7, 1). One word line per dimension and cell.
  const Line lines[] = {{1, -1, 1}, {0, -1, 1}, {1, 0, 1}, {0, -1, 1}, {0, -1, 0}, {0, -1, 0}};
  for (int line = 0; line < 6; ++line) t.write(line, lines[line]);
  CHECK(t.evaluate({-15, 2}) == Scores{-75, 45 - 14, -105 + 2});
  CHECK(t.evaluate({0, 0}) == Scores{0, 0, 0});
}

TEST_CASE(
    "an evaluation adds precharge and pulse window to the delay, and takes no simulated time") {
  Tile t({1, 1, 2, 1, 15, 1, 15});
  t.driver.delay = t.clock.span(3);
  t.evaluate({7});
  CHECK(t.driver.delay == t.clock.span(19));
  CHECK(t.adc.writes[0].delay == t.clock.span(19));
  CHECK(t.adc.writes[0].time == sc_core::SC_ZERO_TIME);
  CHECK(t.adc.writes[0].tag.row == 5);
}

TEST_CASE("the row's sequence picks the bank: even and odd ones alternate between two") {
  Tile t({1, 1, 1, 2, 15, 1, 15});
  t.write(0, {1});
  t.write(1, {-1});
  CHECK(t.evaluate({9}, 0) == Scores{9});
  CHECK(t.evaluate({9}, 1) == Scores{-9});
  CHECK(t.evaluate({9}, 2) == Scores{9});
  CHECK(t.evaluate({9}, 7) == Scores{-9});
}

TEST_CASE("arrays start with zeros, and a word line written later replaces only itself") {
  Tile t({2, 2, 2, 1, 15, 1, 15});
  CHECK(t.evaluate({15, 15}) == Scores{0, 0});
  t.write(1, {1, -1});  // dimension 0, weight 2
  CHECK(t.evaluate({3, 5}) == Scores{6, -6});
  t.write(2, {1, 1});  // dimension 1, weight 1
  CHECK(t.evaluate({3, 5}) == Scores{11, -1});
  t.write(1, {0, 1});
  CHECK(t.evaluate({3, 5}) == Scores{5, 11});
}

TEST_CASE("the largest operands of the largest tile do not overflow") {
  Tile t({64, 6, 2, 1, 127, 1, 15});  // 64 * 127 * 63
  for (int line = 0; line < 64 * 6; ++line) t.write(line, {1, -1});
  CHECK(t.evaluate(Line(64, 127)) == Scores{512064, -512064});
  CHECK(t.evaluate(Line(64, -127)) == Scores{-512064, 512064});
}

TEST_CASE("random cells give the plain sum over word lines") {
  std::mt19937 random(23);
  for (int seed = 0; seed < 80; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    const int d_k = 1 + int(random() % 70), cells = 1 + int(random() % 6);
    const int columns = 1 + int(random() % 270), banks = 1 + int(random() % 2);
    const int query_max = (1 << (1 + random() % 7)) - 1;
    Tile t({d_k, cells, columns, banks, query_max, 1, 15});
    const int lines = d_k * cells;
    const Line zeros(static_cast<std::size_t>(columns));
    std::vector<Line> stored(static_cast<std::size_t>(lines * banks), zeros);
    for (int line = 0; line < lines * banks; ++line) {
      for (auto& cell : stored[std::size_t(line)])
        cell = static_cast<std::int8_t>(int(random() % 3) - 1);
      t.write(line, stored[std::size_t(line)]);
    }
    for (int repeat = 0; repeat < 4; ++repeat) {
      Line query(static_cast<std::size_t>(d_k));
      for (auto& q : query)
        q = static_cast<std::int8_t>(int(random() % unsigned(2 * query_max + 1)) - query_max);
      const unsigned sequence = random() % 10, bank = sequence % unsigned(banks);
      Scores expected(static_cast<std::size_t>(columns));
      for (int line = 0; line < lines; ++line)
        for (int j = 0; j < columns; ++j)
          expected[std::size_t(j)] +=
              (1 << line % cells) * query[std::size_t(line / cells)] *
              stored[bank * unsigned(lines) + unsigned(line)][std::size_t(j)];
      REQUIRE(t.evaluate(query, sequence) == expected);
    }
  }
}

TEST_CASE("only whole word lines that exist are written, by writes without byte enables") {
  Tile t({2, 3, 4, 2, 15, 1, 15});  // 12 word lines of 4 columns
  auto& writer = t.writer;
  Bytes line(4, 1), enables(4, 0xff);
  CHECK(writer.write(1, line) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(writer.write(12 * 4, line) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(writer.write(std::uint64_t{1} << 40, line) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(writer.read(4, line) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(writer.write(4, Bytes(3)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(writer.write(4, Bytes(8)) == tlm::TLM_BURST_ERROR_RESPONSE);
  auto& masked = writer.payload.write(line.data(), 4, 4);
  masked.set_byte_enable_ptr(enables.data());
  CHECK(writer.send(masked) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  CHECK(t.evaluate({15, 15}) == Scores{0, 0, 0, 0});  // nothing was stored
  CHECK(writer.write(11 * 4, line) == tlm::TLM_OK_RESPONSE);
  CHECK(writer.delay == sc_core::SC_ZERO_TIME);
}

TEST_CASE(
    "debug transport preloads a word line, and moves nothing where a write would be refused") {
  Tile t({1, 1, 2, 1, 15, 1, 15});
  Bytes line{1, 0xff};
  CHECK(t.writer.out->transport_dbg(t.writer.payload.write(line.data(), 2, 0)) == 2);
  CHECK(t.evaluate({4}) == Scores{4, -4});
  CHECK(t.writer.out->transport_dbg(t.writer.payload.write(line.data(), 2, 2)) == 0);
  CHECK(t.writer.out->transport_dbg(t.writer.payload.read(line.data(), 2, 0)) == 0);
}

TEST_CASE("queries of another length are refused, and a refusal by the ADC goes back") {
  Tile t({2, 1, 2, 1, 15, 1, 15});
  Bytes query(2);
  CHECK(t.driver.write(0, Bytes(1)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(t.driver.write(0, Bytes(3)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(t.driver.read(0, query) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(t.driver.delay == sc_core::SC_ZERO_TIME);
  CHECK(t.adc.writes.empty());
  t.adc.response = tlm::TLM_GENERIC_ERROR_RESPONSE;
  CHECK(t.driver.write(0, query) == tlm::TLM_GENERIC_ERROR_RESPONSE);
}

TEST_CASE(
    "a stuck cell changes the scores of its column by its weight, in its bank, and no other") {
  const Line query{5, -7, 11};
  const auto scores_of = [&](std::vector<arith::StuckCell> stuck, std::uint32_t sequence) {
    fresh_kernel();
    crossbar::KeyArray::Config config{3, 2, 5, 2, 15, 1, 15};
    config.defects = {0, std::move(stuck), {}, 77};
    Tile t(config);
    std::mt19937 random(8);
    for (int line = 0; line < 12; ++line) {
      Line cells(5);
      for (auto& cell : cells) cell = std::int8_t(int(random() % 3) - 1);
      t.write(line, cells);
    }
    return t.evaluate(query, sequence);
  };
  for (const std::uint32_t sequence : {0u, 1u}) {
    const Scores ideal = scores_of({}, sequence);
    for (int line = 0; line < 6; ++line) {
      const Scores low = scores_of({{77, 1, line, 3, -1}}, sequence);
      const Scores high = scores_of({{78, 1, line, 2, 1}, {77, 1, line, 3, 1}}, sequence);
      for (std::size_t column = 0; column < 5; ++column) {
        const bool changes = sequence == 1 && column == 3;
        const int weight = query[std::size_t(line / 2)] * (1 << line % 2);
        CHECK(high[column] - low[column] == (changes ? 2 * weight : 0));
        if (!changes) CHECK(high[column] == ideal[column]);
      }
    }
  }
}
