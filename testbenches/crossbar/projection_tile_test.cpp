// SPDX-License-Identifier: Apache-2.0
#include "crossbar/projection_tile.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "support/both_fidelities.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using Cycles = std::vector<std::int64_t>;
using Row = std::vector<std::int8_t>;
using Words = std::vector<std::uint32_t>;

namespace {

constexpr auto calibration = registers::calibration_offset, results = registers::result_offset,
               ahead = registers::ahead_offset;

struct Tile {
  const stage::Fidelity fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source{"source", context};
  crossbar::ProjectionTile tile;
  RowSink sink{"sink", context};
  Initiator loader{"loader"}, host{"host"};

  explicit Tile(const crossbar::ProjectionTile::Config& config)
      : tile("tile", context, "head0.fold", stage::kinds::fold, at_fidelity(config, fidelity)) {
    source.out.bind(tile.in);
    loader.out.bind(tile.program);
    host.out.bind(tile.control);
    tile.out.bind(sink.in);
  }
  /// Both before the simulation, from a callback; the bytes that were moved.
  unsigned load(std::uint64_t address, const Row& bytes) {
    return loader.out->transport_dbg(loader.payload.write(bytes.data(), bytes.size(), address));
  }
  Row unload(std::uint64_t address, std::size_t bytes) {
    Row data(bytes);
    data.resize(loader.out->transport_dbg(loader.payload.read(data.data(), bytes, address)));
    return data;
  }
  void set_maxima(const Words& maxima) {
    CHECK(host.write(0, bytes_of(maxima)) == tlm::TLM_OK_RESPONSE);
  }
  Words maxima(std::size_t heads) {
    Bytes bytes(4 * heads);
    CHECK(host.read(0, bytes) == tlm::TLM_OK_RESPONSE);
    return values_of<std::uint32_t>(bytes);
  }
  Row output(std::size_t row) const { return values_of<std::int8_t>(sink.rows.at(row).data); }
};

crossbar::ProjectionTile::Config tile_config(int heads, int d_k) {
  return {{}, heads * d_k, heads, d_k, 0, 15, 1, 8, 2, 2};
}

const Row weights{1, 2, 3, -4};  // [inputs, outputs]

}  // namespace

TEST_CASE("a row times the weights is requantised to each head's maximum, by hand") {
  Tile t(tile_config(2, 1));
  t.host.at_start = [&] {
    CHECK(t.load(0, weights) == 4);
    t.set_maxima({10, 40});
  };
  t.source.add(bytes_of(Row{10, -5}));  // accumulators 10 - 15 = -5 and 20 + 20 = 40
  t.source.add(bytes_of(Row{127, 0}));  // 127 and 254 are beyond the maxima
  sc_core::sc_start();
  CHECK(t.output(0) == Row{-7, 15});  // -7.5 rounds up
  CHECK(t.output(1) == Row{15, 15});
}

TEST_CASE("each row takes its cycles, one at a time") {
  Tile t(tile_config(2, 1));
  t.host.at_start = [&] { t.load(0, weights); };
  for (int r = 0; r < 5; ++r) t.source.add(bytes_of(Row{1, 1}));
  sc_core::sc_start();
  CHECK(t.sink.cycles() == Cycles{74, 148, 222, 296, 370});
  CHECK(t.source.returned == Cycles{0, 0, 0, 74, 148});
  const auto& account = t.context.ledger.accounts()[std::size_t(t.tile.id())];
  CHECK(account.name == "head0.fold");
  CHECK(account.kind == "fold");
  CHECK(account.busy == 370);
}

TEST_CASE("a calibration pass sets each head's maximum and keeps the projected rows, by hand") {
  Tile t(tile_config(2, 1));
  t.host.at_start = [&] {
    CHECK(t.load(0, weights) == 4);
    CHECK(t.load(calibration, {10, -5, 1, 1}) == 4);  // accumulators (-5, 40) and (4, -2)
    CHECK(t.maxima(2) == Words{5, 40});
    CHECK(t.unload(results, 4) == Row{-15, 15, 12, -1});  // 120 / 10 = 12, -0.75 rounds to -1
    CHECK(t.unload(results + 2, 2) == Row{12, -1});
    CHECK(t.unload(results + 2, 3).empty());
  };
  t.source.add(bytes_of(Row{10, -5}));
  t.source.add(bytes_of(Row{1, 1}));
  t.source.add(0, tag_of(1), bytes_of(Row{1, 0}));  // not the row that was calibrated: (1, 2)
  t.source.add(bytes_of(Row{0, 1}));                // beyond the calibration: (3, -4)
  sc_core::sc_start();
  CHECK(t.output(0) == Row{-15, 15});
  CHECK(t.output(1) == Row{12, -1});
  CHECK(t.output(2) == Row{3, 1});   // 15 / 5; 30 / 40 rounds to 1
  CHECK(t.output(3) == Row{9, -1});  // 45 / 5; -1.5 rounds up
}

TEST_CASE(
    "weights that are wider than high: a query of two values becomes a row of three, by hand") {
  auto c = tile_config(1, 3);
  c.inputs = 2;
  c.arrays.input_bits = 5;
  c.registers = "fold";
  Tile t(c);
  t.host.at_start = [&] {
    CHECK(t.load(0, {1, 2, 3, -4, 0, 5}) == 6);
    CHECK(t.load(calibration, {1, -2, 15, 15}) == 4);  // (9, 2, -7) and (-45, 30, 120)
    CHECK(t.maxima(1) == Words{120});
    CHECK(t.unload(results, 6) == Row{1, 0, -1, -6, 4, 15});  // 1.125, 0.25, -0.875; -5.625, 3.75
    CHECK(t.host.write32(4, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);  // one head, one maximum
  };
  t.source.add(bytes_of(Row{1, -2}));
  t.source.add(bytes_of(Row{15, 15}));
  t.source.add(bytes_of(Row{-15, 14}));  // (-71, -30, 25): not calibrated
  sc_core::sc_start();
  CHECK(t.output(0) == Row{1, 0, -1});
  CHECK(t.output(1) == Row{-6, 4, 15});
  CHECK(t.output(2) == Row{-9, -4, 3});  // -8.875, -3.75, 3.125
  // Five input bits of 1 + 8 cycles, and 2.
  CHECK(t.sink.cycles() == Cycles{47, 94, 141});
}

TEST_CASE("a maximum written after calibration holds for the calibrated rows too") {
  Tile t(tile_config(2, 1));
  t.host.at_start = [&] {
    t.load(0, weights);
    t.load(calibration, {10, -5});
    t.set_maxima({75});
  };
  t.source.add(bytes_of(Row{10, -5}));
  sc_core::sc_start();
  CHECK(t.output(0) == Row{-1, 15});  // -5 * 15 / 75
}

TEST_CASE("rows projected ahead leave MAXIMUM alone, and come out as they would without") {
  Tile t(tile_config(2, 1));
  t.host.at_start = [&] {
    CHECK(t.load(ahead, {1, 2}) == 0);  // no weights yet
    t.load(0, weights);
    t.set_maxima({10, 40});
    CHECK(t.load(ahead, {1, 2, 3}) == 0);       // not whole rows
    CHECK(t.load(ahead, {10, -5, 1, 0}) == 4);  // accumulators (-5, 40) and (1, 2)
    CHECK(t.maxima(2) == Words{10, 40});
    CHECK(t.unload(results, 4) == Row{-7, 15, 2, 1});  // -7.5 and 1.5 round up, 0.75 to 1
  };
  t.source.add(bytes_of(Row{10, -5}));
  t.source.add(bytes_of(Row{1, 1}));  // not what was expected: (4, -2)
  sc_core::sc_start();
  CHECK(t.output(0) == Row{-7, 15});
  CHECK(t.output(1) == Row{6, -1});  // -0.75 rounds to -1
  CHECK(t.sink.cycles() == Cycles{74, 148});
}

TEST_CASE("a maximum written after rows were projected ahead holds for them too") {
  Tile t(tile_config(2, 1));
  t.host.at_start = [&] {
    t.load(0, weights);
    t.set_maxima({10, 40});
    t.load(ahead, {10, -5});
    t.set_maxima({75});
  };
  t.source.add(bytes_of(Row{10, -5}));
  sc_core::sc_start();
  CHECK(t.output(0) == Row{-1, 15});
}

TEST_CASE("sequences with rows of their own, and with the same, each come out as projected") {
  for (const int rows_per_sequence : {0, 2}) {
    fresh_kernel();
    auto c = tile_config(2, 1);
    c.rows_per_sequence = rows_per_sequence;
    Tile t(c);
    const std::vector<Row> rows{{10, -5}, {1, 0}, {3, 3}, {-7, 2}};
    t.host.at_start = [&] {
      t.load(0, weights);
      t.set_maxima({40, 40});
      Row all;
      for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
      CHECK(t.load(ahead, all) == 8);
    };
    for (std::uint32_t r = 0; r < 4; ++r) t.source.add(0, tag_of(r % 2, r / 2), bytes_of(rows[r]));
    sc_core::sc_start();
    // (-5, 40), (1, 2), (12, -6), (-1, -22), times 15 / 40
    const std::vector<Row> expected{{-2, 15}, {0, 1}, {5, -2}, {0, -8}};
    for (std::size_t r = 0; r < 4; ++r) CHECK(t.output(r) == expected[r]);
  }
}

TEST_CASE("a calibration of zeros, and a maximum of zero, act as one") {
  Tile t(tile_config(2, 1));
  t.host.at_start = [&] {
    t.load(0, weights);
    t.load(calibration, {0, 0});
    CHECK(t.maxima(2) == Words{1, 1});
    t.set_maxima({0, 0});
  };
  t.source.add(bytes_of(Row{1, 0}));
  sc_core::sc_start();
  CHECK(t.output(0) == Row{15, 15});
}

TEST_CASE("random projections follow the plain formula, with ADCs that lose bits and without") {
  std::mt19937 random(41);
  for (int seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    const int heads = 1 + int(random() % 3), d_k = 1 + int(random() % 9), width = heads * d_k;
    const int inputs = 1 + int(random() % 20), bits = 2 + int(random() % 7);
    auto c = tile_config(heads, d_k);
    c.inputs = inputs;
    c.arrays.input_bits = bits;
    c.q_max = (1 << (1 + random() % 7)) - 1;
    const int array_rows = 1 + int(random() % 12), cell_bits = 1 << random() % 3;
    int full_bits = 0;
    while ((1 << full_bits) <= array_rows * ((1 << cell_bits) - 1)) ++full_bits;
    const int adc_bits =
        seed % 2 && full_bits > 1 ? 1 + int(random() % unsigned(full_bits - 1)) : 0;
    c.arrays.array_rows = array_rows;
    c.arrays.cell_bits = cell_bits;
    c.arrays.adc_bits = adc_bits;
    const int full_scale = array_rows * ((1 << cell_bits) - 1);
    const int step = adc_bits == 0 ? 1 : (full_scale + (1 << adc_bits) - 1) >> adc_bits;
    const auto number = [&](int most) {
      return static_cast<std::int8_t>(int(random() % unsigned(2 * most + 1)) - most);
    };
    Row w(static_cast<std::size_t>(inputs * width));
    for (auto& value : w) value = number(127);
    std::vector<Row> x(4, Row(static_cast<std::size_t>(inputs)));
    for (auto& row : x)
      for (auto& value : row) value = number((1 << (bits - 1)) - 1);
    Words maxima(static_cast<std::size_t>(heads));
    for (auto& m : maxima) m = 1 + random() % 40000;

    Tile t(c);
    t.host.at_start = [&] {
      t.load(0, w);
      t.set_maxima(maxima);
    };
    for (const auto& row : x) t.source.add(bytes_of(row));
    sc_core::sc_start();
    for (std::size_t r = 0; r < x.size(); ++r)
      for (int o = 0; o < width; ++o) {
        // Every input bit, weight slice and block of array rows is one partial sum of one ADC.
        std::int64_t acc = 0;
        for (int first = 0; first < inputs; first += array_rows)
          for (int bit = 0; bit < bits; ++bit)
            for (int shift = 0; shift < 8; shift += cell_bits) {
              int partial = 0;
              for (int i = first; i < std::min(first + array_rows, inputs); ++i) {
                const int cell =
                    (w[std::size_t(i * width + o)] + 128) >> shift & ((1 << cell_bits) - 1);
                partial += (x[r][std::size_t(i)] >> bit & 1) * cell;
              }
              int code = int(std::floor((2.0 * partial + step) / (2.0 * step)));
              if (adc_bits != 0) code = std::min(code, (1 << adc_bits) - 1);
              acc += std::int64_t(bit == bits - 1 ? -1 : 1) * (1 << (bit + shift)) * step * code;
            }
        for (const int value : x[r]) acc -= 128 * value;  // the weights' offset
        const double m = maxima[std::size_t(o / d_k)], limit = c.q_max;
        const double q = std::floor((2.0 * double(acc) * c.q_max + m) / (2 * m));
        REQUIRE(t.output(r)[std::size_t(o)] == std::min(std::max(q, -limit), limit));
      }
  }
}

TEST_CASE("a row before the weights ends the simulation") {
  Tile t(tile_config(2, 1));
  t.source.add(bytes_of(Row{1, 1}));
  CHECK_THROWS_WITH(sc_core::sc_start(), Catch::Contains("tile has no weights"));
}

TEST_CASE("weights are preloaded by debug transport alone, whole, and before calibration") {
  Tile t(tile_config(2, 1));
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  Bytes bytes(4);
  CHECK(t.loader.write(0, bytes) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(t.loader.read(0, bytes) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(t.load(calibration, {1, 2}) == 0);
  CHECK(t.load(0, {1, 2, 3}) == 0);
  CHECK(t.load(4, weights) == 0);
  CHECK(t.unload(0, 4).empty());
  CHECK(t.unload(results, 1).empty());
  CHECK(t.load(0, weights) == 4);
  CHECK(t.load(calibration, {1, 2, 3}) == 0);  // not whole rows
  CHECK(t.load(calibration, {1, 2}) == 2);
  CHECK(t.host.write32(4 * 4096, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_CASE("rows longer than the model is wide are refused") {
  Tile t(tile_config(2, 1));
  t.source.add(Bytes(3));
  CHECK_THROWS_WITH(sc_core::sc_start(), Catch::Contains("TLM_BURST_ERROR_RESPONSE"));
}

namespace {

/// A tile of one head between a source and a sink, its weights loaded before any process runs.
struct Projected {
  using Values = std::vector<std::int8_t>;

  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source{"source", context};
  crossbar::ProjectionTile tile;
  RowSink sink{"sink", context};
  Initiator loader{"loader"}, host{"host"};

  explicit Projected(int d_k)
      : tile("tile", context, "projection.q", stage::kinds::projection_q,
             {{}, d_k, 1, d_k, 0, 15, 1, 8, 2, 2}) {
    source.out.bind(tile.in);
    loader.out.bind(tile.program);
    host.out.bind(tile.control);
    tile.out.bind(sink.in);
  }
  void load(std::uint64_t address, const Values& values) {
    loader.out->transport_dbg(loader.payload.write(values.data(), values.size(), address));
  }
};

}  // namespace

TEST_CASE("weights loaded after a calibration replace its results") {
  Projected projected(1);
  projected.host.at_start = [&] {
    projected.load(0, {3});
    projected.load(registers::calibration_offset, {5});
    projected.load(0, {-3});
  };
  projected.source.add(bytes_of(Projected::Values{5}));
  sc_core::sc_start();
  CHECK(values_of<std::int8_t>(projected.sink.rows[0].data) == Projected::Values{-15});
}

TEST_CASE("a row shorter than the model's width is refused") {
  Projected projected(4);
  projected.host.at_start = [&] { projected.load(0, Projected::Values(16, 1)); };
  projected.source.add(Bytes(1, 1));
  CHECK_THROWS(sc_core::sc_start());
}

TEST_CASE("a projection that the end of the run interrupts is accounted up to the end") {
  Projected projected(1);
  projected.host.at_start = [&] { projected.load(0, {1}); };
  projected.source.add(Bytes(1, 1));
  sc_core::sc_start(projected.context.clock.span(50));
  projected.context.ledger.close(50);
  const auto& account = projected.context.ledger.accounts()[std::size_t(projected.tile.id())];
  CHECK(account.busy == 50);
  CHECK(account.starved + account.blocked == 0);
}

TEST_CASE("a stuck RRAM cell changes its output, served and calibrated, by hand") {
  auto config = tile_config(2, 1);
  // Bit 3 of the weight 3 of input 1 to output 0, off (131 has it clear) turned on: 11.
  config.arrays.defects.cells.given = {{arith::rram_place(5, 3), 0, 1, 0, 1}};
  config.arrays.defects.projection = 5;
  Tile t(config);
  t.host.at_start = [&] {
    CHECK(t.load(0, weights) == 4);
    t.load(calibration, {1, 4, 0, -2});
    CHECK(t.maxima(2) == Words{45, 14});  // 1 + 44, 2 - 16
    CHECK(t.unload(results, 4) == Row{15, -15, -7, 9});
  };
  t.source.add(bytes_of(Row{1, 4}));
  t.source.add(bytes_of(Row{1, 1}));  // 12 of 45, -2 of 14
  sc_core::sc_start();
  CHECK(t.output(0) == Row{15, -15});
  CHECK(t.output(1) == Row{4, -2});
}
