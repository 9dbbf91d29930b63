// SPDX-License-Identifier: Apache-2.0
#include "crossbar/av_array.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <random>

#include "support/both_fidelities.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using Cycles = std::vector<std::int64_t>;
using Outputs = std::vector<std::int32_t>;

namespace {

struct Tile {
  const stage::Fidelity fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source{"source", context};
  Initiator writer{"writer"};
  crossbar::AvArray tile;
  RowSink sink{"sink", context};
  Recording finished{"finished"};
  std::vector<Outputs> seen;
  Observer<stage::OutputRecord> observer{[this](const auto& record) {
    seen.emplace_back(record.values, record.values + record.count);
  }};
  int d_k;

  explicit Tile(const crossbar::AvArray::Config& config)
      : tile("tile", context, "head0.av", at_fidelity(config, fidelity)), d_k(config.arrays.d_k) {
    source.out.bind(tile.in);
    writer.out.bind(tile.program);
    tile.out.bind(sink.in);
    tile.finished.bind(finished.in);
    tile.outputs.bind(observer);
  }
  /// Before the simulation, from a callback.
  void write(int line, const std::vector<std::int8_t>& values) {
    CHECK(writer.write(std::uint64_t(line) * unsigned(d_k), bytes_of(values)) ==
          tlm::TLM_OK_RESPONSE);
  }
  Outputs output(std::size_t row) const { return values_of<std::int32_t>(sink.rows.at(row).data); }
};

/// Two dimensions, arrays of two token rows, three tokens.
crossbar::AvArray::Config small(int banks = 1) {
  return {{2, 4, 2, 5, 3, 31}, 3, banks, 3, 1, 2, 2};
}

}  // namespace

TEST_CASE("winners' rows are weighted per array and slice, read by the ramp, shifted and added") {
  Tile t(small());
  t.writer.at_start = [&] {
    t.write(0, {5, -3});
    t.write(1, {15, 1});
    t.write(2, {-8, 7});
  };
  t.source.add(entry_row({{0, 20}, {2, 11}}));
  sc_core::sc_start();
  // Array 0 (token 0, P 20): 20 reads as code 7, -20 as -7. 5 has bits 0 and 2, -3 bits 0 and 1:
  // 3 * 7 * (1 + 4) = 105 and -3 * 7 * (1 + 2) = -63. Array 1 (token 2, P 11): 11 reads as 4, -11
  // as -4. -8 has bit 3, 7 bits 0 to 2: -3 * 4 * 8 = -96 and 3 * 4 * 7 = 84.
  CHECK(t.output(0) == Outputs{105 - 96, -63 + 84});
  CHECK(t.seen == std::vector<Outputs>{{9, 21}});
  CHECK(t.sink.cycles() == Cycles{66});
}

TEST_CASE("winners of one array add before they are read, and the ramp saturates") {
  Tile t(small());
  t.writer.at_start = [&] {
    t.write(0, {1, -1});
    t.write(1, {1, -1});
  };
  t.source.add(entry_row({{0, 1}}));            // 1 / 3 rounds to 0
  t.source.add(entry_row({{0, 1}, {1, 1}}));    // 2 / 3 rounds to 1
  t.source.add(entry_row({{0, 31}, {1, 31}}));  // 62 / 3 is beyond 15 and -16
  sc_core::sc_start();
  CHECK(t.output(0) == Outputs{0, 0});
  CHECK(t.output(1) == Outputs{3, -3});
  CHECK(t.output(2) == Outputs{45, -48});
}

TEST_CASE("a row without winners gives zeros in no cycle and stays in order") {
  Tile t(small());
  t.writer.at_start = [&] { t.write(0, {15, 15}); };
  t.source.add(entry_row({{0, 31}}));
  t.source.add(entry_row({}));
  t.source.add(entry_row({{0, 31}}));
  sc_core::sc_start();
  CHECK(t.sink.cycles() == Cycles{66, 66, 132});
  CHECK(t.output(1) == Outputs{0, 0});
  CHECK(t.output(2) == t.output(0));
}

namespace {

/// Adds nothing up, in 7 cycles: the first value is the number of its row, the second 4.
struct Numbering : stage::RowCircuit, stage::ServiceObserver {
  explicit Numbering(const stage::Clock& of) : clock(of) {}
  void serve(const stage::RowTag& row, const Bytes& codes, Bytes& values) override {
    given.push_back(values_of<std::int16_t>(codes));
    clock.spend(7);
    values = bytes_of<std::int32_t>({std::int32_t(row.row), 4});
  }
  void taken(const stage::RowTag& row) override { leaves.push_back({row.row, clock.now()}); }
  void begun(const stage::RowTag& row, const Bytes&) override { told.push_back(row.row); }

  const stage::Clock& clock;
  std::vector<std::vector<std::int16_t>> given;
  std::vector<std::pair<std::uint32_t, std::int64_t>> leaves;  // in circuit and observer
  std::vector<std::uint32_t> told;
};

}  // namespace

TEST_CASE("at cycle fidelity a circuit may shift and add the codes of all arrays") {
  Tile t(small());
  Numbering circuit(t.context.clock);
  t.tile.shift_add.replace(circuit);
  t.tile.shift_add.observe(circuit);
  t.writer.at_start = [&] { t.write(2, {-8, 7}); };
  t.sink.hold = [](std::size_t row) { return row == 0 ? 10 : 0; };
  t.source.add(entry_row({{2, 11}}));
  t.source.add(entry_row({}));
  t.source.add(entry_row({{2, 31}}));
  sc_core::sc_start();
  if (t.fidelity == stage::Fidelity::row) {
    CHECK(circuit.told.empty());
    CHECK(t.output(0) == Outputs{-96, 84});
    return;
  }
  // Two arrays of four slices of two columns; the winner is in the second. 11 reads as 4.
  CHECK(circuit.given.at(0) ==
        std::vector<std::int16_t>{0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 4, 0, 4, -4, 0});
  CHECK(circuit.told == std::vector<std::uint32_t>{0, 2});
  CHECK(t.seen == std::vector<Outputs>{{0, 4}, {0, 0}, {2, 4}});
  CHECK(t.sink.cycles() == Cycles{71, 81, 152});
  // Told twice, as a circuit and as an observer; the row without winners did not come.
  using Left = std::pair<std::uint32_t, std::int64_t>;
  CHECK(circuit.leaves == std::vector<Left>{{0, 81}, {0, 81}, {2, 152}, {2, 152}});
}

TEST_CASE("the row's sequence picks the bank") {
  Tile t(small(2));
  t.writer.at_start = [&] {
    t.write(1, {1, 2});
    t.write(3 + 1, {-1, 4});
  };
  for (const std::uint32_t sequence : {0, 1, 2, 5})
    t.source.add(0, tag_of(0, sequence), entry_row({{1, 30}}));
  sc_core::sc_start();
  CHECK(t.output(0) == Outputs{30, 60});
  CHECK(t.output(1) == Outputs{-30, 120});
  CHECK(t.output(2) == t.output(0));
  CHECK(t.output(3) == t.output(1));
}

TEST_CASE("when a row has been taken its number is written to the head's address") {
  Tile t(small());
  t.sink.hold = [](std::size_t) { return 10; };
  t.source.add(0, tag_of(7, 0, 3), entry_row({{0, 1}}));
  t.source.add(0, tag_of(8, 0, 3), entry_row({}));
  sc_core::sc_start();
  REQUIRE(t.finished.writes.size() == 2);
  CHECK(t.finished.writes[0].time == t.context.clock.span(76));
  CHECK(t.finished.writes[0].address == 3);
  CHECK(values_of<std::uint32_t>(t.finished.writes[0].data) == std::vector<std::uint32_t>{7});
  CHECK(t.finished.writes[1].time == t.context.clock.span(86));
  CHECK(values_of<std::uint32_t>(t.finished.writes[1].data) == std::vector<std::uint32_t>{8});
}

TEST_CASE("random values and probabilities follow the plain formula") {
  std::mt19937 random(31);
  for (int seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    const int d_k = 1 + int(random() % 40), slices = 1 + int(random() % 7);
    const int array_rows = 1 + int(random() % 20), bits = 1 + int(random() % 8);
    const int lsb = 1 + int(random() % 6), tokens = 1 + int(random() % 50);
    const int weight_max = 31, most = std::min(tokens, 8), v_max = (1 << slices) - 1;
    Tile t({{d_k, slices, array_rows, bits, lsb, weight_max}, tokens, 1, most, 1, 2, 2});
    const std::vector<std::int8_t> zeros(static_cast<std::size_t>(d_k));
    std::vector<std::vector<std::int8_t>> v(static_cast<std::size_t>(tokens), zeros);
    for (auto& row : v)
      for (auto& value : row)
        value = static_cast<std::int8_t>(int(random() % unsigned(2 * v_max + 1)) - v_max);
    t.writer.at_start = [&] {
      for (int token = 0; token < tokens; ++token) t.write(token, v[std::size_t(token)]);
    };
    std::vector<std::vector<stage::TokenCode>> rows(8);
    for (auto& row : rows) {
      for (unsigned w = 0, n = random() % unsigned(most + 1); w < n; ++w)
        row.push_back({int(random() % unsigned(tokens)), int(random() % unsigned(weight_max + 1))});
      t.source.add(entry_row(row));
    }
    sc_core::sc_start();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      Outputs expected(static_cast<std::size_t>(d_k));
      for (int i = 0; i < d_k; ++i)
        for (int first = 0; first < tokens; first += array_rows)
          for (int b = 0; b < slices; ++b) {
            int sum = 0;
            for (const auto& weight : rows[r]) {
              if (weight.token < first || weight.token >= first + array_rows) continue;
              const int value = v[std::size_t(weight.token)][std::size_t(i)];
              sum += weight.code * ((std::abs(value) >> b & 1) ? (value < 0 ? -1 : 1) : 0);
            }
            const double half = std::exp2(bits - 1);
            const double code = std::floor((2.0 * sum + lsb) / (2.0 * lsb));
            expected[std::size_t(i)] +=
                (1 << b) * lsb * int(std::min(std::max(code, -half), half - 1));
          }
      REQUIRE(t.output(r) == expected);
    }
  }
}

TEST_CASE("only whole token rows that exist are written, by writes without byte enables") {
  Tile t(small(2));
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  auto& writer = t.writer;
  Bytes row(2, 1), enables(2, 0xff);
  CHECK(writer.write(1, row) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(writer.write(6 * 2, row) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(writer.read(0, row) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(writer.write(0, Bytes(1)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(writer.write(0, Bytes(4)) == tlm::TLM_BURST_ERROR_RESPONSE);
  auto& masked = writer.payload.write(row.data(), 2, 0);
  masked.set_byte_enable_ptr(enables.data());
  CHECK(writer.send(masked) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  CHECK(writer.write(5 * 2, row) == tlm::TLM_OK_RESPONSE);
  CHECK(writer.out->transport_dbg(writer.payload.write(row.data(), 2, 4)) == 2);
  CHECK(writer.out->transport_dbg(writer.payload.read(row.data(), 2, 4)) == 0);
  CHECK(writer.out->transport_dbg(writer.payload.write(row.data(), 2, 12)) == 0);
  CHECK(writer.delay == sc_core::SC_ZERO_TIME);
}

TEST_CASE("rows of more winners than the tile was made for are refused") {
  Tile t(small());
  t.source.add(entry_row({{0, 1}, {1, 1}, {2, 1}, {0, 1}}));
  CHECK_THROWS_WITH(sc_core::sc_start(),
                    Catch::Contains("source") && Catch::Contains("TLM_BURST_ERROR_RESPONSE"));
}

TEST_CASE("a stuck V cell weighs in its column and bank when its row is driven, and nowhere else") {
  auto config = small(2);
  // Token 1's second slice of dimension 0 in bank 1, at 1; its digit would be -1.
  config.arrays.cells = {0, {{40, 1, 1, 2, 1}}, {}, 40};
  Tile t(config);
  t.writer.at_start = [&] {
    for (const int bank : {0, 3})
      for (const int token : {0, 1, 2}) t.write(bank + token, {-2, 3});
  };
  for (const std::uint32_t sequence : {0, 1}) {
    t.source.add(0, tag_of(0, sequence), entry_row({{1, 30}}));
    t.source.add(0, tag_of(1, sequence), entry_row({{0, 30}, {2, 30}}));
  }
  sc_core::sc_start();
  CHECK(t.output(0) == Outputs{-60, 90});
  CHECK(t.output(1) == Outputs{-120, 180});
  CHECK(t.output(2) == Outputs{60, 90});
  CHECK(t.output(3) == Outputs{-120, 180});
}
