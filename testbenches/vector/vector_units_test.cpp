// SPDX-License-Identifier: Apache-2.0
#include "vector/vector_units.h"

#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "config/errors.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using stage::Component, stage::Event;
using vector::GeluUnit, vector::NormUnit, vector::ResidualBuffer, vector::VectorTiming;
using Cycles = std::vector<std::int64_t>;
using Row = std::vector<std::int8_t>;

namespace {

template <typename Unit>
struct Context {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source{"source", context};
  RowSink sink{"sink", context};
  std::unique_ptr<Unit> unit;

  void place(std::unique_ptr<Unit> made) {
    unit = std::move(made);
    source.out.bind(unit->in);
    unit->out.bind(sink.in);
  }
  Row output(std::size_t row) const { return values_of<std::int8_t>(sink.rows.at(row).data); }
  std::uint64_t count(Event event) const {
    return context.tally.counts().of(Component::vector, event);
  }
};

struct Norm : Context<NormUnit> {
  std::vector<std::int32_t> gain, bias;
  ResidualBuffer residual, sum;

  Norm(int width, const VectorTiming& timing, std::int32_t branch_gain, int depth = 2)
      : gain(std::size_t(width), 4096), bias(std::size_t(width), 1 << 19) {
    place(std::make_unique<NormUnit>(
        "unit", context, "norm1", NormUnit::Config{width, timing, depth},
        NormUnit::Constants{branch_gain, gain.data(), bias.data()}, residual, sum));
  }
};

arith::GeluTable halves() {
  arith::GeluTable table;
  for (int x = -127; x <= 127; ++x) table[std::size_t(x + 127)] = static_cast<std::int8_t>(x / 2);
  return table;
}

struct Gelu : Context<GeluUnit> {
  const arith::GeluTable table = halves();

  Gelu(int width, const VectorTiming& timing) {
    place(std::make_unique<GeluUnit>("unit", context, "gelu", GeluUnit::Config{width, timing, 2},
                                     table));
  }
};

}  // namespace

TEST_CASE("a branch is added to its residual row, the sum kept and normalised, by hand") {
  Norm n(2, {32, 4, 24}, 128);
  // 300 + 8 / 2 = 304 and 100 - 6 / 2 = 97; u = +-207, V = 2 * 207^2, R = 207, so that the values
  // are +-1 in 12 bits, but for the mantissa: floor(2^23 / 207) = 40524.
  n.residual.push({300, 100});
  n.source.add(bytes_of(Row{8, -6}));
  n.gain = {256 * 100, 256 * 100};
  n.bias = {0, 1 << 20};
  sc_core::sc_start();
  CHECK(n.output(0) == Row{100, -99});
  CHECK(n.sum.pop() == ResidualBuffer::Row{304, 97});
  CHECK_THROWS_AS(n.residual.pop(), SimulationError);
}

TEST_CASE("norm: two passes of the lanes, the root and the pipeline, for widths and lanes") {
  struct Case {
    int width;
    VectorTiming timing;
    std::int64_t cycles;
  };
  for (const auto& [width, timing, cycles] : {Case{1, {32, 4, 24}, 2 + 28},
                                              {32, {32, 4, 24}, 2 + 28},
                                              {33, {32, 4, 24}, 4 + 28},
                                              {768, {32, 4, 24}, 48 + 28},
                                              {768, {1, 0, 0}, 1536},
                                              {5, {2, 1, 7}, 6 + 8}}) {
    CAPTURE(width, timing.lanes);
    fresh_kernel();
    Norm n(width, timing, 0);
    for (int r = 0; r < 5; ++r) {
      n.residual.push(ResidualBuffer::Row(std::size_t(width)));
      n.source.add(bytes_of(Row(std::size_t(width), 1)));
    }
    sc_core::sc_start();
    CHECK(n.sink.cycles() == Cycles{cycles, 2 * cycles, 3 * cycles, 4 * cycles, 5 * cycles});
    // Two rows wait beside the one in service.
    CHECK(n.source.returned == Cycles{0, 0, 0, cycles, 2 * cycles});
    const auto w = std::uint64_t(width);
    CHECK(n.count(Event::multiplication) == 5 * 4 * w);
    CHECK(n.count(Event::addition) == 5 * 5 * w);
    CHECK(n.count(Event::root) == 5);
    CHECK(n.count(Event::buffer_read_byte) == 5 * 2 * w);
    CHECK(n.count(Event::buffer_write_byte) == 5 * 2 * w);
  }
}

TEST_CASE("gelu: one pass through the table and the pipeline, a lookup for each element") {
  struct Case {
    int width;
    VectorTiming timing;
    std::int64_t cycles;
  };
  for (const auto& [width, timing, cycles] :
       {Case{64, {32, 4, 24}, 2 + 4}, {65, {32, 4, 24}, 3 + 4}, {7, {1, 0, 99}, 7}}) {
    CAPTURE(width);
    fresh_kernel();
    Gelu g(width, timing);
    Row row(static_cast<std::size_t>(width));
    std::iota(row.begin(), row.end(), std::int8_t{-4});
    Row expected;
    for (const int x : row) expected.push_back(static_cast<std::int8_t>(x / 2));
    for (int r = 0; r < 3; ++r) g.source.add(bytes_of(row));
    sc_core::sc_start();
    CHECK(g.sink.cycles() == Cycles{cycles, 2 * cycles, 3 * cycles});
    for (std::size_t r = 0; r < 3; ++r) CHECK(g.output(r) == expected);
    CHECK(g.count(Event::lookup) == 3 * std::uint64_t(width));
    CHECK(g.count(Event::multiplication) == 0);
  }
}

TEST_CASE("the table's ends are those of 8 bits without -128") {
  Gelu g(2, {32, 4, 24});
  g.source.add(bytes_of(Row{-127, 127}));
  sc_core::sc_start();
  CHECK(g.output(0) == Row{-63, 63});
}

TEST_CASE("a taker that is slow holds the unit, which holds its sender") {
  Norm n(1, {1, 3, 5}, 0, 1);  // 10 cycles a row
  n.sink.hold = [](std::size_t row) { return row == 0 ? 25 : 0; };
  for (int r = 0; r < 4; ++r) {
    n.residual.push({0});
    n.source.add(bytes_of(Row{0}));
  }
  sc_core::sc_start();
  // The first is taken in cycle 35; only then does the next begin.
  CHECK(n.sink.cycles() == Cycles{10, 45, 55, 65});
  CHECK(n.source.returned == Cycles{0, 0, 35, 45});
  n.context.ledger.close(65);
  const auto& account = n.context.ledger.accounts()[std::size_t(n.unit->id())];
  CHECK(account.kind == "norm");
  CHECK(account.busy == 40);
  CHECK(account.blocked == 25);
}

TEST_CASE("residual rows meet the branches of their own tokens, whatever the times") {
  std::mt19937 random(5);
  const int width = 3;
  Norm n(width, {2, 1, 2}, 256);
  std::vector<ResidualBuffer::Row> sums;
  std::vector<Row> normalised;
  for (std::uint32_t r = 0; r < 40; ++r) {
    ResidualBuffer::Row held;
    Row branch;
    for (int i = 0; i < width; ++i) {
      held.push_back(static_cast<std::int16_t>(random() % 65536 - 32768));
      branch.push_back(static_cast<std::int8_t>(random() % 255 - 127));
    }
    n.residual.push(held);
    n.source.add(r * (random() % 12), tag_of(r), bytes_of(branch));
    arith::add_branch(held.data(), branch.data(), width, 256);
    sums.push_back(held);
    arith::normalise(held.data(), width, n.gain.data(), n.bias.data(), branch.data());
    normalised.push_back(branch);
  }
  n.sink.hold = [&](std::size_t row) { return std::int64_t(row * 7 % 5); };
  sc_core::sc_start();
  for (std::size_t r = 0; r < sums.size(); ++r) {
    CHECK(n.output(r) == normalised[r]);
    CHECK(n.sum.pop() == sums[r]);
  }
}

TEST_CASE("a branch without its residual row ends the simulation") {
  Norm n(1, {1, 1, 1}, 0);
  n.source.add(bytes_of(Row{0}));
  CHECK_THROWS_WITH(sc_core::sc_start(), Catch::Contains("a residual row is missing"));
}

TEST_CASE("rows of another width are refused") {
  Gelu g(3, {32, 4, 24});
  g.source.add(Bytes(2));
  CHECK_THROWS_WITH(sc_core::sc_start(), Catch::Contains("TLM_BURST_ERROR_RESPONSE"));
}
