// SPDX-License-Identifier: Apache-2.0
#include "axi/axi_lite_front.h"

#include <catch2/catch.hpp>
#include <random>

#include "axi/lite_bench.h"
#include "support/fresh_kernel.h"

using namespace topkima;
using namespace topkima::testbenches;
using axi::decerr;
using axi::okay;
using axi::slverr;
using Edges = std::vector<std::int64_t>;

TEST_CASE("AXI4-Lite: without contention a response follows its request by one cycle") {
  LiteBench<> t;
  for (const std::uint32_t word : {0x11223344u, 5u, 6u}) t.write(4 * word % 64, word);
  for (int i = 0; i < 3; ++i) t.read(0x40);
  t.ram.bytes[0x41] = 7;
  t.run(12);
  // Ready after edge 0; the manager offers after edge 0 as well.
  CHECK(t.aw.taken == Edges{1, 3, 5});
  CHECK(t.w.taken == Edges{1, 3, 5});
  CHECK(t.b.taken == Edges{2, 4, 6});
  CHECK(t.b.beats == std::vector<std::uint32_t>{okay, okay, okay});
  CHECK(t.ar.taken == Edges{1, 3, 5});
  CHECK(t.r.taken == Edges{2, 4, 6});
  CHECK(t.r.beats[2].data == 0x700);
  CHECK(t.ram.bytes[0x10] == 0x44);  // 4 * 0x11223344 % 64
  CHECK(t.ram.bytes[0x13] == 0x11);
  CHECK(t.ram.accesses[0] == Ram::Access{clock_period, true, 0x10, 4, false});
  CHECK(t.checker.violations.empty());
}

TEST_CASE("AXI4-Lite: time spent and time annotated pass before the response, up to an edge") {
  struct Case {
    int spends, annotates;  ///< ns
    std::int64_t latency;   ///< cycles between the handshakes of request and response
  };
  for (const auto& [spends, annotates, latency] : {Case{0, 0, 1},
                                                   {0, 1, 2},
                                                   {1, 0, 2},
                                                   {0, 10, 2},
                                                   {10, 0, 2},
                                                   {9, 1, 2},
                                                   {9, 2, 3},
                                                   {30, 0, 4},
                                                   {0, 30, 4},
                                                   {15, 16, 5},
                                                   {1000, 2000, 301}}) {
    INFO(spends << " + " << annotates << " ns");
    fresh_kernel();
    LiteBench<> t;
    t.ram.spends = [ns = spends] { return sc_core::sc_time(ns, sc_core::SC_NS); };
    t.ram.annotates = [ns = annotates] { return sc_core::sc_time(ns, sc_core::SC_NS); };
    t.write(0, 1);
    t.read(0);
    t.run(400);
    REQUIRE(t.b.taken.size() == 1);
    CHECK(t.b.taken[0] - t.w.taken[0] == latency);
    CHECK(t.r.taken[0] - t.ar.taken[0] == latency);
    CHECK(t.checker.violations.empty());
  }
}

TEST_CASE(
    "AXI4-Lite: a target on the same clock is answered for after the edge that it ends with") {
  for (const int edges : {1, 2, 7}) {
    fresh_kernel();
    LiteBench<> t;
    t.ram.edge = &t.clk.posedge_event();
    t.ram.edges = edges;
    t.write(0, 1);
    t.read(0);
    t.run(20);
    REQUIRE(t.b.taken.size() == 1);
    CHECK(t.b.taken[0] - t.w.taken[0] == edges + 1);
    CHECK(t.r.taken[0] - t.ar.taken[0] == edges + 1);
    CHECK(t.checker.violations.empty());
  }
}

TEST_CASE("AXI4-Lite: address and data of a write come in either order, any time apart") {
  for (const int address_first : {-9, -2, -1, 0, 1, 2, 9}) {
    INFO(address_first);
    fresh_kernel();
    LiteBench<> t;
    int aw_gap = std::max(0, -address_first), w_gap = std::max(0, address_first);
    t.aw.gap = [&] { return aw_gap; };
    t.w.gap = [&] { return w_gap; };
    for (std::uint32_t i = 0; i < 4; ++i) t.write(4 * i, 100 + i);
    t.run(60);
    REQUIRE(t.b.beats.size() == 4);
    for (std::uint32_t i = 0; i < 4; ++i) {
      CHECK(t.ram.bytes[4 * i] == 100 + i);
      CHECK(t.b.taken[i] == std::max(t.aw.taken[i], t.w.taken[i]) + 1);
      if (i > 0) {
        CHECK(t.w.taken[i] - t.aw.taken[i] ==
              address_first - (address_first > 0) + (address_first < 0));
        CHECK(std::min(t.aw.taken[i], t.w.taken[i]) > t.b.taken[i - 1]);
      }
    }
    CHECK(t.checker.violations.empty());
  }
}

TEST_CASE("AXI4-Lite: the target's answers become OKAY, DECERR or SLVERR") {
  const std::pair<tlm::tlm_response_status, std::uint32_t> answers[] = {
      {tlm::TLM_OK_RESPONSE, okay},
      {tlm::TLM_ADDRESS_ERROR_RESPONSE, decerr},
      {tlm::TLM_COMMAND_ERROR_RESPONSE, slverr},
      {tlm::TLM_BURST_ERROR_RESPONSE, slverr},
      {tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, slverr},
      {tlm::TLM_GENERIC_ERROR_RESPONSE, slverr},
      {tlm::TLM_INCOMPLETE_RESPONSE, slverr}};
  for (const auto& [answer, response] : answers) {
    INFO(answer);
    fresh_kernel();
    LiteBench<> t;
    t.ram.bytes[4] = 9;
    t.ram.refusal = answer;
    t.write(0, 1);
    t.read(4);
    t.run(10);
    REQUIRE(t.b.beats == std::vector<std::uint32_t>{response});
    CHECK(t.r.beats[0].response == response);
    CHECK(t.r.beats[0].data == (response == okay ? 9 : 0));
  }
}

TEST_CASE("AXI4-Lite: addresses inside a word are refused without an access") {
  LiteBench<> t;
  for (const std::uint64_t address : {1, 2, 3, 0x43}) {
    t.write(address, 1);
    t.read(address);
  }
  t.run(20);
  CHECK(t.b.beats == std::vector<std::uint32_t>(4, slverr));
  CHECK(t.r.beats.size() == 4);
  for (const auto& beat : t.r.beats) CHECK(beat.response == slverr);
  CHECK(t.ram.accesses.empty());
}

TEST_CASE("AXI4-Lite: strobes of part of a word become byte enables, none writes nothing") {
  for (const bool takes : {true, false}) {
    fresh_kernel();
    LiteBench<> t;
    t.ram.takes_byte_enables = takes;
    for (std::uint32_t strobes = 0; strobes < 16; ++strobes)
      t.write(4 * strobes, 0x04030201, strobes);
    t.run(60);
    REQUIRE(t.b.beats.size() == 16);
    for (std::uint32_t strobes = 0; strobes < 16; ++strobes) {
      const bool done = takes || strobes == 0xf || strobes == 0;
      CHECK(t.b.beats[strobes] == (done ? okay : slverr));
      for (unsigned i = 0; i < 4; ++i)
        CHECK(t.ram.bytes[4 * strobes + i] == (done && strobes >> i & 1 ? i + 1 : 0));
    }
    CHECK(t.ram.accesses.size() == 15);
    CHECK_FALSE(t.ram.accesses.back().enables);
  }
}

TEST_CASE("AXI4-Lite: random accesses under back-pressure do what a plain memory does") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    fresh_kernel();
    std::mt19937 random(seed);
    LiteBench<> t;
    const auto below = [&](unsigned bound) { return random() % bound; };
    const unsigned laziness = 1 + below(6);
    t.ram.base = 0xff'ffff'ff00;  // the end of 40 bits
    if (below(2)) t.ram.spends = [&] { return below(40) * sc_core::sc_time(1, sc_core::SC_NS); };
    if (below(2)) t.ram.annotates = [&] { return below(4) * clock_period / 2; };
    t.aw.gap = t.w.gap = t.ar.gap = [&] { return int(below(laziness)); };
    t.b.willing = t.r.willing = [&] { return below(laziness) == 0; };

    // Reads go to the half that no write of the same round goes to.
    std::vector<unsigned char> model(t.ram.bytes.size());
    std::size_t reads = 0, writes = 0;
    for (int round = 0; round < 6; ++round) {
      std::vector<std::uint32_t> expected;
      for (int i = 0; i < 30; ++i) {
        const unsigned half = 128 * (round % 2);
        const unsigned to = half + 4 * below(32), from = (128 - half) + 4 * below(32);
        const std::uint32_t word = static_cast<std::uint32_t>(random()), strobes = below(16);
        t.write(t.ram.base + to, word, strobes);
        for (unsigned b = 0; b < 4; ++b)
          if (strobes >> b & 1) model[to + b] = static_cast<unsigned char>(word >> 8 * b);
        t.read(t.ram.base + from);
        expected.push_back(model[from] | model[from + 1] << 8 | model[from + 2] << 16 |
                           std::uint32_t{model[from + 3]} << 24);
      }
      writes += 30;
      while (t.b.beats.size() < writes || t.r.beats.size() < writes) {
        REQUIRE(cycle_now() < 20'000);
        t.run(10);
      }
      for (const auto word : expected) {
        REQUIRE(t.r.beats[reads].response == okay);
        REQUIRE(t.r.beats[reads++].data == word);
      }
      REQUIRE(t.ram.bytes == model);
    }
    REQUIRE(t.b.beats == std::vector<std::uint32_t>(writes, okay));
    REQUIRE(t.checker.violations == std::vector<std::string>{});
  }
}

TEST_CASE("AXI4-Lite: reset forgets a response that nobody has taken") {
  LiteBench<> t;
  t.b.willing = t.r.willing = [] { return false; };
  t.write(0, 1);
  t.read(0);
  t.run(5);
  CHECK(t.wires.bvalid.read());
  CHECK(t.wires.rvalid.read());
  t.rst.write(true);
  t.run(1);
  CHECK_FALSE(t.wires.bvalid.read());
  CHECK_FALSE(t.wires.rvalid.read());
  t.rst.write(false);
  t.b.willing = t.r.willing = [] { return true; };
  t.run(5);
  CHECK(t.b.beats.empty());
  CHECK(t.r.beats.empty());
  t.write(4, 1);
  t.read(0);
  t.run(5);
  CHECK(t.b.beats.size() == 1);
  CHECK(t.r.beats.size() == 1);
  CHECK(t.checker.violations.empty());
}

TEST_CASE("AXI4-Lite: reset forgets half a request") {
  LiteBench<> t;
  t.aw.push(0);  // without data
  t.r.willing = [] { return false; };
  t.read(4);
  t.run(5);
  CHECK(t.wires.rvalid.read());
  CHECK_FALSE(t.wires.awready.read());
  CHECK(t.wires.wready.read());
  t.rst.write(true);
  t.run(1);
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(t.wires.rvalid.read());
    CHECK_FALSE(t.wires.awready.read());
    CHECK_FALSE(t.wires.wready.read());
    CHECK_FALSE(t.wires.arready.read());
    t.run(1);
  }
  t.rst.write(false);
  t.r.willing = [] { return true; };
  t.w.push({77, 0xf});  // a new write: its data first, and its address is not the old one
  t.run(3);
  CHECK(t.ram.accesses.size() == 1);  // the read before
  t.aw.push(8);
  t.run(5);
  CHECK(t.ram.bytes[8] == 77);
  CHECK(t.ram.bytes[0] == 0);
  CHECK(t.b.beats == std::vector<std::uint32_t>{okay});
  CHECK(t.r.beats.empty());
  CHECK(t.checker.violations.empty());
}

TEST_CASE("AXI4-Lite: a call that the target holds outlives reset and is not answered for") {
  LiteBench<> t;
  t.ram.spends = [] { return 20 * clock_period; };
  t.write(0, 1);
  t.read(0);
  t.run(5);
  t.rst.write(true);
  t.run(2);
  t.rst.write(false);
  t.write(4, 2);
  t.read(4);
  t.run(50);
  // Taken at edge 1, held until 21; ready again after edge 22, the new requests go at 23.
  CHECK(t.ram.bytes[0] == 1);
  CHECK(t.ram.bytes[4] == 2);
  CHECK(t.aw.taken == Edges{1, 23});
  CHECK(t.ar.taken == Edges{1, 23});
  CHECK(t.b.taken == Edges{44});
  CHECK(t.r.taken == Edges{44});
  CHECK(t.checker.violations.empty());
}

TEST_CASE("AXI4-Lite: a reset that ends before the target does is noticed all the same") {
  // One edge in reset, at each place of an access.
  for (int at = 1; at < 9; ++at) {
    INFO(at);
    fresh_kernel();
    LiteBench<> t;
    t.ram.spends = [] { return 4 * clock_period; };
    t.read(0);
    t.run(at);
    t.rst.write(true);
    t.run(1);
    t.rst.write(false);
    t.run(20);
    CHECK(t.r.beats.size() == (at >= 6 ? 1 : 0));  // taken at edge 6
    t.read(4);
    t.run(20);
    CHECK(t.r.beats.size() == (at >= 6 ? 2 : 1));
    CHECK(t.checker.violations.empty());
  }
}

TEST_CASE("AXI4-Lite: 32-bit addresses, and reset before the first edge") {
  LiteBench<32> t;
  t.ram.base = 0xffff'ff00;
  t.rst.write(true);
  t.run(3);
  CHECK_FALSE(t.wires.awready.read());
  t.rst.write(false);
  t.write(0xffff'fffc, 3);
  t.run(5);
  CHECK(t.ram.bytes[0xfc] == 3);
  CHECK(t.b.beats == std::vector<std::uint32_t>{okay});
}
