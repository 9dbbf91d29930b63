// SPDX-License-Identifier: Apache-2.0
#include "arith/rram_cells.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "arith/fixed_point.h"
#include "arith/projection_circuit.h"
#include "arith/stuck_cells.h"

using namespace topkima::arith;
using Row = std::vector<std::int8_t>;
using Sums = std::vector<std::int32_t>;

namespace {

Row random_row(std::mt19937& random, int count, int limit) {
  Row row(static_cast<std::size_t>(count));
  for (auto& value : row) value = std::int8_t(int(random() % unsigned(2 * limit + 1)) - limit);
  return row;
}

Sums project(const ProjectionConfig& config, const Row& weights, const Row& x, int inputs) {
  const int outputs = int(weights.size()) / inputs, rows = int(x.size()) / inputs;
  Sums acc(std::size_t(rows * outputs));
  Projection(config, weights.data(), inputs, outputs).accumulate(x.data(), rows, acc.data());
  return acc;
}

}  // namespace

TEST_CASE("cells that vary or are stuck: closed form and clock by clock, random arrays") {
  std::mt19937 random(1);
  for (int seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    const int inputs = 1 + int(random() % (seed % 10 ? 60 : 700)), outputs = 1 + int(random() % 9);
    ProjectionConfig config{2 + int(random() % 7),
                            2 + int(random() % 7),
                            1 + int(random() % 4),
                            random() % 2 ? 1 + int(random() % 40) : 300,
                            0,
                            {}};
    config.adc_bits = random() % 2 ? int(random() % 12) : 0;
    config.defects.sigma = random() % 4 ? 0.5 * double(random()) / 0x1p32 : 0;
    config.defects.cells.share = random() % 2 || config.defects.sigma == 0 ? 0.1 : 0;
    config.defects.key = config.defects.cells.key = {std::uint32_t(random()), 0};
    const Row weights = random_row(random, inputs * outputs, magnitude_max(config.weight_bits));
    const Row x = random_row(random, 20 * inputs, magnitude_max(config.input_bits));
    const Sums closed = project(config, weights, x, inputs);
    const int mux = 1 + int(random() % 4);
    ProjectionCircuit circuit(config, weights.data(), inputs, outputs, mux);
    for (int r = 0; r < 20; ++r) {
      circuit.start(x.data() + r * inputs);
      for (int bit = 0; bit < config.input_bits; ++bit) {
        circuit.drive(bit);
        for (int phase = 0; phase < mux; ++phase) circuit.convert(phase);
      }
      const auto first = closed.begin() + std::ptrdiff_t(r * outputs);
      REQUIRE(circuit.accumulators() == Sums(first, first + outputs));
    }
  }
}

TEST_CASE("a variation too small to move a partial sum by half a level changes nothing") {
  std::mt19937 random(2);
  for (const int adc_bits : {0, 5}) {
    ProjectionConfig config{8, 8, 1, 64, adc_bits, {}};
    const Row weights = random_row(random, 100 * 7, 127), x = random_row(random, 30 * 100, 127);
    const Sums ideal = project(config, weights, x, 100);
    config.defects.sigma = 1e-6;
    CHECK(project(config, weights, x, 100) == ideal);
  }
}

TEST_CASE("conductances: mean of a level, sigma relative to it, none without, none negative") {
  ProjectionConfig config{8, 8, 4, 256, 0, {}};
  config.defects.sigma = 0.3;
  constexpr int inputs = 100, outputs = 1000;
  // 0x51 - 128: level 1 in the lower slice, 5 in the upper one.
  const RramCells cells(config, Row(inputs * outputs, 0x51 - 128).data(), inputs, outputs);
  const double unit = 1 << 10;
  for (const auto& [slice, level] : {std::pair{0, 1.0}, {1, 5.0}}) {
    double sum = 0, squares = 0;
    for (int i = 0; i < inputs; ++i)
      for (int o = 0; o < outputs; ++o) {
        const double g = cells.line(slice, i)[o] / unit;
        REQUIRE(g >= 0);
        sum += g;
        squares += (g - level) * (g - level);
      }
    const double count = inputs * outputs;
    CHECK(sum / count == Approx(level).epsilon(4.5 * 0.3 / std::sqrt(count) + 1e-4));
    CHECK(std::sqrt(squares / count) == Approx(0.3 * level).epsilon(0.015));
  }
  const RramCells off(config, Row(outputs, -128).data(), 1, outputs);
  for (int o = 0; o < outputs; ++o) REQUIRE(off.line(0, 0)[o] == 0);
}

TEST_CASE("the share of stuck cells and their levels, at random places of the seed's") {
  const Row written(400, 0);
  for (const double share : {0.01, 0.3, 1.0}) {
    const StuckCells stuck({share, {}, {5, 0}, 0}, Effect::key_stuck, {1, 2, 3});  // 1, 3 or 5
    double counts[6] = {};
    for (int line = 0; line < 500; ++line) {
      Row cells = written;
      stuck.apply(9, 1, line, 400, cells.data());
      for (const auto cell : cells) ++counts[cell];
    }
    const double all = 400 * 500;
    CHECK(all - counts[0] == Approx(all * share).margin(4.5 * std::sqrt(all * share)));
    for (const int level : {1, 3, 5})
      CHECK(counts[level] == Approx(all * share / 3).margin(4.5 * std::sqrt(all * share / 3)));
    CHECK(counts[2] + counts[4] == 0);
  }
}

TEST_CASE("one stuck RRAM cell changes one output, by its weight times the input, and no other") {
  std::mt19937 random(4);
  for (int seed = 0; seed < 40; ++seed) {
    const int inputs = 70, outputs = 6, cell_bits = 1 + seed % 4;
    ProjectionConfig config{8, 8, cell_bits, 32, 0, {}};
    const Row weights = random_row(random, inputs * outputs, 127);
    const Row x = random_row(random, 5 * inputs, 127);
    const Sums ideal = project(config, weights, x, inputs);
    const int slices = int(ceil_div(8, cell_bits)), slice = int(random() % unsigned(slices));
    const int input = int(random() % inputs), output = int(random() % outputs);
    const int level = random() % 2 ? (1 << cell_bits) - 1 : 0;
    config.defects.cells.given = {{rram_place(3, slice), 0, input, output, level}};
    config.defects.projection = 3;
    const Sums stuck = project(config, weights, x, inputs);
    const int stored = weights[std::size_t(input * outputs + output)] + 128;
    const int before = stored >> (slice * cell_bits) & ((1 << cell_bits) - 1);
    for (int r = 0; r < 5; ++r)
      for (int o = 0; o < outputs; ++o) {
        const int change = o != output ? 0
                                       : (level - before) * (1 << (slice * cell_bits)) *
                                             x[std::size_t(r * inputs + input)];
        REQUIRE(stuck[std::size_t(r * outputs + o)] ==
                ideal[std::size_t(r * outputs + o)] + change);
      }
  }
}
