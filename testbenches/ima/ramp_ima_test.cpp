// SPDX-License-Identifier: Apache-2.0
#include "ima/ramp_ima.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "ima/mask_unit.h"
#include "support/columns.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
namespace reg = registers::mask;
using Codes = std::vector<std::int16_t>;

namespace {

constexpr std::int16_t off = -32768;

struct Adc {
  ima::RampIma ima;
  ima::MaskUnit mask;
  Initiator scores{"scores"}, host{"host"}, mask_host{"mask_host"};
  Recording counter{"counter"};

  /// The first crossbars of a sequence have as many columns as this one.
  Adc(const ima::RampIma::Config& config, int tokens)
      : ima("ima", config),
        mask("mask", arith::ColumnMap::blocked(
                         std::vector<int>(std::size_t(tokens / config.columns + 1), config.columns),
                         tokens)) {
    scores.out.bind(ima.scores);
    host.out.bind(ima.control);
    ima.mask.bind(mask);
    mask_host.out.bind(mask.control);
    ima.codes.bind(counter.in);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void set_lsb(std::uint32_t value) {
    REQUIRE(host.write32(registers::ima::ramp_lsb.offset, value) == tlm::TLM_OK_RESPONSE);
  }
  void set(const registers::Register& r, std::uint32_t value) {
    REQUIRE(mask_host.write32(r.offset, value) == tlm::TLM_OK_RESPONSE);
  }
  Codes convert(const std::vector<std::int32_t>& values, std::uint32_t row = 0) {
    scores.payload.extension.tag = tag_of(row);
    const Bytes bytes = bytes_of(values);
    REQUIRE(scores.write(0, bytes) == tlm::TLM_OK_RESPONSE);
    return values_of<std::int16_t>(counter.writes.back().data);
  }
  /// The columns that took part in `row`; all others are off.
  arith::Interval part(std::uint32_t row, int columns) {
    const Codes codes = convert(std::vector<std::int32_t>(std::size_t(columns), 0), row);
    const arith::Interval on = arith::columns_on(codes.data(), columns);
    CHECK(std::count(codes.begin(), codes.end(), off) == columns - on.size());
    return on;
  }
  /// How many columns, from column 0 on, took part.
  int enabled(std::uint32_t row, int columns) {
    const arith::Interval on = part(row, columns);
    CHECK(on.first == 0);
    return on.end;
  }
};

}  // namespace

TEST_CASE("scores become codes: round half up in steps of the ramp, saturating, by hand") {
  // 3 bits, step 4: code = floor((2 s + 4) / 8) within -4..3.
  Adc adc({9, 0, 3}, 9);
  adc.set_lsb(4);
  CHECK(adc.convert({-14, -2, -3, 2, 1, 6, 5, 100, -100}) == Codes{-3, 0, -1, 1, 0, 2, 1, 3, -4});
}

TEST_CASE("the conversion's time is left to the counter: no delay is added, the tag goes on") {
  Adc adc({2, 0, 5}, 2);
  adc.scores.delay = sc_core::sc_time(80, sc_core::SC_NS);
  adc.convert({1, 2}, 17);
  CHECK(adc.scores.delay == sc_core::sc_time(80, sc_core::SC_NS));
  CHECK(adc.counter.writes[0].delay == sc_core::sc_time(80, sc_core::SC_NS));
  CHECK(adc.counter.writes[0].tag.row == 17);
  CHECK(adc.counter.writes[0].tag.id == 17);
}

TEST_CASE("codes follow the formula for random scores, steps and widths") {
  std::mt19937 random(3);
  for (int seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    const int columns = 1 + int(random() % 300), bits = 1 + int(random() % 12);
    const std::uint32_t lsb = 1 + random() % (seed % 3 ? 400 : (1u << 24) - 1);
    Adc adc({columns, 0, bits}, columns);
    adc.set_lsb(lsb);
    std::vector<std::int32_t> scores(static_cast<std::size_t>(columns));
    for (auto& score : scores) score = static_cast<std::int32_t>(random() % 13441) - 6720;
    const Codes codes = adc.convert(scores);
    for (std::size_t j = 0; j < scores.size(); ++j) {
      const double rounded = std::floor((2.0 * scores[j] + lsb) / (2.0 * lsb));
      const double half = std::exp2(bits - 1);
      REQUIRE(codes[j] == std::min(std::max(rounded, -half), half - 1));
    }
  }
}

TEST_CASE("all columns of the sequence take part after reset") {
  Adc adc({8, 0, 5}, 8);
  CHECK(adc.enabled(0, 8) == 8);
  CHECK(adc.enabled(1000, 8) == 8);
}

TEST_CASE("columns beyond the sequence are off") {
  Adc adc({8, 2, 5}, 21);  // columns 16..23 of 21 tokens
  CHECK(adc.enabled(0, 8) == 5);
}

TEST_CASE("padding is off: columns at or beyond the valid tokens, counted from the first column") {
  Adc adc({8, 2, 5}, 24);
  for (const auto& [valid, enabled] :
       {std::pair{0, 0}, {10, 0}, {16, 0}, {17, 1}, {23, 7}, {24, 8}, {500, 8}}) {
    CAPTURE(valid);
    adc.set(reg::valid_tokens, std::uint32_t(valid));
    CHECK(adc.enabled(3, 8) == enabled);
  }
}

TEST_CASE("a causal row sees the columns up to its position") {
  Adc adc({8, 2, 5}, 24);
  adc.set(reg::causal, 1);
  CHECK(adc.enabled(0, 8) == 0);
  CHECK(adc.enabled(15, 8) == 0);
  CHECK(adc.enabled(16, 8) == 1);
  CHECK(adc.enabled(22, 8) == 7);
  CHECK(adc.enabled(100, 8) == 8);
  adc.set(reg::causal, 2);  // bit 0 alone counts
  CHECK(adc.enabled(0, 8) == 8);
}

TEST_CASE("first_row is the position of row 0 for the causal mask alone") {
  Adc adc({8, 0, 5}, 8);
  adc.set(reg::first_row, 3);
  CHECK(adc.enabled(0, 8) == 8);
  adc.set(reg::causal, 1);
  CHECK(adc.enabled(0, 8) == 4);
  CHECK(adc.enabled(2, 8) == 6);
  adc.set(reg::first_row, 0xffffffff);
  CHECK(adc.enabled(0xffffffff, 8) == 8);  // the sum does not wrap
}

TEST_CASE("padding and causal mask together: the narrower one counts") {
  Adc adc({8, 0, 5}, 8);
  adc.set(reg::causal, 1);
  adc.set(reg::valid_tokens, 5);
  CHECK(adc.enabled(2, 8) == 3);
  CHECK(adc.enabled(7, 8) == 5);
}

TEST_CASE("padding before a sequence, windows and segments leave columns in the middle") {
  Adc adc({8, 2, 5}, 30);
  adc.set(reg::first_valid, 18);
  CHECK(adc.part(0, 8) == arith::Interval{2, 8});
  adc.set(reg::valid_tokens, 20);
  CHECK(adc.part(0, 8) == arith::Interval{2, 4});
  adc.set(reg::valid_tokens, 30);
  adc.set(reg::first_valid, 0);
  adc.set(reg::window, 3);
  CHECK(adc.part(20, 8) == arith::Interval{2, 7});
  CHECK(adc.part(40, 8).size() == 0);
  adc.set(reg::window, 0xffffffff);
  CHECK(adc.part(20, 8) == arith::Interval{0, 8});
  adc.set(reg::segments, 3);
  for (std::uint32_t i = 0; i < 3; ++i)
    REQUIRE(adc.mask_host.write32(reg::segment_end.offset + 4 * i, 15 + 3 * i) ==
            tlm::TLM_OK_RESPONSE);
  CHECK(adc.part(16, 8) == arith::Interval{0, 2});
  CHECK(adc.part(18, 8) == arith::Interval{2, 5});
  CHECK(adc.part(21, 8).size() == 0);
}

TEST_CASE("sequences take their entries of the mask unit in turn") {
  Adc adc({8, 0, 5}, 8);
  for (std::uint32_t i = 0; i < 2; ++i)
    REQUIRE(adc.mask_host.write32(reg::valid_tokens.offset + 4 * i, 3 + i) == tlm::TLM_OK_RESPONSE);
  adc.set(reg::sequences, 2);
  stage::RowTag row;
  for (row.sequence = 0; row.sequence < 5; ++row.sequence)
    CHECK(adc.ima.enabled_columns(row).size() == 3 + int(row.sequence % 2));
}

TEST_CASE("a ramp step of zero acts as one, and the largest step is 2^24 - 1") {
  Adc adc({2, 0, 5}, 2);
  adc.set_lsb(0);
  CHECK(adc.convert({7, -9}) == Codes{7, -9});
  adc.set_lsb(0xffffffff);
  const std::int32_t half_step = 1 << 23;  // just above half of 2^24 - 1
  CHECK(adc.convert({half_step, half_step - 1}) == Codes{1, 0});
}

TEST_CASE("a refusal by the counter goes back to the sender") {
  Adc adc({2, 0, 5}, 2);
  adc.counter.response = tlm::TLM_BURST_ERROR_RESPONSE;
  CHECK(adc.scores.write(0, Bytes(8)) == tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_CASE("malformed rows and registers are refused, and nothing is converted") {
  Adc adc({2, 0, 5}, 2);
  Bytes row(8);
  CHECK(adc.scores.read(0, row) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(adc.scores.write(0, Bytes(12)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(adc.scores.send(adc.scores.payload.write(row.data(), 0)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(adc.host.write32(0x10, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(adc.host.write(0x00, Bytes(8)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(adc.counter.writes.empty());
}

TEST_CASE("a row of fewer scores than columns is refused") {
  ima::RampIma ima("ima", {4, 0, 5});
  ima::MaskUnit mask("mask", blocked({4}));
  Initiator scores{"scores"}, host{"host"}, mask_host{"mask_host"};
  Recording counter{"counter"};
  scores.out.bind(ima.scores);
  host.out.bind(ima.control);
  ima.mask.bind(mask);
  mask_host.out.bind(mask.control);
  ima.codes.bind(counter.in);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(scores.write(0, Bytes(8)) == tlm::TLM_BURST_ERROR_RESPONSE);
}
