// SPDX-License-Identifier: Apache-2.0
#include "memory/router.h"

#include <catch2/catch.hpp>

#include "config/errors.h"
#include "memory/memory.h"
#include "memory/requester.h"
#include "support/row_ends.h"

using namespace topkima;
using testbenches::Bytes;

namespace {

struct Setup {
  memory::Router router{"router"};
  testbenches::Recording low{"low"}, high{"high"};
  testbenches::Initiator cpu{"cpu"};

  Setup() {
    cpu.out.bind(router.in);
    router.map(0x4000'0000'00, 0x100, high.in);  // mapped in another order than the addresses
    router.map(0x1000, 0x100, low.in);
    testbenches::elaborate();
  }
};

}  // namespace

TEST_CASE("the router hands each target addresses relative to its window") {
  Setup s;
  CHECK(s.cpu.write32(0x1000, 1) == tlm::TLM_OK_RESPONSE);
  CHECK(s.cpu.write32(0x10fc, 2) == tlm::TLM_OK_RESPONSE);
  CHECK(s.cpu.write32(0x4000'0000'10, 3) == tlm::TLM_OK_RESPONSE);
  REQUIRE(s.low.writes.size() == 2);
  REQUIRE(s.high.writes.size() == 1);
  CHECK(s.low.writes[0].address == 0);
  CHECK(s.low.writes[1].address == 0xfc);
  CHECK(s.high.writes[0].address == 0x10);
  CHECK(s.high.writes[0].data == Bytes{3, 0, 0, 0});
}

TEST_CASE("the sender finds its address, the target's answer and its delay unchanged") {
  Setup s;
  s.low.response = tlm::TLM_BURST_ERROR_RESPONSE;
  const Bytes word(4);
  auto& transaction = s.cpu.payload.write(word.data(), 4, 0x1008);
  s.cpu.delay = sc_core::sc_time(7, sc_core::SC_NS);
  CHECK(s.cpu.send(transaction) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(transaction.get_address() == 0x1008);
  CHECK(s.cpu.delay == sc_core::sc_time(7, sc_core::SC_NS));
  CHECK(s.low.writes[0].delay == s.cpu.delay);
}

TEST_CASE("an address in no window answers an address error and reaches no target") {
  Setup s;
  for (const std::uint64_t address :
       {0x0ull, 0xfffull, 0x1100ull, 0x3f'ffff'ffffull, 0x40'0000'0100ull, ~0ull})
    CHECK(s.cpu.write32(address, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(s.low.writes.empty());
  CHECK(s.high.writes.empty());
}

TEST_CASE("debug transactions are routed alike and restore their address") {
  memory::Router router("router");
  memory::Memory memory("memory", 32);
  testbenches::Initiator cpu("cpu");
  cpu.out.bind(router.in);
  router.map(0x8000'0000, 0x1000, memory.ports);
  testbenches::elaborate();
  Bytes data{1, 2, 3, 4}, back(4);
  auto& write = cpu.payload.write(data.data(), 4, 0x8000'0004);
  CHECK(cpu.out->transport_dbg(write) == 4);
  CHECK(write.get_address() == 0x8000'0004);
  CHECK(cpu.out->transport_dbg(cpu.payload.read(back.data(), 4, 0x8000'0004)) == 4);
  CHECK(back == data);
  CHECK(cpu.out->transport_dbg(cpu.payload.read(back.data(), 4, 0x7fff'fffc)) == 0);
}

TEST_CASE("overlapping windows are refused, touching ones are not") {
  memory::Router router("router");
  testbenches::Recording target("target");
  router.map(0x1000, 0x100, target.in);
  testbenches::Recording other("other");
  struct Window {
    std::uint64_t base, size;
  };
  for (const auto& [base, size] :
       {Window{0x1000, 0x100}, Window{0x1000, 1}, Window{0x10ff, 1}, Window{0x1080, 0x10},
        Window{0xff0, 0x11}, Window{0x0, 0x10000}, Window{0x10ff, 0x100}})
    CHECK_THROWS_AS(router.map(base, size, other.in), SimulationError);
  testbenches::Recording below("below"), above("above");
  CHECK_NOTHROW(router.map(0xf00, 0x100, below.in));
  CHECK_NOTHROW(router.map(0x1100, 0x100, above.in));
}
