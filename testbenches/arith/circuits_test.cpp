// SPDX-License-Identifier: Apache-2.0
// The clock-by-clock machines against the closed forms that row fidelity uses.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "arith/av_product.h"
#include "arith/bit_lines.h"
#include "arith/projection_circuit.h"
#include "arith/score.h"
#include "arith/softmax.h"
#include "arith/ternary.h"

using namespace topkima::arith;

namespace {

std::int8_t draw(std::mt19937& random, int limit) {
  return static_cast<std::int8_t>(static_cast<int>(random() % (2u * limit + 1)) - limit);
}

}  // namespace

TEST_CASE("bit lines integrate pulse by pulse, by hand") {
  // One value of two cells, weights 1 and 2, on two bit lines: 3 and -2. Query 2.
  const std::int8_t cells[] = {1, 0, 1, -1}, query[] = {2};
  BitLines lines;
  SECTION("weights as currents: two cycles of the whole value") {
    lines.load(cells, 1, 2, 2, BitLines::Weighting::drive);
    lines.start(query);
    CHECK(lines.driven() == 1);
    lines.clock();
    CHECK(lines.charge() == std::vector<std::int32_t>{3, -2});
    lines.clock();
    CHECK(lines.charge() == std::vector<std::int32_t>{6, -4});
    CHECK(lines.driven() == 0);
    lines.clock();
    CHECK(lines.charge() == std::vector<std::int32_t>{6, -4});
  }
  SECTION("weights as pulse lengths: the heavier cell is held twice as long") {
    lines.load(cells, 1, 2, 2, BitLines::Weighting::pulse);
    lines.start(query);
    CHECK(lines.driven() == 2);
    lines.clock();
    lines.clock();
    CHECK(lines.charge() == std::vector<std::int32_t>{4, -2});
    CHECK(lines.driven() == 1);
    lines.clock();
    lines.clock();
    CHECK(lines.charge() == std::vector<std::int32_t>{6, -4});
    CHECK(lines.driven() == 0);
  }
}

TEST_CASE("after the pulse window the bit lines hold the scores") {
  std::mt19937 random(21);
  for (int seed = 0; seed < 300; ++seed) {
    const int d_k = 1 + random() % 40, columns = 1 + random() % 200, per_value = 1 + random() % 6;
    const int key_max = (1 << per_value) - 1, query_max = (1 << (1 + random() % 7)) - 1;
    std::vector<std::int8_t> keys(d_k * columns), cells(d_k * per_value * columns);
    for (auto& k : keys) k = draw(random, key_max);
    for (int i = 0; i < d_k; ++i)
      for (int c = 0; c < per_value; ++c)
        ternary_digits(keys.data() + i * columns, columns, c,
                       cells.data() + (i * per_value + c) * columns);
    ScoreMatrix matrix;
    matrix.load(keys.data(), d_k, columns, columns, query_max, key_max);
    const bool pulse = random() % 2;
    BitLines lines;
    lines.load(cells.data(), d_k, per_value, columns,
               pulse ? BitLines::Weighting::pulse : BitLines::Weighting::drive);
    for (int row = 0; row < 3; ++row) {
      std::vector<std::int8_t> query(d_k);
      for (auto& q : query) q = draw(random, query_max);
      std::vector<std::int32_t> scores(columns);
      matrix.multiply(query.data(), scores.data());
      lines.start(query.data());
      const int window = query_max * (pulse ? 1 << (per_value - 1) : 1);
      for (int cycle = 0; cycle < window; ++cycle) lines.clock();
      REQUIRE(lines.driven() == 0);
      REQUIRE(lines.charge() == scores);
    }
  }
}

TEST_CASE("a winner leaves the exponent pipeline its depth behind its entrance, by hand") {
  const auto run = [](int interval, std::vector<int>& in, std::vector<int>& out) {
    ExponentPipeline pipeline(2, interval, [](std::uint32_t distance) { return 100 - distance; });
    pipeline.start({0, 7});
    while (!pipeline.done()) {
      const auto cycle = pipeline.clock();
      in.push_back(cycle.in);
      out.push_back(cycle.out);
    }
    CHECK(pipeline.exponents() == std::vector<std::uint32_t>{100, 93});
    CHECK(pipeline.sum() == 193);
  };
  std::vector<int> in, out;
  SECTION("a winner per cycle") {
    run(1, in, out);
    CHECK(in == std::vector<int>{0, 1, -1, -1});
    CHECK(out == std::vector<int>{-1, -1, 0, 1});
  }
  SECTION("a winner every three cycles, all of which it occupies the entrance") {
    run(3, in, out);
    CHECK(in == std::vector<int>{0, -1, -1, 1, -1, -1, -1, -1});
    CHECK(out == std::vector<int>{-1, -1, -1, -1, 0, -1, -1, 1});
  }
}

TEST_CASE("pipelines give the closed forms' values in depth + winners * interval cycles") {
  std::mt19937 random(22);
  for (int seed = 0; seed < 2000; ++seed) {
    const int bits = 1 + random() % 8, depth = random() % (seed % 5 ? 12 : 80);
    const int interval = random() % 2 ? 1 : 1 + random() % (seed % 7 ? 5 : 40);
    const auto table = exponent_table(32, std::ldexp(double(1 + random() % 1000), -10));
    ExponentPipeline exponent(depth, interval, [&](std::uint32_t d) { return table[d]; });
    DividerPipeline divider(bits, depth, interval);
    for (int row = 0; row < 3; ++row) {  // what one row leaves behind must not reach the next
      std::vector<std::uint32_t> distances(1 + random() % 20);
      for (auto& d : distances) d = random() % 32;
      distances[random() % distances.size()] = 0;
      const int count = static_cast<int>(distances.size());
      exponent.start(distances);
      int cycles = 0;
      for (; !exponent.done(); ++cycles) exponent.clock();
      REQUIRE(cycles == depth + count * interval);
      std::uint32_t sum = 0;
      for (int w = 0; w < count; ++w) {
        REQUIRE(exponent.exponents()[w] == table[distances[w]]);
        sum += table[distances[w]];
      }
      REQUIRE(exponent.sum() == sum);
      divider.start(exponent.exponents(), sum);
      for (cycles = 0; !divider.done(); ++cycles) divider.clock();
      REQUIRE(cycles == depth + count * interval);
      for (int w = 0; w < count; ++w)
        REQUIRE(divider.quotients()[w] == divide(exponent.exponents()[w], sum, bits));
    }
  }
}

TEST_CASE("the AV arrays' circuit reads what the closed form reads") {
  std::mt19937 random(23);
  for (int seed = 0; seed < 500; ++seed) {
    AvProductConfig config;
    config.d_k = 1 + random() % 20;
    config.slices = 1 + random() % 5;
    config.array_rows = 1 + random() % 30;
    config.bits = 1 + random() % 8;
    config.lsb = 1 + random() % (seed % 7 ? 9 : 1'000'000);
    const int prob_bits = 1 + random() % 8;
    config.weight_max = (1 << prob_bits) - 1;
    const int tokens = 1 + random() % 80;
    AvProduct arrays(config, tokens);
    for (int t = 0; t < tokens; ++t) {
      std::vector<std::int8_t> values(config.d_k);
      for (auto& v : values) v = draw(random, (1 << config.slices) - 1);
      arrays.write(t, values.data());
    }
    AvCircuit circuit;
    for (int row = 0; row < 3; ++row) {
      std::vector<AvProduct::Weight> weights(random() % 12);
      for (auto& w : weights)
        w = {static_cast<std::int32_t>(random() % tokens),
             static_cast<std::int32_t>(random() % (config.weight_max + 1))};
      const int count = static_cast<int>(weights.size());
      std::vector<std::int32_t> expected(config.d_k), got(config.d_k);
      arrays.read(weights.data(), count, expected.data());
      circuit.start(arrays, weights.data(), count);
      for (int cycle = 0; cycle < config.weight_max; ++cycle) circuit.pulse();
      REQUIRE(circuit.driven() == 0);
      for (int step = 0; step < 1 << config.bits; ++step) circuit.ramp_step();
      shift_and_add(config, circuit.codes().data(), arrays.arrays(), got.data());
      REQUIRE(got == expected);
    }
  }
}

TEST_CASE("the projection's circuit adds up what the closed form multiplies, lossy ADCs included") {
  std::mt19937 random(24);
  for (int seed = 0; seed < 120; ++seed) {
    ProjectionConfig config;
    config.input_bits = 2 + random() % 7;
    config.weight_bits = 2 + random() % 7;
    config.cell_bits = 1 + random() % 4;
    config.array_rows = 1 + random() % (seed % 2 ? 40 : 300);
    config.adc_bits = random() % 2 ? 0 : 1 + random() % 9;
    const int inputs = 1 + random() % (seed % 4 ? 60 : 600), outputs = 1 + random() % 60;
    const int mux = 1 + random() % 10;
    std::vector<std::int8_t> x(inputs), w(inputs * outputs);
    for (auto& v : w) v = draw(random, (1 << (config.weight_bits - 1)) - 1);
    const Projection projection(config, w.data(), inputs, outputs);
    ProjectionCircuit circuit(config, w.data(), inputs, outputs, mux);
    for (int row = 0; row < 2; ++row) {
      for (auto& v : x) v = draw(random, (1 << (config.input_bits - 1)) - 1);
      std::vector<std::int32_t> expected(outputs);
      projection.accumulate(x.data(), 1, expected.data());
      circuit.start(x.data());
      for (int bit = 0; bit < config.input_bits; ++bit) {
        circuit.drive(bit);
        for (int phase = 0; phase < mux; ++phase) circuit.convert(phase);
      }
      REQUIRE(circuit.accumulators() == expected);
    }
  }
}
