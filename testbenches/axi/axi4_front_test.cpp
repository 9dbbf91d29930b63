// SPDX-License-Identifier: Apache-2.0
#include "axi/axi4_front.h"

#include <catch2/catch.hpp>
#include <random>

#include "axi/axi4_bench.h"
#include "support/fresh_kernel.h"

using namespace topkima;
using namespace topkima::testbenches;
using axi::decerr;
using axi::okay;
using axi::slverr;
using Edges = std::vector<std::int64_t>;
using Violations = std::vector<std::string>;

TEST_CASE("AXI4: a burst without contention takes a cycle per beat and one for each end") {
  for (const unsigned beats : {1u, 2u, 16u, 256u}) {
    INFO(beats);
    fresh_kernel();
    Axi4Bench<> t;
    const int n = int(beats);
    t.write({0x1000, beats, 3}, 1);
    t.write({0x2000, beats, 4}, 2);
    t.read({0x3000, beats, 5});
    t.read({0x3000, beats, 6});
    t.run(2 * n + 10);
    // The manager's address and first data beat come after edge 0.
    CHECK(t.aw.taken == Edges{1, n + 3});
    CHECK(t.w.taken.front() == 2);
    CHECK(t.w.taken[beats - 1] == n + 1);
    CHECK(t.b.taken == Edges{n + 2, 2 * n + 4});
    CHECK(t.b.beats == std::vector<WriteResponse>{{3, okay}, {4, okay}});
    CHECK(t.ar.taken == Edges{1, n + 2});
    REQUIRE(t.r.taken.size() == 2 * beats);
    CHECK(t.r.taken[0] == 2);
    CHECK(t.r.taken[beats - 1] == n + 1);
    CHECK(t.r.taken[beats] == n + 3);
    CHECK(t.r.taken.back() == 2 * n + 2);
    const auto whole = 8 * beats;
    CHECK(t.ram.accesses ==
          std::vector<Ram::Access>{{clock_period, false, 0x3000, whole, false},
                                   {(n + 1) * clock_period, true, 0x1000, whole, false},
                                   {(n + 2) * clock_period, false, 0x3000, whole, false},
                                   {(2 * n + 3) * clock_period, true, 0x2000, whole, false}});
    CHECK(t.checker.violations == Violations{});
  }
}

TEST_CASE("AXI4: the target's time passes before a response and before the first beat of a read") {
  struct Case {
    int spends, annotates;  ///< ns
    std::int64_t latency;   ///< cycles
  };
  for (const auto& [spends, annotates, latency] :
       {Case{0, 0, 1}, {0, 1, 2}, {10, 0, 2}, {9, 2, 3}, {30, 0, 4}, {15, 16, 5}}) {
    fresh_kernel();
    Axi4Bench<> t;
    t.ram.spends = [ns = spends] { return sc_core::sc_time(ns, sc_core::SC_NS); };
    t.ram.annotates = [ns = annotates] { return sc_core::sc_time(ns, sc_core::SC_NS); };
    t.write({0, 4}, 1);
    t.read({64, 4});
    t.run(30);
    REQUIRE(t.b.taken.size() == 1);
    CHECK(t.b.taken[0] - t.w.taken[3] == latency);
    CHECK(t.r.taken[0] - t.ar.taken[0] == latency);
    CHECK(t.r.taken[3] - t.r.taken[0] == 3);
  }
}

TEST_CASE("AXI4: bursts of 1 to 256 beats are written and read back") {
  Axi4Bench<> t;
  std::vector<unsigned char> model(t.ram.bytes.size());
  std::vector<std::uint64_t> expected;
  std::vector<bool> last;
  for (unsigned beats = 1; beats <= 256; ++beats) {
    const unsigned page = 4096 * (beats % 4);
    const BurstAddress burst{page + 4096 - 8 * beats, beats, beats % 16};  // up to the page's end
    t.write(burst, beats);
    for (unsigned i = 0; i < 8 * beats; ++i)
      model[burst.address + i] = static_cast<unsigned char>(beats + i);
  }
  while (t.b.beats.size() < 256) {
    REQUIRE(cycle_now() < 40'000);
    t.run(100);
  }
  CHECK(t.ram.bytes == model);
  for (unsigned beats = 1; beats <= 256; ++beats) {
    const BurstAddress burst{4096 * (beats % 4) + 4096 - 8 * beats, beats, beats % 16};
    t.read(burst);
    for (unsigned i = 0; i < beats; ++i) {
      std::uint64_t data = 0;
      for (unsigned lane = 0; lane < 8; ++lane)
        data |= std::uint64_t{model[burst.address + 8 * i + lane]} << 8 * lane;
      expected.push_back(data);
      last.push_back(i + 1 == beats);
    }
  }
  while (t.r.beats.size() < expected.size()) {
    REQUIRE(cycle_now() < 80'000);
    t.run(100);
  }
  unsigned beats = 1;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& beat = t.r.beats[i];
    if (beat.data != expected[i] || beat.last != last[i] || beat.id != beats % 16 ||
        beat.response != okay)
      FAIL("beat " << i << " of a burst of " << beats);
    if (beat.last) ++beats;
  }
  for (unsigned i = 0; i < 256; ++i) REQUIRE(t.b.beats[i] == WriteResponse{(i + 1) % 16, okay});
  CHECK(t.checker.violations == Violations{});
}

TEST_CASE("AXI4: what the front does not carry is refused after all its beats") {
  const BurstAddress refused[] = {
      {0x100, 5, 1, 3, 0},                       // FIXED
      {0x100, 4, 2, 3, 2},                       // WRAP
      {0x100, 4, 3, 3, 3},                       // reserved
      {0x100, 7, 4, 0, 1},                       // narrow
      {0x100, 7, 5, 2, 1}, {0x100, 3, 6, 4, 1},  // wider than the bus
      {0xff8, 2, 7},       {0x1800, 256, 8, 3, 0}, {0xffc, 2, 9}, {0x808, 256, 10},  // across 4 KiB
  };
  for (const auto& burst : refused) {
    INFO("id " << burst.id);
    fresh_kernel();
    Axi4Bench<> t;
    t.write(burst, 1);
    t.read(burst);
    t.write({0x200, 2, 11}, 7);  // as ever
    t.read({0x200, 1, 12});
    t.run(int(burst.beats) + 20);
    CHECK(t.b.beats == std::vector<WriteResponse>{{burst.id, slverr}, {11, okay}});
    REQUIRE(t.r.beats.size() == burst.beats + 1);
    for (unsigned i = 0; i < burst.beats; ++i) {
      CHECK(t.r.beats[i].response == slverr);
      CHECK(t.r.beats[i].data == 0);
      CHECK(t.r.beats[i].last == (i + 1 == burst.beats));
    }
    CHECK(t.r.beats.back().response == okay);
    CHECK(t.ram.accesses.size() == 2);
    CHECK(t.ram.bytes[0x201] == 8);
    CHECK(t.checker.violations == Violations{});
  }
}

TEST_CASE("AXI4: WLAST must be on the last beat alone") {
  for (unsigned marks = 0; marks < 16; ++marks) {
    fresh_kernel();
    Axi4Bench<> t;
    const BurstAddress burst{0x40, 4, 2};
    auto beats = t.beats_of(burst, 1);
    for (unsigned i = 0; i < 4; ++i) beats[i].last = marks >> i & 1;
    t.write(burst, beats);
    t.write({0x80, 1, 3}, 5);
    t.run(20);
    const bool right = marks == 8;
    CHECK(t.b.beats == std::vector<WriteResponse>{{2, right ? okay : slverr}, {3, okay}});
    CHECK(t.ram.bytes[0x40] == (right ? 1 : 0));
    CHECK(t.ram.bytes[0x80] == 5);
  }
}

TEST_CASE("AXI4: a target's refusal reaches the response, and every beat of a read") {
  const std::pair<tlm::tlm_response_status, std::uint32_t> answers[] = {
      {tlm::TLM_ADDRESS_ERROR_RESPONSE, decerr},
      {tlm::TLM_BURST_ERROR_RESPONSE, slverr},
      {tlm::TLM_GENERIC_ERROR_RESPONSE, slverr},
      {tlm::TLM_INCOMPLETE_RESPONSE, slverr}};
  for (const auto& [answer, response] : answers) {
    fresh_kernel();
    Axi4Bench<> t;
    t.ram.refusal = answer;
    t.write({0, 3, 1}, 1);
    t.read({0, 3, 2});
    t.run(10);
    CHECK(t.b.beats == std::vector<WriteResponse>{{1, response}});
    REQUIRE(t.r.beats.size() == 3);
    for (const auto& beat : t.r.beats) {
      CHECK(beat.response == response);
      CHECK(beat.id == 2);
      CHECK(beat.data == 0);
    }
  }
}

TEST_CASE("AXI4: a burst may begin and end inside a beat without byte enables") {
  for (unsigned from = 0; from < 8; ++from)
    for (unsigned to = 1; to <= 8; ++to) {
      INFO(from << " to " << to);
      fresh_kernel();
      Axi4Bench<> t;
      t.ram.takes_byte_enables = false;
      const BurstAddress burst{0x100 + from, 3, 1};
      auto beats = t.beats_of(burst, 1);
      beats.front().strobes = 0xff << from & 0xff;
      beats.back().strobes = 0xff >> (8 - to);
      t.write(burst, beats);
      t.run(8);
      t.read(burst);
      t.run(8);
      CHECK(t.b.beats == std::vector<WriteResponse>{{1, okay}});
      for (unsigned i = 0; i < 24; ++i) {
        const bool written = i >= from && i < 16 + to;
        CHECK(t.ram.bytes[0x100 + i] == (written ? i + 1 : 0));
      }
      REQUIRE(t.ram.accesses.size() == 2);
      CHECK(t.ram.accesses[0] ==
            Ram::Access{4 * clock_period, true, 0x100 + from, 16 + to - from, false});
      CHECK(t.ram.accesses[1].address == 0x100u + from);
      CHECK(t.ram.accesses[1].length == 24 - from);
      CHECK(t.r.beats.at(1).data == 0x100f0e0d0c0b0a09);
      CHECK(t.r.beats[0].data == (0x0807060504030201u >> 8 * from << 8 * from));
    }
}

TEST_CASE("AXI4: strobes with gaps are byte enables, which the target may refuse") {
  for (const bool takes : {true, false}) {
    fresh_kernel();
    Axi4Bench<> t;
    t.ram.takes_byte_enables = takes;
    const BurstAddress burst{0x40, 4, 1};
    auto beats = t.beats_of(burst, 1);
    beats[0].strobes = 0;
    beats[1].strobes = 0xa0;
    beats[2].strobes = 0;
    beats[3].strobes = 0x01;
    t.write(burst, beats);
    t.run(20);
    CHECK(t.b.beats == std::vector<WriteResponse>{{1, takes ? okay : slverr}});
    REQUIRE(t.ram.accesses.size() == 1);
    CHECK(t.ram.accesses[0].address == 0x40 + 13);
    CHECK(t.ram.accesses[0].length == 12);
    for (unsigned i = 0; i < 32; ++i)
      CHECK(t.ram.bytes[0x40 + i] == (takes && (i == 13 || i == 15 || i == 24) ? i + 1 : 0));
  }
}

TEST_CASE("AXI4: no strobe writes nothing, one below the address is refused") {
  Axi4Bench<> t;
  const BurstAddress burst{0x43, 2, 1};
  auto beats = t.beats_of(burst, 1);
  t.write(burst, beats);  // full strobes, lanes 0 to 2 lie below
  beats[0].strobes = 0xf8;
  t.write(burst, beats);
  beats[0].strobes = 0xfc;
  t.write(burst, beats);
  beats[0].strobes = beats[1].strobes = 0;
  t.write(burst, beats);
  t.run(40);
  CHECK(t.b.beats == std::vector<WriteResponse>{{1, slverr}, {1, okay}, {1, slverr}, {1, okay}});
  CHECK(t.ram.accesses.size() == 1);
  CHECK(t.ram.bytes[0x42] == 0);
}

TEST_CASE("AXI4: random bursts under back-pressure do what a plain memory does") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    fresh_kernel();
    std::mt19937 random(seed);
    Axi4Bench<> t;
    const auto below = [&](unsigned bound) { return unsigned(random() % bound); };
    const unsigned laziness = 1 + below(5);
    if (below(2)) t.ram.spends = [&] { return below(40) * sc_core::sc_time(1, sc_core::SC_NS); };
    if (below(2)) t.ram.annotates = [&] { return below(4) * clock_period / 2; };
    t.aw.gap = t.w.gap = t.ar.gap = [&] { return int(below(laziness)); };
    t.b.willing = t.r.willing = [&] { return below(laziness) == 0; };

    // Reads go to the pages that no write of the same round goes to.
    std::vector<unsigned char> model(t.ram.bytes.size());
    std::size_t beats_read = 0, bursts = 0;
    for (int round = 0; round < 4; ++round) {
      std::vector<ReadBeat> expected;
      std::vector<WriteResponse> responses;
      for (int i = 0; i < 8; ++i) {
        const auto place = [&](unsigned half) {
          const unsigned beats = 1 + below(below(4) ? 12 : 256);
          const unsigned page = 4096 * (2 * half + below(2));
          return BurstAddress{page + 8 * below(513 - beats) + (below(2) ? below(8) : 0), beats,
                              below(16)};
        };
        const auto to = place(round % 2), from = place(1 - round % 2);
        auto beats = t.beats_of(to, below(256));
        const bool gaps = below(2);
        for (std::size_t b = 0; b < beats.size(); ++b) {
          if (gaps) beats[b].strobes = below(256);
          if (b == 0) beats[b].strobes &= 0xff << to.address % 8;
          for (unsigned lane = 0; lane < 8; ++lane)
            if (beats[b].strobes >> lane & 1)
              model[to.address / 8 * 8 + 8 * b + lane] =
                  static_cast<unsigned char>(beats[b].data >> 8 * lane);
        }
        t.write(to, beats);
        responses.push_back({to.id, okay});
        t.read(from);
        for (unsigned b = 0; b < from.beats; ++b) {
          ReadBeat beat{0, from.id, okay, b + 1 == from.beats};
          for (unsigned lane = b ? 0 : from.address % 8; lane < 8; ++lane)
            beat.data |= std::uint64_t{model[from.address / 8 * 8 + 8 * b + lane]} << 8 * lane;
          expected.push_back(beat);
        }
      }
      bursts += responses.size();
      while (t.b.beats.size() < bursts || t.r.beats.size() < beats_read + expected.size()) {
        REQUIRE(cycle_now() < 100'000);
        t.run(20);
      }
      REQUIRE(
          std::equal(responses.begin(), responses.end(), t.b.beats.end() - long(responses.size())));
      for (const auto& wanted : expected) {
        const auto& beat = t.r.beats[beats_read++];
        REQUIRE(beat.data == wanted.data);
        REQUIRE(beat.id == wanted.id);
        REQUIRE(beat.response == okay);
        REQUIRE(beat.last == wanted.last);
      }
      REQUIRE(t.ram.bytes == model);
    }
    REQUIRE(t.checker.violations == Violations{});
  }
}

TEST_CASE("AXI4: reset in the middle of a burst forgets it") {
  for (int at = 1; at < 16; ++at) {
    INFO("reset after edge " << at);
    fresh_kernel();
    Axi4Bench<> t;
    t.write({0x100, 8, 1}, 1);
    t.read({0x200, 8, 2});
    t.run(at);
    t.rst.write(true);
    t.run(2);
    for (const auto* pin :
         {&t.wires.awready, &t.wires.wready, &t.wires.bvalid, &t.wires.arready, &t.wires.rvalid})
      CHECK_FALSE(pin->read());
    t.rst.write(false);
    const auto beats = t.r.beats.size(), responses = t.b.beats.size();
    CHECK(beats == std::size_t(std::clamp(at - 1, 0, 8)));  // from edge 2 on
    CHECK(responses == (at >= 10 ? 1 : 0));
    CHECK(t.ram.bytes[0x100] == (at >= 9 ? 1 : 0));  // the last of its beats is taken at edge 9
    t.write({0x300, 2, 3}, 40);
    t.read({0x100, 1, 4});
    t.run(20);
    REQUIRE(t.b.beats.size() == responses + 1);
    CHECK(t.b.beats.back() == WriteResponse{3, okay});
    CHECK(t.ram.bytes[0x300] == 40);
    CHECK(t.ram.bytes[0x30f] == 55);
    REQUIRE(t.r.beats.size() == beats + 1);
    CHECK(t.r.beats.back().id == 4);
    CHECK(t.r.beats.back().last);
    CHECK(t.checker.violations == Violations{});
  }
}

TEST_CASE("AXI4: a burst that the target holds outlives reset and is not answered for") {
  Axi4Bench<> t;
  t.ram.spends = [] { return 20 * clock_period; };
  t.write({0x100, 2, 1}, 1);
  t.read({0x200, 2, 2});
  t.run(6);
  t.rst.write(true);
  t.run(2);
  t.rst.write(false);
  t.write({0x300, 1, 3}, 9);
  t.read({0x200, 1, 4});
  t.run(60);
  CHECK(t.ram.bytes[0x100] == 1);
  CHECK(t.b.beats == std::vector<WriteResponse>{{3, okay}});
  REQUIRE(t.r.beats.size() == 1);
  CHECK(t.r.beats[0].id == 4);
  CHECK(t.aw.taken == Edges{1, 25});  // the call ends at 23, ready after 24
  CHECK(t.ar.taken == Edges{1, 23});
  CHECK(t.checker.violations == Violations{});
}

TEST_CASE("AXI4: 32-bit addresses and one-bit IDs") {
  Axi4Bench<32, 1> t;
  t.ram.base = 0xffff'c000;
  t.write({0xffff'f800, 256, 1}, 3);
  t.read({0xffff'f800, 256, 0});
  t.run(600);
  CHECK(t.b.beats == std::vector<WriteResponse>{{1, okay}});
  CHECK(t.ram.bytes[0x3fff] == ((3 + 0x7ff) & 0xff));
  CHECK(t.r.beats.size() == 256);
  CHECK(t.r.beats.back().id == 0);
  CHECK(t.checker.violations == Violations{});
}

TEST_CASE("AXI4: the clock may be any signal, uneven and stopped now and then") {
  struct Signal : sc_core::sc_signal<bool> {
    Signal(const char* name, const sc_core::sc_time&) : sc_core::sc_signal<bool>(name) {}
  };
  Axi4Bench<40, 4, Signal> t;
  t.ram.spends = [] { return sc_core::sc_time(25, sc_core::SC_NS); };
  t.write({0x100, 4, 1}, 3);
  t.read({0x200, 4, 2});
  sc_core::sc_start(clock_period);
  std::vector<std::size_t> answered;  // edges after which each response could be seen
  for (int edge = 0; edge < 20; ++edge) {
    t.clk.write(true);
    sc_core::sc_start(sc_core::sc_time(edge == 3 ? 1000 : 1 + edge % 3, sc_core::SC_NS));
    t.clk.write(false);
    sc_core::sc_start(sc_core::sc_time(9, sc_core::SC_NS));
    if (answered.empty() && t.wires.rvalid.read()) answered.push_back(std::size_t(edge));
    if (answered.size() == 1 && t.wires.bvalid.read()) answered.push_back(std::size_t(edge));
  }
  // The read is taken at edge 1 and ends during the stop after edge 3; the write, with its last
  // beat at edge 5, after the 11, 12 and 10 ns of the edges from there.
  CHECK(answered == std::vector<std::size_t>{4, 8});
  CHECK(t.b.beats == std::vector<WriteResponse>{{1, okay}});
  CHECK(t.r.beats.size() == 4);
  CHECK(t.ram.bytes[0x11f] == 34);
  CHECK(t.checker.violations == Violations{});
}
