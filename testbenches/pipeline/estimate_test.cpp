// SPDX-License-Identifier: Apache-2.0
#include "pipeline/estimate.h"

#include <catch2/catch.hpp>

using namespace topkima;
using config::MachineConfig;
using config::Settings;
using pipeline::estimate_macro;
using pipeline::estimate_soc;

namespace {

constexpr config::Shape bert{12, 12, 384, 384, 64, true};

MachineConfig machine(const char* schedule,
                      std::vector<std::pair<std::string, std::string>> changes = {},
                      const config::Shape& shape = bert) {
  Settings settings;
  settings.set("pipeline.schedule", schedule, "test");
  for (const auto& [name, value] : changes) settings.set(name, value, "test");
  return config::resolve(settings, shape);
}

// By hand, for BERT-base: score 16 + conversion, union 1, exponent 2 + 5, divide 6 + 5, av
// values 66. Projection 8 * 9 + 2 = 74 a token. A row of X crosses the bus in 768 / 16 = 48 cycles
// and arrives 20 later; a row of output takes 12 heads * 4 beats = 48, and 20. K^T: 192 word lines.
constexpr double chain = 16 + 1 + 7 + 11 + 66;  // without the conversion
constexpr double first_row = 48 + 20, last_row = 48 + 20, keys = 192, projection = 74;

}  // namespace

TEST_CASE("the estimate of a fine-pipelined BERT-base module, by hand") {
  for (const double conversion : {10.0, 11.25, 12.0}) {
    const double load = first_row + 384 * projection + keys;
    const double rows = first_row + projection + chain + conversion + 383 * projection;
    const double cycles = estimate_soc(machine("fine"), {conversion, 5});
    CHECK(cycles == Approx(load + rows + last_row).epsilon(1e-12));
    CHECK(cycles == Approx(57'200).epsilon(0.005));
  }
}

TEST_CASE("the estimate of a coarse BERT-base module, by hand") {
  const double cycles = estimate_soc(machine("coarse"), {11, 5});
  CHECK(cycles ==
        Approx(first_row + 384 * projection + keys + 384 * (chain + 11) + last_row).epsilon(1e-12));
  CHECK(cycles == Approx(71'700).epsilon(0.005));
}

TEST_CASE("the estimate of a sequential BERT-base module, by hand") {
  const double cycles = estimate_soc(machine("sequential"), {11, 5});
  CHECK(cycles == Approx(3 * (first_row + 384 * projection) + keys + 384 * (chain + 11) + last_row)
                      .epsilon(1e-12));
  CHECK(cycles == Approx(128'500).epsilon(0.005));
}

TEST_CASE("the estimate of a buffered BERT-base module: rows at the pace of the slowest stage") {
  // Weighted values, 66 cycles, limit the rate.
  CHECK(estimate_soc(machine("buffered"), {11, 5}) ==
        Approx(first_row + 384 * projection + keys + chain + 11 + 383 * 66 + last_row)
            .epsilon(1e-12));
}

TEST_CASE(
    "with a second bank a further sequence costs the longest of load, rows and bus, else all") {
  const double load = first_row + 384 * projection + keys;
  const double rows = first_row + projection + chain + 11 + 383 * projection;
  const double one = load + rows + last_row;
  const auto five = [](const char* schedule, const char* bus, const char* banks) {
    return estimate_soc(machine(schedule, {{"pipeline.sequences", "5"},
                                           {"bus.bytes_per_cycle", bus},
                                           {"pipeline.banks", banks}}),
                        {11, 5});
  };
  // X crosses the bus twice, 48 beats a row: 36864 cycles, more than the 28676 of the load.
  CHECK(five("fine", "16", "2") == Approx(one + 4 * 2 * 384 * 48).epsilon(1e-12));
  // Twice as wide, a row takes 24 beats, in and out, and the load is the longest.
  CHECK(five("fine", "32", "2") == Approx(one - 3 * 24 + 4 * (load - 24)).epsilon(1e-12));
  CHECK(five("fine", "16", "1") == Approx(5 * one).epsilon(1e-12));
  CHECK(five("coarse", "16", "2") ==
        Approx(5 * estimate_soc(machine("coarse"), {11, 5})).epsilon(1e-12));
}

TEST_CASE("a narrow bus limits the rate of the rows") {
  // One byte a cycle: X takes 768 a row, more than the projection's 74; output 768 a row as well.
  const double load = 788 + 384 * 768 + keys, rows = 788 + projection + chain + 11 + 383 * 768;
  CHECK(estimate_soc(machine("fine", {{"bus.bytes_per_cycle", "1"}}), {11, 5}) ==
        Approx(load + rows + 788).epsilon(1e-12));
}

TEST_CASE("with the scale in W_K^T queries are folded and keys come as they are read, by hand") {
  const auto folding = [](const char* schedule) {
    return machine(schedule, {{"attention.scaling", "in_k_weights"},
                              {"softmax.macro", "digital_topk"},
                              {"score.query_bits", "8"}});
  };
  // Fold 8 * 9 + 2 = 74, score 1 + 127 + conversion 32, adder 2, sorter 384, k = 5.
  const double row = 74 + 128 + 32 + 2 + 384 + 7 + 11 + 66;
  CHECK(estimate_soc(folding("fine"), {32, 5}) ==
        Approx(first_row + 384 * projection + keys + first_row + projection + row + 383 * 384 +
               last_row)
            .epsilon(1e-12));
  CHECK(estimate_soc(folding("sequential"), {32, 5}) ==
        Approx(3 * first_row + 384 * (2 * projection + 48) + keys + 384 * row + last_row)
            .epsilon(1e-12));
}

TEST_CASE("given Q, K and V, reads take the place of the projections") {
  config::Shape given = bert;
  given.projected = false;
  // K and V: two rows of 48 beats a token.
  const double load = first_row + 384 * 96 + keys;
  const double rows = first_row + chain + 11 + 383 * 66;
  CHECK(estimate_soc(machine("fine", {}, given), {11, 5}) ==
        Approx(load + rows + last_row).epsilon(1e-12));
}

TEST_CASE("the estimate of the attention macro, by hand") {
  CHECK(estimate_macro(machine("fine"), {11, 5}) == Approx(chain + 11 + 383 * 66).epsilon(1e-12));
  CHECK(estimate_macro(machine("coarse"), {11, 5}) == Approx(384 * (chain + 11)).epsilon(1e-12));
  // A slow conversion becomes the limit.
  CHECK(estimate_macro(machine("fine"), {100, 5}) ==
        Approx(chain + 100 + 383 * 116).epsilon(1e-12));
}

TEST_CASE("intervals between the winners of a softmax lengthen its halves, by hand") {
  const auto slow = [](const char* schedule) {
    return machine(schedule,
                   {{"softmax.exponent_interval", "3"}, {"softmax.divide_interval", "20"}});
  };
  // Exponent 2 + 5 * 3, divider 6 + 5 * 20, which becomes the limit.
  const double row = 16 + 11 + 1 + 17 + 106 + 66;
  CHECK(estimate_macro(slow("coarse"), {11, 5}) == Approx(384 * row).epsilon(1e-12));
  CHECK(estimate_macro(slow("fine"), {11, 5}) == Approx(row + 383 * 106).epsilon(1e-12));
}

TEST_CASE("rows without winners skip softmax and weighted values") {
  CHECK(estimate_macro(machine("coarse"), {32, 0}) == Approx(384 * (16 + 32 + 1)).epsilon(1e-12));
}
