// SPDX-License-Identifier: Apache-2.0
#include "memory/memory.h"

#include <catch2/catch.hpp>

#include "memory/requester.h"
#include "support/row_ends.h"

using namespace topkima;
using testbenches::Bytes;

namespace {

struct Setup {
  memory::Memory memory{"memory", 64};
  testbenches::Initiator cpu{"cpu"};
  stage::RowPayload& payload = cpu.payload;
  Bytes data = Bytes(8, 0x5a);

  Setup() {
    cpu.out.bind(memory.ports);
    testbenches::elaborate();
  }
};

}  // namespace

TEST_CASE("memory gives back the bytes written, through every port and without time") {
  memory::Memory memory("memory", 64);
  testbenches::Initiator first("first"), second("second");
  first.out.bind(memory.ports);
  second.out.bind(memory.ports);
  testbenches::elaborate();
  CHECK(first.write(60, {1, 2, 3, 4}) == tlm::TLM_OK_RESPONSE);
  Bytes back(6);
  CHECK(second.read(58, back) == tlm::TLM_OK_RESPONSE);
  CHECK(back == Bytes{0, 0, 1, 2, 3, 4});
  CHECK(first.delay == sc_core::SC_ZERO_TIME);
  CHECK(second.delay == sc_core::SC_ZERO_TIME);
}

TEST_CASE("memory answers an address error for what lies beyond its end, wholly or in part") {
  Setup s;
  CHECK(s.cpu.write(56, s.data) == tlm::TLM_OK_RESPONSE);
  for (const std::uint64_t address : {std::uint64_t{57}, std::uint64_t{64}, std::uint64_t{1} << 40,
                                      ~std::uint64_t{0}, ~std::uint64_t{0} - 7})
    CHECK(s.cpu.write(address, s.data) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(s.cpu.read(60, s.data) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(s.data == Bytes(8, 0x5a));  // nothing was moved
}

TEST_CASE("memory refuses byte enables, short streaming widths, empty and unknown transactions") {
  Setup s;
  unsigned char enable[1] = {0xff};
  auto& with_enables = s.payload.write(s.data.data(), 8, 0);
  with_enables.set_byte_enable_ptr(enable);
  CHECK(s.cpu.send(with_enables) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);

  auto& streaming = s.payload.write(s.data.data(), 8, 0);
  streaming.set_streaming_width(4);
  CHECK(s.cpu.send(streaming) == tlm::TLM_BURST_ERROR_RESPONSE);

  CHECK(s.cpu.send(s.payload.write(s.data.data(), 0, 0)) == tlm::TLM_BURST_ERROR_RESPONSE);

  auto& ignored = s.payload.write(s.data.data(), 8, 0);
  ignored.set_command(tlm::TLM_IGNORE_COMMAND);
  CHECK(s.cpu.send(ignored) == tlm::TLM_COMMAND_ERROR_RESPONSE);

  Bytes back(8, 1);
  CHECK(s.cpu.read(0, back) == tlm::TLM_OK_RESPONSE);
  CHECK(back == Bytes(8, 0));  // none of them wrote
}

TEST_CASE("debug access moves the same bytes, and none where memory ends") {
  Setup s;
  CHECK(s.cpu.out->transport_dbg(s.payload.write(s.data.data(), 8, 8)) == 8);
  Bytes back(8);
  CHECK(s.cpu.read(8, back) == tlm::TLM_OK_RESPONSE);
  CHECK(back == s.data);
  CHECK(s.cpu.out->transport_dbg(s.payload.read(back.data(), 8, 60)) == 0);
}
