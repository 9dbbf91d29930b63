// SPDX-License-Identifier: Apache-2.0
#include "pipeline/query_distributor.h"

#include <catch2/catch.hpp>
#include <memory>

#include "config/errors.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"
#include "support/script.h"

using namespace topkima;
using testbenches::Bytes;
using testbenches::RowSink;
using testbenches::Script;
using testbenches::tag_of;
namespace reg = registers::distributor;
using Cycles = std::vector<std::int64_t>;

namespace {

constexpr int heads = 2, d_k = 3, rows = 4;
enum Mode : std::uint32_t { bypass, stream, one_row };

/// Row r of sequence s holds 30 s + 6 r + 0 .. 5: head 0 takes the first three, head 1 the others.
Bytes row_of(std::uint32_t row, std::uint32_t sequence) {
  Bytes bytes;
  for (int i = 0; i < heads * d_k; ++i)
    bytes.push_back(static_cast<unsigned char>(30 * sequence + 6 * row + i));
  return bytes;
}

struct Setup {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  testbenches::RowSource source{"source", context};
  pipeline::QueryDistributor distributor{"distributor", context, {heads, 1, d_k, rows, 2}};
  RowSink head0{"head0", context}, head1{"head1", context};
  Script control, finished;
  testbenches::Recording doorbell{"doorbell"};

  explicit Setup(
      Script::Steps control_steps, Script::Steps finished_steps = [](Script&) {})
      : control("control", context, std::move(control_steps)),
        finished("finished", context, std::move(finished_steps)) {
    source.out.bind(distributor.in);
    distributor.heads[0].bind(head0.in);
    distributor.heads[1].bind(head1.in);
    control.out.bind(distributor.control);
    finished.out.bind(distributor.finished);
    distributor.doorbell.bind(doorbell.in);
  }

  /// Rows of `sequences` sequences, as fast as they are taken from cycle `from` on.
  void offer(std::uint32_t sequences = 1, std::int64_t from = 0) {
    for (std::uint32_t s = 0; s < sequences; ++s)
      for (std::uint32_t r = 0; r < rows; ++r) source.add(from, tag_of(r, s), row_of(r, s));
  }
};

Script::Steps mode_and_release(Mode mode, std::int64_t at = 0) {
  return [=](Script& script) {
    script.write(reg::mode.offset, mode);
    script.until(at);
    script.write(reg::release.offset, 0);
  };
}

}  // namespace

TEST_CASE("each head gets its slice of every row, with an identity of its own") {
  for (const Mode mode : {bypass, stream}) {
    testbenches::fresh_kernel();
    Setup s([mode](Script& script) {
      script.write(reg::mode.offset, mode);
      script.write(reg::release.offset, 0);
      script.write(reg::release.offset, 1);
    });
    s.offer(2, 1);
    sc_core::sc_start();
    const RowSink* sinks[] = {&s.head0, &s.head1};
    for (int h = 0; h < heads; ++h) {
      REQUIRE(sinks[h]->rows.size() == 2 * rows);
      for (std::uint32_t i = 0; i < 2 * rows; ++i) {
        const auto& row = sinks[h]->rows[i];
        const auto whole = row_of(i % rows, i / rows);
        CHECK(row.data == Bytes(whole.begin() + h * d_k, whole.begin() + (h + 1) * d_k));
        CHECK(row.tag.row == i % rows);
        CHECK(row.tag.sequence == i / rows);
        CHECK(row.tag.head == h);
        CHECK(row.tag.id == (i / rows * heads + std::uint64_t(h)) * rows + i % rows);
      }
    }
  }
}

TEST_CASE("bypass holds the sender until every head has taken its slice") {
  Setup s(mode_and_release(bypass));
  s.offer(1, 10);
  s.head0.hold = [](std::size_t) { return 3; };
  s.head1.hold = [](std::size_t row) { return row == 1 ? 7 : 2; };
  sc_core::sc_start();
  // Row 0 is taken after max(3, 2), row 1 after max(3, 7), then 3 each.
  CHECK(s.source.returned == Cycles{13, 20, 23, 26});
  CHECK(s.head0.cycles() == Cycles{10, 13, 20, 23});
  CHECK(s.head1.cycles() == Cycles{10, 13, 20, 23});
}

TEST_CASE("bypass holds rows until their sequence is released") {
  Setup s(mode_and_release(bypass, 50));
  s.offer(1, 10);
  s.head0.hold = s.head1.hold = [](std::size_t) { return 2; };
  sc_core::sc_start();
  CHECK(s.head0.cycles() == Cycles{50, 52, 54, 56});
  CHECK(s.source.returned == Cycles{52, 54, 56, 58});
}

TEST_CASE("stream takes rows ahead of the heads, and each head takes them at its own pace") {
  Setup s(mode_and_release(stream));
  s.offer(1, 10);
  s.head0.hold = [](std::size_t) { return 3; };
  s.head1.hold = [](std::size_t) { return 5; };
  sc_core::sc_start();
  CHECK(s.source.returned == Cycles{10, 10, 10, 10});
  CHECK(s.head0.cycles() == Cycles{10, 13, 16, 19});
  CHECK(s.head1.cycles() == Cycles{10, 15, 20, 25});
}

TEST_CASE("stream buffers the sequences it holds, then the slowest head makes room") {
  Setup s(mode_and_release(stream, 100));
  s.offer(3, 1);  // two sequences of four rows fit
  s.head0.hold = [](std::size_t) { return 3; };
  s.head1.hold = [](std::size_t) { return 5; };
  sc_core::sc_start();
  // Only sequence 0 is released: head 1 frees its four places every five cycles.
  CHECK(s.source.returned == Cycles{1, 1, 1, 1, 1, 1, 1, 1, 105, 110, 115, 120});
  CHECK(s.head0.rows.size() == rows);
  CHECK(s.head1.rows.size() == rows);
}

TEST_CASE("a release lets the rows of one more sequence go, in the cycle in which it is written") {
  Setup s([](Script& script) {
    script.write(reg::mode.offset, stream);
    script.until(20);
    script.write(reg::release.offset, 0);
    script.until(70);
    script.write(reg::release.offset, 1);
  });
  s.offer(2, 1);
  sc_core::sc_start();
  CHECK(s.head0.cycles() == Cycles{20, 20, 20, 20, 70, 70, 70, 70});
}

TEST_CASE("one_row sends a head its next row when its last one is finished, each head by itself") {
  Setup s(mode_and_release(one_row), [](Script& script) {
    for (const auto& [cycle, head] : std::vector<std::pair<std::int64_t, std::uint64_t>>{
             {20, 0}, {22, 1}, {25, 0}, {40, 0}, {60, 1}}) {
      script.until(cycle);
      script.write(head, 0);
    }
  });
  s.offer(1, 10);
  s.head0.hold = s.head1.hold = [](std::size_t) { return 1; };
  sc_core::sc_start();
  CHECK(s.source.returned == Cycles{10, 10, 10, 10});
  CHECK(s.head0.cycles() == Cycles{10, 20, 25, 40});
  CHECK(s.head1.cycles() == Cycles{10, 22, 60});  // its third row was never finished
}

namespace {

/// Both heads take turns in one chain.
struct Turns {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  testbenches::RowSource source{"source", context};
  pipeline::QueryDistributor distributor{"distributor", context, {heads, 2, d_k, rows, 2}};
  RowSink chain{"chain", context};
  Script control, finished;

  explicit Turns(
      Mode mode, Script::Steps finished_steps = [](Script&) {})
      : control("control", context, mode_and_release(mode)),
        finished("finished", context, std::move(finished_steps)) {
    source.out.bind(distributor.in);
    REQUIRE(distributor.heads.size() == 1);
    distributor.heads[0].bind(chain.in);
    control.out.bind(distributor.control);
    finished.out.bind(distributor.finished);
    for (std::uint32_t r = 0; r < rows; ++r) source.add(10, tag_of(r), row_of(r, 0));
  }
};

}  // namespace

TEST_CASE("heads that share a chain have their queries in it in the order of heads, then rows") {
  for (const Mode mode : {bypass, stream}) {
    testbenches::fresh_kernel();
    Turns t(mode);
    t.chain.hold = [](std::size_t) { return 3; };
    sc_core::sc_start();
    REQUIRE(t.chain.rows.size() == heads * rows);
    for (std::uint32_t turn = 0; turn < heads * rows; ++turn) {
      const auto& row = t.chain.rows[turn];
      const std::uint32_t r = turn / 2, head = turn % 2;
      CHECK(row.tag.head == head);
      CHECK(row.tag.row == r);
      CHECK(row.tag.id == head * rows + r);
      const Bytes whole = row_of(r, 0);
      CHECK(row.data == Bytes(whole.begin() + head * d_k, whole.begin() + (head + 1) * d_k));
    }
    CHECK(t.chain.cycles() == Cycles{10, 13, 16, 19, 22, 25, 28, 31});
    // In bypass the sender is free when both queries of its row have been taken.
    CHECK(t.source.returned == (mode == bypass ? Cycles{16, 22, 28, 34} : Cycles{10, 10, 10, 10}));
  }
}

TEST_CASE("one_row sends a shared chain its next query when the last head's one is finished") {
  Turns t(one_row, [](Script& script) {
    for (const auto& [cycle, head] : std::vector<std::pair<std::int64_t, std::uint64_t>>{
             {20, 0}, {33, 1}, {47, 0}}) {
      script.until(cycle);
      script.write(head, 0);
    }
  });
  sc_core::sc_start();
  CHECK(t.chain.cycles() == Cycles{10, 20, 33, 47});
}

TEST_CASE("the doorbell rings with the last row: received, or in bypass taken by all heads") {
  for (const Mode mode : {bypass, stream}) {
    testbenches::fresh_kernel();
    Setup s([mode](Script& script) {
      script.write(reg::mode.offset, mode);
      script.write(reg::release.offset, 0);
      script.write(reg::release.offset, 1);
    });
    s.offer(2, 10);
    s.head0.hold = [](std::size_t) { return 3; };
    sc_core::sc_start();
    REQUIRE(s.doorbell.writes.size() == 2);
    for (std::uint32_t i = 0; i < 2; ++i) {
      const auto& ring = s.doorbell.writes[i];
      CHECK(ring.address == registers::controller::doorbell.offset);
      CHECK(ring.data == Bytes{1, 0, 0, 0});
      CHECK(ring.tag.sequence == i);
      CHECK(ring.delay == sc_core::SC_ZERO_TIME);
      CHECK(ring.time == s.context.clock.time_of(mode == bypass ? 10 + 12 * (i + 1) : 10));
    }
  }
}

TEST_CASE("a distributor without a doorbell works alike") {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  testbenches::RowSource source("source", context);
  pipeline::QueryDistributor distributor("distributor", context, {1, 1, 6, 1, 1});
  RowSink head("head", context);
  Script control("control", context, mode_and_release(bypass)),
      finished("finished", context, [](Script&) {});
  source.out.bind(distributor.in);
  distributor.heads[0].bind(head.in);
  control.out.bind(distributor.control);
  finished.out.bind(distributor.finished);
  source.add(5, tag_of(0), row_of(0, 0));
  sc_core::sc_start();
  CHECK(head.cycles() == Cycles{5});
}

TEST_CASE("registers and notices that do not exist are answered with errors") {
  std::vector<tlm::tlm_response_status> answers;
  Setup s(
      [&](Script& script) {
        answers.push_back(script.write(0x08, 1));
        answers.push_back(script.write(reg::mode.offset + 1, 1));
        CHECK_THROWS_AS(script.read(reg::release.offset), SimulationError);
        script.write(reg::mode.offset, one_row);
        CHECK(script.read(reg::mode.offset) == one_row);
      },
      [&](Script& script) {
        script.until(1);
        answers.push_back(script.write(heads, 0));
      });
  sc_core::sc_start();
  CHECK(answers == std::vector<tlm::tlm_response_status>(3, tlm::TLM_ADDRESS_ERROR_RESPONSE));
}

TEST_CASE("a row that is longer than all heads' slices is refused") {
  Setup s([](Script&) {});
  sc_core::sc_start(s.context.clock.span(1));
  const Bytes data(heads * d_k + 1);
  stage::RowPayload payload;
  sc_core::sc_time delay;
  auto& transaction = payload.write(data.data(), data.size());
  s.source.out->b_transport(transaction, delay);
  CHECK(transaction.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_CASE("a row that is shorter than all heads' slices is refused") {
  Setup s(mode_and_release(stream));
  sc_core::sc_start(s.context.clock.span(1));
  const Bytes data(heads * d_k - 1);
  stage::RowPayload payload;
  sc_core::sc_time delay;
  auto& transaction = payload.write(data.data(), data.size());
  s.source.out->b_transport(transaction, delay);
  CHECK(transaction.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
}
