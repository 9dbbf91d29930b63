// SPDX-License-Identifier: Apache-2.0
#include "topk/topk_union.h"

#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "support/both_fidelities.h"
#include "support/columns.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using arith::Winner;
using Cycles = std::vector<std::int64_t>;

namespace {

Bytes conversion(const std::vector<Winner>& winners) {
  const arith::Conversion head{9, 12, static_cast<int>(winners.size())};
  Bytes bytes = bytes_of(std::vector<arith::Conversion>{head});
  const Bytes tail = bytes_of(winners);
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  return bytes;
}

/// The crossbars latch a row's winners as the source turns to that row, as a driver does.
struct Union {
  const stage::Fidelity fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource driver{"driver", context};
  topk::TopkUnion unite;
  RowSink sink{"sink", context};
  std::vector<std::unique_ptr<Initiator>> crossbars;
  std::vector<std::vector<std::vector<Winner>>> rows;  ///< [row][crossbar]
  std::vector<std::vector<stage::TokenCode>> seen;
  Observer<stage::EntriesRecord> observer{[this](const auto& record) {
    CHECK(record.tag.row == seen.size());
    seen.emplace_back(record.entries, record.entries + record.count);
  }};

  explicit Union(const topk::TopkUnion::Config& config)
      : unite("union", context, "head0.union", at_fidelity(config, fidelity)) {
    driver.out.bind(unite.in);
    unite.out.bind(sink.in);
    unite.winners.bind(observer);
    for (auto& socket : unite.crossbars) {
      crossbars.push_back(std::make_unique<Initiator>(sc_core::sc_gen_unique_name("crossbar")));
      crossbars.back()->out.bind(socket);
    }
    driver.before = [this](std::size_t row) {
      for (std::size_t i = 0; i < crossbars.size(); ++i) {
        crossbars[i]->payload.extension.tag = tag_of(std::uint32_t(row));
        REQUIRE(crossbars[i]->write(0, conversion(rows[row][i])) == tlm::TLM_OK_RESPONSE);
      }
    };
  }
  void add(std::int64_t cycle, std::vector<std::vector<Winner>> winners) {
    driver.add(cycle, tag_of(std::uint32_t(rows.size())), Bytes(4));
    rows.push_back(std::move(winners));
  }
  std::vector<std::pair<int, int>> taken(std::size_t row) const {
    const auto& bytes = sink.rows.at(row).data;
    const stage::EntryRow entries(bytes.data());
    CHECK(bytes.size() == 8 + 8 * std::size_t(entries.header.count));
    CHECK(entries.header.sum == 0);
    std::vector<std::pair<int, int>> result;
    for (int w = 0; w < entries.header.count; ++w)
      result.emplace_back(entries.entries[w].token, entries.entries[w].code);
    return result;
  }
};

using Pairs = std::vector<std::pair<int, int>>;

}  // namespace

TEST_CASE("winners are joined in crossbar order with addresses in the sequence, in one cycle") {
  Union u({blocked({256, 128}), false, 5, 1, 2});
  u.add(40, {{{7, 15}, {255, 15}, {0, 3}}, {{127, 14}, {1, -16}}});
  sc_core::sc_start();
  CHECK(u.sink.cycles() == Cycles{41});
  CHECK(u.taken(0) == Pairs{{7, 15}, {255, 15}, {0, 3}, {383, 14}, {257, -16}});
  REQUIRE(u.seen.size() == 1);
  CHECK(u.seen[0].size() == 5);
  CHECK(u.seen[0][3].token == 383);
}

TEST_CASE("winners are packed to the left where a crossbar has few or none") {
  Union u({blocked({4, 4, 4}), false, 6, 1, 2});
  u.add(0, {{}, {{2, 5}}, {{3, 1}, {0, 0}}});
  u.add(0, {{{1, 2}}, {}, {}});
  u.add(0, {{}, {}, {}});
  sc_core::sc_start();
  CHECK(u.taken(0) == Pairs{{6, 5}, {11, 1}, {8, 0}});
  CHECK(u.taken(1) == Pairs{{1, 2}});
  CHECK(u.taken(2) == Pairs{});
  CHECK(u.sink.cycles() == Cycles{1, 2, 3});
}

TEST_CASE("a union of zero cycles hands rows on in the cycle they arrive in") {
  Union u({blocked({10}), false, 1, 0, 0});
  u.add(5, {{{0, 1}}});
  u.add(9, {{{0, 2}}});
  sc_core::sc_start();
  CHECK(u.sink.cycles() == Cycles{5, 9});
}

TEST_CASE("rows keep their own winners behind a slow softmax, whatever the queue's depth") {
  for (int depth = 0; depth <= 4; ++depth) {
    CAPTURE(depth);
    fresh_kernel();
    Union u({blocked({10, 10}), false, 2, 1, depth});
    u.sink.hold = [](std::size_t) { return 50; };
    for (int r = 0; r < 12; ++r) u.add(0, {{{r % 10, r}}, {{9 - r % 10, -r}}});
    sc_core::sc_start();
    REQUIRE(u.sink.rows.size() == 12);
    for (int r = 0; r < 12; ++r) {
      CHECK(u.taken(std::size_t(r)) == Pairs{{r % 10, r}, {19 - r % 10, -r}});
      CHECK(u.sink.rows[std::size_t(r)].cycle == 1 + 51 * r);
      CHECK(u.driver.returned[std::size_t(r)] == 51 * std::max(r - depth, 0));
    }
  }
}

TEST_CASE("random rows keep their own winners under random timing") {
  std::mt19937 random(5);
  for (int seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    Union u({blocked({100, 100}), false, 6, int(random() % 3), int(random() % 4)});
    std::vector<int> hold(30);
    for (auto& cycles : hold) cycles = int(random() % 9);
    u.sink.hold = [&](std::size_t r) { return hold[r]; };
    std::vector<Pairs> expected;
    for (int r = 0; r < 30; ++r) {
      std::vector<std::vector<Winner>> winners(2);
      expected.emplace_back();
      for (int c = 0; c < 2; ++c)
        for (unsigned w = 0; w < random() % 4; ++w) {
          const int column = int(random() % 100), code = int(random() % 32) - 16;
          winners[std::size_t(c)].push_back({column, code});
          expected.back().emplace_back(100 * c + column, code);
        }
      u.add(random() % 120, winners);
    }
    sc_core::sc_start();
    REQUIRE(u.sink.rows.size() == 30);
    for (std::size_t r = 0; r < 30; ++r) REQUIRE(u.taken(r) == expected[r]);
  }
}

TEST_CASE("more winners than the latches hold, and malformed rows, are refused") {
  Union u({blocked({10}), false, 2, 1, 2});
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  auto& crossbar = *u.crossbars[0];
  Bytes bytes = conversion({{0, 1}});
  CHECK(crossbar.write(0, conversion({{0, 3}, {1, 2}, {2, 1}})) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(crossbar.read(0, bytes) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  Bytes enables(4, 0xff);
  auto& masked = crossbar.payload.write(bytes.data(), bytes.size());
  masked.set_byte_enable_ptr(enables.data());
  CHECK(crossbar.send(masked) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  CHECK(crossbar.write(0, bytes) == tlm::TLM_OK_RESPONSE);
}

TEST_CASE("a conversion whose count its bytes do not hold is refused") {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source{"source", context};
  topk::TopkUnion unite("unite", context, "head0.union", {blocked({10}), false, 5, 1, 2});
  RowSink sink{"sink", context};
  Initiator counter{"counter"};
  source.out.bind(unite.in);
  unite.out.bind(sink.in);
  counter.out.bind(unite.crossbars[0]);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(counter.write(0, Bytes(4)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(counter.write(0, bytes_of(std::vector<arith::Conversion>{{1, 1, 5}})) ==
        tlm::TLM_BURST_ERROR_RESPONSE);
}
