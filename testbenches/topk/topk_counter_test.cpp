// SPDX-License-Identifier: Apache-2.0
#include "topk/topk_counter.h"

#include <catch2/catch.hpp>
#include <random>

#include "support/fresh_kernel.h"
#include "support/ramp_walk.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
namespace reg = registers::topk;
using Codes = std::vector<std::int16_t>;

namespace {

constexpr std::int16_t off = -32768;

struct Result {
  arith::Conversion conversion;
  std::vector<arith::Winner> winners;
};

struct Counter {
  stage::Clock clock{200};
  topk::TopkCounter counter;
  Initiator adc{"adc"}, host{"host"};
  Recording latches{"latches"};
  std::vector<stage::ConversionRecord> seen;
  Observer<stage::ConversionRecord> observer{
      [this](const auto& record) { seen.push_back(record); }};

  Counter(int columns, int bits, int crossbar = 0)
      : Counter(topk::TopkCounter::Config{columns, bits, crossbar}) {}
  explicit Counter(const topk::TopkCounter::Config& config) : counter("counter", clock, config) {
    adc.out.bind(counter.codes);
    host.out.bind(counter.control);
    counter.winners.bind(latches.in);
    counter.conversions.bind(observer);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void set(std::uint32_t k, bool stop) {
    REQUIRE(host.write32(reg::k.offset, k) == tlm::TLM_OK_RESPONSE);
    REQUIRE(host.write32(reg::stop.offset, stop) == tlm::TLM_OK_RESPONSE);
  }
  Result convert(const Codes& codes, std::uint32_t row = 0) {
    adc.payload.extension.tag = tag_of(row);
    adc.delay = sc_core::SC_ZERO_TIME;
    REQUIRE(adc.write(0, bytes_of(codes)) == tlm::TLM_OK_RESPONSE);
    const Bytes& sent = latches.writes.back().data;
    Result result;
    std::memcpy(&result.conversion, sent.data(), sizeof result.conversion);
    result.winners = values_of<arith::Winner>(sent, sizeof result.conversion);
    return result;
  }
};

void check_equal(const Result& got, const arith::TopkConfig& config, const Codes& codes) {
  const Walk expected = walk_codes(config, codes);
  REQUIRE(got.winners.size() == expected.winners.size());
  for (std::size_t w = 0; w < expected.winners.size(); ++w) {
    REQUIRE(got.winners[w].column == expected.winners[w].column);
    REQUIRE(got.winners[w].code == expected.winners[w].code);
  }
  REQUIRE(got.conversion.count == static_cast<int>(expected.winners.size()));
  REQUIRE(got.conversion.steps == expected.steps);
  REQUIRE(got.conversion.cycles == expected.cycles);
}

}  // namespace

TEST_CASE("k columns are granted by falling code and rising address, at one a cycle, by hand") {
  // 3 bits. Steps 3 (nobody), 2 (columns 1 and 4), 1 (column 0 is the third): 1 + 2 + 1 cycles.
  Counter c(5, 3, 7);
  c.set(3, false);
  const Result result = c.convert({1, 2, 1, -4, 2}, 11);
  CHECK(result.conversion.steps == 3);
  CHECK(result.conversion.cycles == 4);
  REQUIRE(result.winners.size() == 3);
  CHECK(result.winners[0].column == 1);
  CHECK(result.winners[0].code == 2);
  CHECK(result.winners[1].column == 4);
  CHECK(result.winners[2].column == 0);
  CHECK(result.winners[2].code == 1);

  CHECK(c.adc.delay == c.clock.span(4));
  CHECK(c.latches.writes[0].delay == c.clock.span(4));
  CHECK(c.latches.writes[0].tag.row == 11);
  REQUIRE(c.seen.size() == 1);
  CHECK(c.seen[0].tag.row == 11);
  CHECK(c.seen[0].crossbar == 7);
  CHECK(c.seen[0].steps == 3);
  CHECK(c.seen[0].cycles == 4);
}

TEST_CASE("after reset one column is granted, and the ramp stops there") {
  Counter c(3, 5);
  const Result result = c.convert({-3, 12, 12});
  CHECK(result.conversion.cycles == 4);  // codes 15, 14, 13, 12
  REQUIRE(result.winners.size() == 1);
  CHECK(result.winners[0].column == 1);
}

TEST_CASE("without participants the ramp runs to its end, or not at all when told to stop") {
  Counter c(4, 5);
  c.set(2, false);
  const Codes codes(4, off);
  Result result = c.convert(codes);
  CHECK(result.winners.empty());
  CHECK(result.conversion.cycles == 32);
  CHECK(c.adc.delay == c.clock.span(32));
  c.set(2, true);
  result = c.convert(codes);
  CHECK(result.winners.empty());
  CHECK(result.conversion.steps == 0);
  CHECK(c.adc.delay == sc_core::SC_ZERO_TIME);
}

TEST_CASE("a limit of zero grants as one does") {
  Counter c(2, 3);
  c.set(0, false);
  CHECK(c.convert({3, 3}).winners.size() == 1);
}

TEST_CASE("the conversion's cycles are added to the delay that comes in") {
  Counter c(2, 3);
  c.adc.payload.extension.tag = tag_of(0);
  c.adc.delay = c.clock.span(16);
  c.adc.write(0, bytes_of(Codes{0, 1}));  // codes 3, 2, 1
  CHECK(c.adc.delay == c.clock.span(16 + 3));
}

TEST_CASE("lanes, cycles of a step and of a start, by hand") {
  Counter c({5, 3, 0, config::Fidelity::row, 2, 3, 10});
  c.set(3, false);
  // Steps 3 (nobody), 2 (columns 1 and 4 in one cycle), 1 (column 0 is the third).
  const Result result = c.convert({1, 2, 1, -4, 2});
  CHECK(result.conversion.steps == 3);
  CHECK(result.conversion.cycles == 10 + 3 * (3 + 1));
  CHECK(c.adc.delay == c.clock.span(22));
  CHECK(result.winners.size() == 3);
  c.set(3, true);
  CHECK(c.convert(Codes(5, off)).conversion.cycles == 0);
}

TEST_CASE("row by row the counter does what the circuit does clock by clock") {
  std::mt19937 random(11);
  for (int machine = 0; machine < 60; ++machine) {
    fresh_kernel();
    const int bits = 1 + int(random() % 7), columns = 1 + int(random() % 280);
    const int half = 1 << (bits - 1);
    const int lanes = random() % 2 ? 1 : 1 + int(random() % 6);
    const int step = random() % 2 ? 0 : int(random() % 9);
    const int start = random() % 2 ? 0 : int(random() % 30);
    Counter c({columns, bits, 0, config::Fidelity::row, lanes, step, start});
    for (std::uint32_t row = 0; row < 20; ++row) {
      CAPTURE(machine, row);
      arith::TopkConfig config{
          bits, 1 + int(random() % (row % 4 ? 8 : 300)), random() % 2 == 1, lanes, step, start};
      const int participants = random() % 2 ? columns : int(random() % unsigned(columns + 1));
      const int spread = 1 + int(random() % unsigned(2 * half));  // a small one makes ties
      Codes codes(std::size_t(columns), off);
      for (int j = 0; j < participants; ++j)
        codes[std::size_t(j)] =
            static_cast<std::int16_t>(half - 1 - int(random() % unsigned(spread)));
      c.set(std::uint32_t(config.k), config.stop_when_exhausted);
      const Result result = c.convert(codes, row);
      check_equal(result, config, codes);
      REQUIRE(c.adc.delay == c.clock.span(result.conversion.cycles));
      REQUIRE(c.seen.back().steps == result.conversion.steps);
    }
  }
}

TEST_CASE("a refusal by the union goes back to the sender, and malformed rows are refused") {
  Counter c(2, 3);
  c.latches.response = tlm::TLM_BURST_ERROR_RESPONSE;
  Bytes row(4);
  CHECK(c.adc.write(0, row) == tlm::TLM_BURST_ERROR_RESPONSE);
  c.latches.writes.clear();
  CHECK(c.adc.read(0, row) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(c.adc.write(0, Bytes(6)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(c.host.write32(0x0c, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(c.latches.writes.empty());
}

TEST_CASE("a row of fewer codes than columns is refused") {
  stage::Clock clock(200);
  topk::TopkCounter counter("counter", clock, {4, 5, 0});
  Initiator codes{"codes"}, host{"host"};
  Recording next{"next"};
  codes.out.bind(counter.codes);
  host.out.bind(counter.control);
  counter.winners.bind(next.in);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(codes.write(0, Bytes(4)) == tlm::TLM_BURST_ERROR_RESPONSE);
}
