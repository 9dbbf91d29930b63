// SPDX-License-Identifier: Apache-2.0
#include "topk/code_latch.h"

#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "arith/ramp.h"
#include "ima/mask_unit.h"
#include "ima/ramp_ima.h"
#include "support/both_fidelities.h"
#include "support/columns.h"
#include "support/row_ends.h"
#include "topk/latch_stage.h"

using namespace topkima;
using namespace topkima::testbenches;
using Codes = std::vector<std::int16_t>;
using Cycles = std::vector<std::int64_t>;
using Pairs = std::vector<std::pair<int, int>>;

namespace {

constexpr std::int16_t off = arith::comparator_off;

Pairs pairs(const Bytes& bytes) {
  const stage::EntryRow row(bytes.data());
  CHECK(bytes.size() == 8 + 8 * std::size_t(row.header.count));
  Pairs result;
  for (int i = 0; i < row.header.count; ++i)
    result.emplace_back(row.entries[i].token, row.entries[i].code);
  return result;
}

/// Drives scores through a ramp into the latch, in a process of its own.
class Driver : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Driver> out{"out"};

  explicit Driver(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }
  std::vector<std::int32_t> scores;

 private:
  void run() {
    payload_.extension.tag = tag_of(3);
    sc_core::sc_time delay;
    auto& payload = payload_.write(scores.data(), scores.size() * sizeof scores[0]);
    out->b_transport(payload, delay);
    stage::expect_ok(payload, name());
  }
  stage::RowPayload payload_;
};

/// The arrays latch a row's codes as the source turns to that row, as a driver does.
struct Registers {
  const stage::Fidelity fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource driver{"driver", context};
  topk::LatchStage latch;
  RowSink sink{"sink", context};
  std::vector<std::unique_ptr<Initiator>> arrays;
  std::vector<std::vector<Codes>> rows;  ///< [row][array]

  explicit Registers(const topk::LatchStage::Config& config)
      : latch("latch", context, "head0.latch", at_fidelity(config, fidelity)) {
    driver.out.bind(latch.in);
    latch.out.bind(sink.in);
    for (auto& socket : latch.arrays) {
      arrays.push_back(std::make_unique<Initiator>(sc_core::sc_gen_unique_name("array")));
      arrays.back()->out.bind(socket);
    }
    driver.before = [this](std::size_t row) {
      for (std::size_t i = 0; i < arrays.size(); ++i) {
        arrays[i]->payload.extension.tag = tag_of(std::uint32_t(row));
        REQUIRE(arrays[i]->write(0, bytes_of(rows[row][i])) == tlm::TLM_OK_RESPONSE);
      }
    };
  }
  void add(std::int64_t cycle, std::vector<Codes> codes) {
    driver.add(cycle, tag_of(std::uint32_t(rows.size())), Bytes(4));
    rows.push_back(std::move(codes));
  }
};

}  // namespace

TEST_CASE("codes of all crossbars go on by ascending address, in no cycle") {
  Registers r({blocked({3, 2}), 1, 7, 2});
  r.add(40, {{4, -16, 15}, {0, off}});
  r.add(50, {{1, off, off}, {off, off}});
  r.add(51, {{off, off, off}, {off, off}});
  sc_core::sc_start();
  CHECK(r.sink.cycles() == Cycles{40, 50, 51});
  CHECK(pairs(r.sink.rows[0].data) == Pairs{{0, 4}, {1, -16}, {2, 15}, {3, 0}});
  CHECK(pairs(r.sink.rows[1].data) == Pairs{{0, 1}});
  CHECK(pairs(r.sink.rows[2].data).empty());
}

TEST_CASE("codes of row blocks are added, column by column, in the adder's cycles") {
  Registers r({blocked({2, 1}), 3, 2, 2});
  // Block after block, each with both crossbars.
  r.add(10, {{4, -16}, {7}, {15, -16}, {1}, {-3, -16}, {-2}});
  sc_core::sc_start();
  CHECK(r.sink.cycles() == Cycles{12});
  CHECK(pairs(r.sink.rows[0].data) == Pairs{{0, 16}, {1, -48}, {2, 6}});
}

TEST_CASE("rows keep their own codes behind a slow softmax, whatever the queue's depth") {
  for (int depth = 0; depth <= 3; ++depth) {
    CAPTURE(depth);
    fresh_kernel();
    Registers r({blocked({2}), 1, 0, depth});
    r.sink.hold = [](std::size_t) { return 50; };
    for (int row = 0; row < 9; ++row) r.add(0, {{std::int16_t(row), std::int16_t(-row)}});
    sc_core::sc_start();
    REQUIRE(r.sink.rows.size() == 9);
    for (int row = 0; row < 9; ++row) {
      CHECK(pairs(r.sink.rows[std::size_t(row)].data) == Pairs{{0, row}, {1, -row}});
      CHECK(r.driver.returned[std::size_t(row)] == 50 * std::max(row - depth, 0));
    }
  }
}

TEST_CASE("a latch takes the whole ramp and keeps every participating column's code") {
  std::mt19937 random(3);
  for (int seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const auto fidelity = seed % 2 ? stage::Fidelity::cycle : stage::Fidelity::row;
    fresh_kernel();
    const int columns = 1 + int(random() % 150), bits = 1 + int(random() % 6);
    const auto valid = std::uint32_t(random() % unsigned(columns + 1));
    const auto first = std::uint32_t(random() % 2 ? 0 : random() % unsigned(columns + 1));
    stage::Clock clock(200);
    Driver driver("driver");
    ima::RampIma ramp("ramp", {columns, 0, bits, fidelity});
    ima::MaskUnit mask("mask", blocked({columns}));
    topk::CodeLatch latch("latch", clock, {columns, bits, 4, fidelity});
    Recording registers("registers");
    Initiator host("host"), mask_host("mask_host");
    std::vector<stage::ConversionRecord> seen;
    Observer<stage::ConversionRecord> observer([&](const auto& record) { seen.push_back(record); });
    driver.out.bind(ramp.scores);
    ramp.codes.bind(latch.codes);
    ramp.crossings.bind(latch.crossings);
    latch.latched.bind(registers.in);
    latch.conversions.bind(observer);
    host.out.bind(ramp.control);
    ramp.mask.bind(mask);
    mask_host.out.bind(mask.control);
    const int lsb = 1 + int(random() % 9);
    host.at_start = [&] { host.write32(registers::ima::ramp_lsb.offset, std::uint32_t(lsb)); };
    mask_host.at_start = [&] {
      mask_host.write32(registers::mask::first_valid.offset, first);
      mask_host.write32(registers::mask::valid_tokens.offset, valid);
    };
    for (int c = 0; c < columns; ++c) driver.scores.push_back(int(random() % 400) - 200);
    sc_core::sc_start();
    Codes expected(std::size_t(columns), off);
    for (std::size_t c = first; c < valid; ++c)
      expected[c] = std::int16_t(arith::ramp_code(driver.scores[c], lsb, bits));
    REQUIRE(registers.writes.size() == 1);
    const auto& write = registers.writes[0];
    REQUIRE(values_of<std::int16_t>(write.data) == expected);
    REQUIRE(write.time + write.delay == clock.span(1 << bits));
    REQUIRE(write.tag.row == 3);
    REQUIRE(seen.size() == 1);
    REQUIRE(seen[0].crossbar == 4);
    REQUIRE(seen[0].steps == 1 << bits);
    REQUIRE(seen[0].cycles == 1 << bits);
  }
}

TEST_CASE("latches and code registers refuse malformed rows") {
  Registers r({blocked({2}), 1, 0, 1});
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  auto& array = *r.arrays[0];
  Bytes bytes(4);
  CHECK(array.write(0, Bytes(2)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(array.write(0, Bytes(6)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(array.read(0, bytes) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(array.write(0, bytes) == tlm::TLM_OK_RESPONSE);
}
