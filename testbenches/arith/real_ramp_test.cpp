// SPDX-License-Identifier: Apache-2.0
#include "arith/real_ramp.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "arith/av_product.h"
#include "arith/ramp.h"

using namespace topkima::arith;
using Codes = std::vector<std::int16_t>;
using Scores = std::vector<std::int32_t>;

namespace {

RandomKey draw_key(std::mt19937& random) {
  return {std::uint32_t(random()), std::uint32_t(random())};
}

double uniform(std::mt19937& random) { return double(random()) / 0x1p32; }

std::vector<double> ideal_table(int bits) {
  std::vector<double> table;
  for (int code = (1 << (bits - 1)) - 1; code > -(1 << (bits - 1)); --code)
    table.push_back(code - 0.5);
  return table;
}

/// Each effect on or off, from hardly noticeable to wild: ramps that rise again are among them.
RampDefects random_defects(std::mt19937& random, int bits) {
  const auto sigma = [&] { return random() % 2 ? std::pow(10, -2 + 3 * uniform(random)) : 0; };
  RampDefects defects{sigma(), sigma(),          sigma(),
                      {},      draw_key(random), std::uint32_t(random() % 5000)};
  if (random() % 3 == 0) {
    defects.thresholds = ideal_table(bits);
    for (double& level : defects.thresholds) level += 0.4 * uniform(random);
  }
  return defects;
}

Scores random_scores(std::mt19937& random, int count, int reach) {
  Scores scores(static_cast<std::size_t>(count));
  for (auto& score : scores) score = int(random() % unsigned(2 * reach + 1)) - reach;
  return scores;
}

Codes codes_of(const RealRamp& ramp, const Scores& scores, int lsb, std::uint32_t sequence = 0,
               std::uint32_t row = 0) {
  std::vector<double> seen(scores.size());
  Codes codes(scores.size());
  const int count = static_cast<int>(scores.size());
  ramp.disturb(scores.data(), count, lsb, sequence, row, seen.data());
  ramp.codes(seen.data(), count, codes.data());
  return codes;
}

}  // namespace

TEST_CASE("a table of thresholds decides the codes, and a ramp that rises again crosses nobody") {
  RampDefects defects;
  // Steps at codes 3 to -3; it rises at code 0.
  defects.thresholds = {9, 4, 1, 2, 0, -1, -8};
  const RealRamp ramp(defects, score_ramp_effects, 3, 9);
  CHECK(codes_of(ramp, {10, 9, 8, 4, 3, 1, 0, -8, -9}, 1) == Codes{3, 3, 2, 2, 1, 1, -1, -3, -4});
  CHECK(codes_of(ramp, {20, 17, 2, 1}, 2) == Codes{3, 2, 1, -1});  // in steps of 2
  CHECK(ramp.level(0) == 2);
  CHECK(ramp.reach(0) == 1);
}

TEST_CASE("uneven steps add up from the top") {
  RampDefects defects;
  defects.ramp_sigma = 0.2;
  defects.key = {11, 0};
  const RealRamp ramp(defects, score_ramp_effects, 5, 1);
  double steps[31], level = 15.5;
  Draws({11, 0}, Effect::score_ramp).gaussians({0, 0, 0}, 31, steps);
  for (int step = 0; step < 31; ++step) {
    level -= 1 + 0.2 * steps[step];
    CHECK(ramp.level(15 - step) == Approx(level).margin(1e-12));
  }
}

TEST_CASE("the table of the ideal ramp gives the ideal ramp's codes, also on its thresholds") {
  std::mt19937 random(3);
  for (int seed = 0; seed < 300; ++seed) {
    const int bits = 1 + int(random() % 12);
    const int lsb = 1 + int(random() % (seed % 3 ? 40u : unsigned(largest_ramp_lsb)));
    RampDefects defects;
    defects.thresholds = ideal_table(bits);
    const auto scores = random_scores(random, 200, seed % 2 ? 300 : 100'000'000);
    Codes ideal(scores.size());
    ramp_codes(scores.data(), 200, lsb, bits, ideal.data());
    REQUIRE(codes_of(RealRamp(defects, score_ramp_effects, bits, 200), scores, lsb) == ideal);
  }
}

TEST_CASE("clock by clock a real ramp crosses each column at the step of its code") {
  std::mt19937 random(5);
  for (int seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    const int bits = 1 + int(random() % 7), columns = 1 + int(random() % 200);
    const int lsb = 1 + int(random() % 60), participants = int(random() % unsigned(columns + 1));
    const RealRamp real(random_defects(random, bits), score_ramp_effects, bits, columns);
    const auto scores = random_scores(random, columns, lsb << (bits - 1));
    std::vector<double> seen(scores.size());
    real.disturb(scores.data(), participants, lsb, random(), random(), seen.data());
    Codes closed(scores.size(), comparator_off), clocked = closed;
    real.codes(seen.data(), participants, closed.data());
    FallingRamp ramp(bits);
    ramp.start(lsb, real, seen.data(), {0, participants});
    while (ramp.step())
      for (std::size_t j = 0; j < std::size_t(participants); ++j)
        if (ramp.fired()[j / 64] >> (j % 64) & 1) {
          REQUIRE(clocked[j] == comparator_off);
          clocked[j] = static_cast<std::int16_t>(ramp.code());
        }
    REQUIRE(ramp.steps() == 1 << bits);
    REQUIRE(clocked == closed);
  }
}

TEST_CASE("noise of a score: its sigma in steps, anew in each row and sequence; offsets stay") {
  constexpr int columns = 256, rows = 400, lsb = 40;
  RampDefects defects;
  defects.noise_sigma = 0.5;
  defects.comparator_sigma = 2;
  const RealRamp ramp(defects, score_ramp_effects, 5, columns);
  const Scores scores(columns, 80);
  std::vector<double> seen(columns), offset(columns);
  double square = 0, products = 0, within = 0;
  std::vector<std::vector<double>> noise;
  for (std::uint32_t row = 0; row < rows; ++row) {
    ramp.disturb(scores.data(), columns, lsb, row % 2, row / 2, seen.data());
    for (std::size_t j = 0; j < columns; ++j) offset[j] += (seen[j] - 2) / rows;
    noise.push_back(seen);
  }
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t j = 0; j < columns; ++j) {
      noise[row][j] -= 2 + offset[j];
      square += noise[row][j] * noise[row][j];
      if (row > 0) products += noise[row][j] * noise[row - 1][j];
    }
  for (const double o : offset) within += o * o;
  const double count = columns * rows;
  CHECK(std::sqrt(square / count) == Approx(0.5).epsilon(0.01));
  CHECK(std::sqrt(within / columns) == Approx(2).epsilon(0.2));
  CHECK(std::abs(products / count / 0.25) < 4.5 / std::sqrt(count));
}

TEST_CASE("weighted values off real ramps and stuck cells: closed form and clock by clock") {
  std::mt19937 random(6);
  for (int seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const int tokens = 1 + int(random() % 20);
    AvProductConfig config{1 + int(random() % 5),
                           1 + int(random() % 4),
                           1 + int(random() % 8),
                           1 + int(random() % 6),
                           1 + int(random() % 5),
                           31,
                           {},
                           {}};
    config.ramp = random_defects(random, config.bits);
    config.cells = {random() % 2 ? 0.2 : 0, {}, draw_key(random), std::uint32_t(random() % 100)};
    AvProduct arrays(config, tokens, int(random() % 2));
    std::vector<std::int8_t> values(std::size_t(config.d_k));
    for (int token = 0; token < tokens; ++token) {
      for (auto& value : values) value = std::int8_t(int(random() % 3) - 1);
      arrays.write(token, values.data());
    }
    std::vector<AvProduct::Weight> weights;
    for (int token = 0; token < tokens && weights.size() < 6; ++token)
      if (random() % 3 == 0) weights.push_back({token, int(random() % 32)});
    const AvProduct::Row row{std::uint32_t(random()), std::uint32_t(random())};
    Scores closed(values.size()), clocked(values.size());
    arrays.read(weights.data(), int(weights.size()), closed.data(), row);
    AvCircuit circuit;
    circuit.start(arrays, weights.data(), int(weights.size()), row);
    for (int cycle = 0; cycle < config.weight_max; ++cycle) circuit.pulse();
    for (int step = 0; step < 1 << config.bits; ++step) circuit.ramp_step();
    shift_and_add(config, circuit.codes().data(), arrays.arrays(), clocked.data());
    REQUIRE(clocked == closed);
    if (weights.empty()) REQUIRE(closed == Scores(values.size(), 0));
  }
}

TEST_CASE(
    "an ideal table for the V ramps changes no weighted value; a low one reads empty arrays") {
  AvProductConfig config{2, 2, 2, 4, 3, 31, {}, {}};
  const std::int8_t values[] = {3, -2};
  const AvProduct::Weight weight{1, 10};
  const auto output = [&] {
    AvProduct arrays(config, 6);
    for (int token = 0; token < 6; ++token) arrays.write(token, values);
    Scores result(2);
    arrays.read(&weight, 1, result.data());
    return result;
  };
  const Scores ideal = output();  // 10 / 3 reads as 3: 3 * 3 * (1 + 2) and -3 * 3 * 2
  CHECK(ideal == Scores{27, -18});
  config.ramp.thresholds = ideal_table(4);
  CHECK(output() == ideal);
  // One step too early: zero reads as 1, in both slices of all three arrays.
  for (double& level : config.ramp.thresholds) level -= 1;
  CHECK(output() == Scores{27 + 3 * 3 * 3, -18 + 3 * 3 * 3});
}
