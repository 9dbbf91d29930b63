// SPDX-License-Identifier: Apache-2.0
#include "memory/bus.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "memory/memory.h"
#include "memory/requester.h"
#include "support/both_fidelities.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using testbenches::BusRequest;
using testbenches::Requester;
using Cycles = std::vector<std::int64_t>;

namespace {

constexpr bool read = false, write = true;

struct Plan {
  std::vector<BusRequest> requests;
  int deltas = 0;
};

/// Simulates one requester per port and returns when each request was served. `construction`: the
/// order in which the requesters are made, and with it that of their processes.
std::vector<Cycles> simulate(const std::vector<Plan>& plans, memory::Bus::Config config,
                             std::vector<std::size_t> construction = {}) {
  config.fidelity = testbenches::both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  memory::Memory memory("memory", 1 << 16);
  memory::Bus bus("bus", context, config);
  bus.memory.bind(memory.ports);
  std::vector<std::unique_ptr<Requester>> requesters(plans.size());
  if (construction.empty())
    for (std::size_t i = 0; i < plans.size(); ++i) construction.push_back(i);
  for (const auto i : construction)
    requesters[i] = std::make_unique<Requester>(("r" + std::to_string(i)).c_str(), context,
                                                plans[i].requests, plans[i].deltas);
  for (auto& requester : requesters) requester->out.bind(bus.ports);
  sc_core::sc_start();
  std::vector<Cycles> served;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    CHECK(requesters[i]->latency == Cycles(plans[i].requests.size(), config.latency_cycles));
    served.push_back(requesters[i]->served);
  }
  return served;
}

/// The arbiter once more, cycle by cycle and without events.
std::vector<Cycles> expected(const std::vector<Plan>& plans, int width) {
  struct Port {
    std::size_t next = 0;
    std::int64_t asks_at = 0;
    bool in_service = false;
  };
  struct Channel {
    std::int64_t free_at = 0;
    std::size_t turn = 0;
  };
  std::vector<Port> ports(plans.size());
  std::vector<Cycles> served(plans.size());
  Channel channels[2];
  std::size_t left = 0;
  for (std::size_t p = 0; p < plans.size(); ++p) {
    left += plans[p].requests.size();
    if (!plans[p].requests.empty()) ports[p].asks_at = plans[p].requests[0].gap;
  }
  for (std::int64_t cycle = 0; left > 0; ++cycle) {
    for (int direction = 0; direction < 2; ++direction) {
      auto& channel = channels[direction];
      if (channel.free_at > cycle) continue;
      for (std::size_t i = 0; i < ports.size(); ++i) {
        const std::size_t p = (channel.turn + i) % ports.size();
        auto& port = ports[p];
        const auto& requests = plans[p].requests;
        if (port.next == requests.size() || port.asks_at > cycle) continue;
        const auto& request = requests[port.next];
        if (request.write != (direction == 1)) continue;
        const std::int64_t end = cycle + (request.bytes + width - 1) / width;
        served[p].push_back(end);
        channel.free_at = end;
        channel.turn = (p + 1) % ports.size();
        --left;
        ++port.next;
        port.asks_at = port.next < requests.size() ? end + requests[port.next].gap : INT64_MAX;
        break;
      }
    }
  }
  return served;
}

}  // namespace

TEST_CASE("a transfer takes one cycle per bus width begun, and the latency is annotated") {
  struct Case {
    int bytes, width;
    std::int64_t beats;
  };
  for (const auto& [bytes, width, beats] :
       {Case{1, 16, 1}, Case{16, 16, 1}, Case{17, 16, 2}, Case{100, 16, 7}, Case{768, 16, 48},
        Case{3, 1, 3}, Case{100, 4096, 1}}) {
    CHECK(simulate({{{{0, read, bytes}}}}, {width, 20}) == std::vector<Cycles>{{beats}});
    CHECK(simulate({{{{5, write, bytes}}}}, {width, 0}) == std::vector<Cycles>{{5 + beats}});
  }
}

TEST_CASE("the latency is pipelined: transfers follow each other without a gap") {
  CHECK(simulate({{std::vector<BusRequest>(5, {0, read, 32})}}, {16, 20}) ==
        std::vector<Cycles>{{2, 4, 6, 8, 10}});
}

TEST_CASE("requests of one cycle are served in turn, the lowest port first") {
  const std::vector<BusRequest> two(2, {0, write, 32});
  CHECK(simulate({{two}, {two}, {two}}, {16, 20}) == std::vector<Cycles>{{2, 8}, {4, 10}, {6, 12}});
}

TEST_CASE("a port that has just been served is asked last") {
  // Port 0 asks again in the cycle in which port 1, waiting, and port 2, just arriving, ask.
  const std::vector<BusRequest> eager(3, {0, write, 64});
  CHECK(simulate({{eager}, {{{1, write, 16}}}, {{{4, write, 16}}}}, {16, 0}) ==
        std::vector<Cycles>{{4, 10, 14}, {5}, {6}});
}

TEST_CASE("the turn goes on to the next port even if that port has been silent so far") {
  // Ports 0 and 1 are served first. The turn is then at port 2, which asks together with port 0.
  CHECK(simulate({{{{0, read, 16}, {9, read, 16}}}, {{{0, read, 16}}}, {{{10, read, 16}}}},
                 {16, 0}) == std::vector<Cycles>{{1, 12}, {2}, {11}});
}

TEST_CASE("reads and writes do not wait for each other") {
  const std::vector<BusRequest> reads(3, {0, read, 48}), writes(3, {0, write, 16});
  CHECK(simulate({{reads}, {writes}}, {16, 20}) == std::vector<Cycles>{{3, 6, 9}, {1, 2, 3}});
}

TEST_CASE("the order of processes within a cycle changes nothing") {
  std::vector<Plan> plans;
  for (int p = 0; p < 4; ++p)
    plans.push_back({std::vector<BusRequest>(3, {p % 2, read, 16 + 8 * p}), 0});
  const auto reference = expected(plans, 16);
  std::vector<std::size_t> order{0, 1, 2, 3};
  int seed = 0;
  do {
    for (std::size_t p = 0; p < plans.size(); ++p) plans[p].deltas = (++seed * 7) % 5;
    REQUIRE(simulate(plans, {16, 3}, order) == reference);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("many requesters with random requests are served as an arbiter of clock cycles would") {
  for (unsigned seed = 0; seed < 150; ++seed) {
    std::mt19937 random(seed);
    const int width = 1 << random() % 6;
    std::vector<Plan> plans(1 + random() % 8);
    const unsigned gaps = 1 + random() % 12;
    for (auto& plan : plans) {
      plan.deltas = static_cast<int>(random() % 4);
      plan.requests.resize(random() % 12);
      for (auto& request : plan.requests)
        request = {static_cast<std::int64_t>(random() % gaps), random() % 2 == 1,
                   static_cast<int>(1 + random() % (6 * width))};
    }
    std::vector<std::size_t> order(plans.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    INFO("seed " << seed);
    REQUIRE(simulate(plans, {width, 20}, order) == expected(plans, width));
  }
}

TEST_CASE("data cross the bus, and the memory's answer comes back") {
  const auto fidelity = testbenches::both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  memory::Memory memory("memory", 16);
  memory::Bus bus("bus", context, {16, 20, fidelity});
  bus.memory.bind(memory.ports);
  Requester fits("fits", context, {{0, write, 16}}), too_long("too_long", context, {{0, read, 17}});
  Requester empty("empty", context, {{0, read, 0}});
  for (auto* requester : {&fits, &too_long, &empty}) requester->out.bind(bus.ports);
  sc_core::sc_start();
  CHECK(fits.responses[0] == tlm::TLM_OK_RESPONSE);
  CHECK(too_long.responses[0] == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(empty.responses[0] == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(empty.served[0] == 0);
}

TEST_CASE("clock by clock the memory sees each beat at the end of its cycle") {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  testbenches::Recording memory("memory");
  memory::Bus bus("bus", context, {16, 20, stage::Fidelity::cycle});
  bus.memory.bind(memory.in);
  Requester store("store", context, {{3, write, 40}});
  store.out.bind(bus.ports);
  sc_core::sc_start();
  CHECK(store.served == Cycles{6});
  REQUIRE(memory.writes.size() == 3);
  const std::size_t bytes[] = {16, 16, 8};
  for (std::size_t beat = 0; beat < 3; ++beat) {
    CHECK(memory.writes[beat].time == context.clock.time_of(std::int64_t(4 + beat)));
    CHECK(memory.writes[beat].address == 16 * beat);
    CHECK(memory.writes[beat].data.size() == bytes[beat]);
  }
}

TEST_CASE("debug access passes the bus without time") {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  memory::Memory memory("memory", 16);
  memory::Bus bus("bus", context, {16, 20});
  bus.memory.bind(memory.ports);
  testbenches::Initiator cpu("cpu");
  cpu.out.bind(bus.ports);
  testbenches::elaborate();
  testbenches::Bytes data{1, 2, 3, 4}, back(4);
  CHECK(cpu.out->transport_dbg(cpu.payload.write(data.data(), 4, 4)) == 4);
  CHECK(cpu.out->transport_dbg(cpu.payload.read(back.data(), 4, 4)) == 4);
  CHECK(back == data);
  CHECK(cpu.out->transport_dbg(cpu.payload.read(back.data(), 4, 14)) == 0);
}

TEST_CASE("each direction's account adds up to the run") {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  memory::Memory memory("memory", 256);
  memory::Bus bus("bus", context, {16, 20});
  bus.memory.bind(memory.ports);
  Requester reader("reader", context, {{3, read, 64}, {5, read, 16}});
  reader.out.bind(bus.ports);
  sc_core::sc_start();
  context.ledger.close(100);
  const auto& reads = testbenches::account_of(context, "bus.read");
  CHECK(reads.rows == 2);
  CHECK(reads.busy == 5);
  CHECK(reads.starved == 95);
  CHECK(reads.blocked == 0);
  CHECK(testbenches::account_of(context, "bus.write").starved == 100);
}
