// SPDX-License-Identifier: Apache-2.0
#include "stage/stage.h"

#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "config/errors.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using stage::Context, stage::Clock, stage::Ledger;
using Cycles = std::vector<std::int64_t>;

namespace {

constexpr std::size_t longest_row = 8;

/// Passes rows on unchanged, each after its own number of cycles.
class Worker : public stage::Stage {
 public:
  Worker(const sc_core::sc_module_name& module, Context& context, int depth, Cycles service)
      : Stage(module, context, static_cast<const char*>(module), stage::kinds::score, depth,
              stage::RowFormat{1, longest_row}),
        service_(std::move(service)) {}

  Cycles taken;

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override {
    output = row.data;
    return service_.at(row.tag.row);
  }
  void handed_on(const stage::RowTag&, stage::NodeId) override {
    taken.push_back(context_.clock.now());
  }

  Cycles service_;
};

struct Chain {
  Context context{Clock(200), Ledger()};
  RowSource source{"source", context};
  RowSink sink{"sink", context};
  std::vector<std::unique_ptr<Worker>> workers;

  Chain(const std::vector<int>& depths, const std::vector<Cycles>& service) {
    for (std::size_t s = 0; s < depths.size(); ++s)
      workers.push_back(std::make_unique<Worker>(sc_core::sc_gen_unique_name("worker"), context,
                                                 depths[s], service[s]));
    source.out.bind(workers.front()->in);
    for (std::size_t s = 1; s < workers.size(); ++s) workers[s - 1]->out.bind(workers[s]->in);
    workers.back()->out.bind(sink.in);
  }
  const stage::Account& account(std::size_t s) const {
    return context.ledger.accounts()[std::size_t(workers[s]->id())];
  }
};

}  // namespace

TEST_CASE("hand-off costs no cycle: a row alone takes the sum of the services, unchanged") {
  Chain chain({2, 2, 2}, {{16}, {9}, {66}});
  auto tag = tag_of(0, 3, 7);
  tag.id = 12345;
  chain.source.add(4, tag, {1, 2, 255});
  sc_core::sc_start();
  CHECK(chain.source.returned == Cycles{4});
  REQUIRE(chain.sink.cycles() == Cycles{4 + 16 + 9 + 66});
  const auto& row = chain.sink.rows[0];
  CHECK(row.data == Bytes{1, 2, 255});
  CHECK(row.tag.id == 12345);
  CHECK(row.tag.sequence == 3);
  CHECK(row.tag.head == 7);
}

TEST_CASE("a queue of depth 2 holds two rows beside the one in service, then blocks the sender") {
  Chain chain({2}, {Cycles(5, 10)});
  for (unsigned char r = 0; r < 5; ++r) chain.source.add({r});
  sc_core::sc_start();
  CHECK(chain.source.returned == Cycles{0, 0, 0, 10, 20});
  CHECK(chain.sink.cycles() == Cycles{10, 20, 30, 40, 50});
}

TEST_CASE("with depth 0 a stage holds only the row in service") {
  Chain chain({0}, {Cycles(4, 10)});
  for (unsigned char r = 0; r < 4; ++r) chain.source.add({r});
  sc_core::sc_start();
  CHECK(chain.source.returned == Cycles{0, 10, 20, 30});
  CHECK(chain.sink.cycles() == Cycles{10, 20, 30, 40});
}

TEST_CASE("a row keeps its place until the next stage has taken the result") {
  Chain chain({0}, {Cycles(3, 10)});
  chain.sink.hold = [](std::size_t) { return 25; };
  for (unsigned char r = 0; r < 3; ++r) chain.source.add({r});
  sc_core::sc_start();
  CHECK(chain.sink.cycles() == Cycles{10, 45, 80});
  CHECK(chain.source.returned == Cycles{0, 35, 70});
  CHECK(chain.workers[0]->taken == Cycles{35, 70, 105});
}

TEST_CASE("busy, starved and blocked cycles add up to the run, each with its cause, by hand") {
  // Rows arrive at 5 and 100; the sink holds each for 7 cycles; the run ends at 150.
  Chain chain({2, 2}, {{10, 10}, {30, 30}});
  chain.sink.hold = [](std::size_t) { return 7; };
  chain.source.add(5, tag_of(0), {0});
  chain.source.add(100, tag_of(1), {1});
  sc_core::sc_start(chain.context.clock.span(150));
  chain.context.ledger.close(150);
  const auto first = chain.account(0), second = chain.account(1);
  const auto source = chain.source.id, sink = chain.sink.id;
  // First: waits 0..5, serves ..15, waits ..100, serves ..110, waits ..150.
  CHECK(first.rows == 2);
  CHECK(first.busy == 20);
  CHECK(first.starved == 130);
  CHECK(causes(first.starved_by) == Causes{{source, 90}, {stage::nobody, 40}});
  CHECK(first.blocked == 0);
  // Second: waits 0..15, serves ..45, held ..52, waits ..110, serves ..140, held ..147, waits
  // ..150.
  const auto by = chain.workers[0]->id();
  CHECK(second.busy == 60);
  CHECK(causes(second.starved_by) == Causes{{by, 73}, {stage::nobody, 3}});
  CHECK(causes(second.blocked_by) == Causes{{sink, 14}});
  CHECK(second.busy + second.starved + second.blocked == 150);
}

TEST_CASE("a full queue downstream blocks a stage, and is named as the cause") {
  Chain chain({0, 0}, {Cycles(3, 10), Cycles(3, 100)});
  for (unsigned char r = 0; r < 3; ++r) chain.source.add({r});
  sc_core::sc_start();
  chain.context.ledger.close(310);
  // Row 1 is finished at 20 and taken at 110; row 2 at 120 and 210.
  CHECK(chain.workers[0]->taken == Cycles{10, 110, 210});
  CHECK(chain.account(0).busy == 30);
  CHECK(causes(chain.account(0).blocked_by) == Causes{{chain.workers[1]->id(), 180}});
  CHECK(causes(chain.account(0).starved_by) == Causes{{stage::nobody, 100}});
}

TEST_CASE("a stage still blocked when the run ends is accounted up to the end") {
  Chain chain({0}, {{10}});
  chain.sink.hold = [](std::size_t) { return 1000; };
  chain.source.add({0});
  sc_core::sc_start(chain.context.clock.span(60));
  CHECK(chain.account(0).activity == stage::Activity::blocked);
  CHECK(chain.account(0).since == 10);
  chain.context.ledger.close(60);
  CHECK(chain.account(0).busy == 10);
  CHECK(causes(chain.account(0).blocked_by) == Causes{{stage::nobody, 50}});
}

TEST_CASE("the ledger knows what a stage is doing, since when and for whom") {
  Chain chain({2}, {{10, 10}});
  chain.source.add(3, tag_of(0), {0});
  chain.source.add(3, tag_of(1), {0});
  sc_core::sc_start(chain.context.clock.span(1));
  CHECK(chain.account(0).activity == stage::Activity::starved);
  CHECK(chain.account(0).since == 0);
  CHECK(chain.account(0).held == 0);
  sc_core::sc_start(chain.context.clock.span(5));
  CHECK(chain.account(0).activity == stage::Activity::busy);
  CHECK(chain.account(0).since == 3);
  CHECK(chain.account(0).row.row == 0);
  CHECK(chain.account(0).held == 2);
  CHECK(chain.account(0).fed_by == chain.source.id);
}

TEST_CASE("rows of zero cycles pass within the cycle they arrive in, in order") {
  Chain chain({0, 0}, {{0, 5, 0, 0, 5, 0}, {0, 0, 0, 7, 0, 0}});
  for (unsigned char r = 0; r < 6; ++r) chain.source.add({r});
  sc_core::sc_start();
  // Row 4 is served by the first stage from 5 to 10 while row 3 keeps the second until 12.
  CHECK(chain.sink.cycles() == Cycles{0, 5, 5, 12, 12, 12});
  for (std::size_t r = 0; r < 6; ++r) CHECK(chain.sink.rows[r].tag.row == r);
  CHECK(chain.account(0).rows == 6);
}

TEST_CASE("malformed row transactions are refused, each with its own response") {
  Context context{Clock(200), Ledger()};
  Worker worker("worker", context, 2, {5});
  RowSink sink("sink", context);
  Initiator host("host");
  host.out.bind(worker.in);
  worker.out.bind(sink.in);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  Bytes row(longest_row), enables(longest_row, 0xff), too_long(longest_row + 1);
  auto& payload = host.payload;
  CHECK(host.send(payload.read(row.data(), row.size(), 0)) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  auto& ignore = payload.write(row.data(), row.size());
  ignore.set_command(tlm::TLM_IGNORE_COMMAND);
  CHECK(host.send(ignore) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  auto& masked = payload.write(row.data(), row.size());
  masked.set_byte_enable_ptr(enables.data());
  masked.set_byte_enable_length(longest_row);
  CHECK(host.send(masked) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  CHECK(host.send(payload.write(row.data(), 0)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(host.write(0, too_long) == tlm::TLM_BURST_ERROR_RESPONSE);
  auto& streaming = payload.write(row.data(), row.size());
  streaming.set_streaming_width(4);
  CHECK(host.send(streaming) == tlm::TLM_BURST_ERROR_RESPONSE);
  tlm::tlm_generic_payload plain;
  plain.set_command(tlm::TLM_WRITE_COMMAND);
  plain.set_data_ptr(row.data());
  plain.set_data_length(longest_row);
  plain.set_streaming_width(longest_row);
  CHECK(host.send(plain) == tlm::TLM_GENERIC_ERROR_RESPONSE);
  CHECK(host.delay == sc_core::SC_ZERO_TIME);
  sc_core::sc_start(context.clock.span(100));
  CHECK(sink.rows.empty());

  host.payload.extension.cause =
      context.ledger.event(worker.id(), Ledger::start, Ledger::start, 100, 100);
  CHECK(host.write(0, row) == tlm::TLM_OK_RESPONSE);
  CHECK(host.payload.extension.taken_by == worker.id());
  sc_core::sc_start();
  CHECK(sink.rows.size() == 1);
}

TEST_CASE("a refusal by the next stage ends the simulation with the response in the message") {
  Context context{Clock(200), Ledger()};
  Worker worker("worker", context, 2, {5});
  Recording next("next");
  next.response = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  RowSource source("source", context);
  source.out.bind(worker.in);
  worker.out.bind(next.in);
  source.add({1});
  CHECK_THROWS_WITH(sc_core::sc_start(),
                    Catch::Contains("worker") && Catch::Contains("TLM_ADDRESS_ERROR_RESPONSE"));
}

TEST_CASE("a random tandem keeps to the max-plus recurrence, in every cycle and every account") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
    const std::size_t stages = 1 + random() % 5, rows = 1 + random() % 40;
    std::vector<int> depth(stages);
    std::vector<Cycles> service(stages, Cycles(rows));
    for (auto& d : depth) d = static_cast<int>(below(4));
    for (auto& of_stage : service)
      for (auto& cycles : of_stage) cycles = below(3) ? below(12) : 0;
    Cycles offered(rows), hold(rows);
    for (auto& cycle : offered) cycle = below(8 * unsigned(rows));
    for (auto& cycles : hold) cycles = below(2) ? below(15) : 0;

    Chain chain(depth, service);
    chain.sink.hold = [&](std::size_t r) { return hold[r]; };
    for (std::size_t r = 0; r < rows; ++r)
      chain.source.add(offered[r], tag_of(std::uint32_t(r)), {static_cast<unsigned char>(r)});
    sc_core::sc_start();

    // in[s][r]: row r enters stage s (or the sink's far side, s = stages). It does so when it is
    // ready and row r - depth - 1 has left that stage, which is when it entered the one behind.
    std::vector<Cycles> in(stages + 1, Cycles(rows)), ready(stages + 1, Cycles(rows));
    const auto at = [&](const Cycles& cycles, std::size_t r, std::size_t back) {
      return r < back ? std::int64_t{0} : cycles[r - back];
    };
    for (std::size_t r = 0; r < rows; ++r) {
      ready[0][r] = std::max(offered[r], at(in[0], r, 1));
      for (std::size_t s = 0; s < stages; ++s) {
        in[s][r] = std::max(ready[s][r], at(in[s + 1], r, std::size_t(depth[s]) + 1));
        ready[s + 1][r] = std::max(in[s][r], at(in[s + 1], r, 1)) + service[s][r];
      }
      in[stages][r] = ready[stages][r] + hold[r];
    }
    REQUIRE(chain.source.returned == in[0]);
    REQUIRE(chain.sink.cycles() == ready[stages]);
    const std::int64_t end = in[stages].back() + 13;
    chain.context.ledger.close(end);
    for (std::size_t s = 0; s < stages; ++s) {
      REQUIRE(chain.workers[s]->taken == in[s + 1]);
      std::int64_t busy = 0, starved = 0, blocked = 0;
      for (std::size_t r = 0; r < rows; ++r) {
        busy += service[s][r];
        starved += std::max<std::int64_t>(in[s][r] - at(in[s + 1], r, 1), 0);
        blocked += in[s + 1][r] - ready[s + 1][r];
      }
      const auto& account = chain.account(s);
      const auto before = s == 0 ? chain.source.id : chain.workers[s - 1]->id();
      REQUIRE(account.busy == busy);
      REQUIRE(account.starved - starved == end - in[s + 1].back());
      REQUIRE(causes(account.starved_by)[before] == starved);
      REQUIRE(account.blocked == blocked);
      REQUIRE(account.busy + account.starved + account.blocked == end);
    }
  }
}
