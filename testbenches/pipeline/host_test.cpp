// SPDX-License-Identifier: Apache-2.0
#include "pipeline/host.h"

#include <tlm_utils/passthrough_target_socket.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "config/errors.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using testbenches::Bytes;

namespace {

/// 64 bytes that answer an address error beyond their end, and an interrupt line that a write to
/// address 60 raises ten nanoseconds later.
class Device : public sc_core::sc_module {
 public:
  tlm_utils::passthrough_target_socket<Device> in{"in"};
  sc_core::sc_signal<bool> irq{"irq"};
  Bytes bytes = Bytes(64);
  std::vector<unsigned> lengths;

  explicit Device(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    in.register_b_transport(this, &Device::transport);
    in.register_transport_dbg(this, &Device::debug);
    sc_core::sc_spawn_options when_drive;
    when_drive.spawn_method();
    when_drive.set_sensitivity(&raise_);
    when_drive.dont_initialize();
    sc_core::sc_spawn([this] { drive(); }, "drive", &when_drive);
  }

 private:
  unsigned debug(tlm::tlm_generic_payload& payload) {
    if (payload.get_address() + payload.get_data_length() > bytes.size()) return 0;
    unsigned char* stored = bytes.data() + payload.get_address();
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), stored, payload.get_data_length());
    if (payload.is_write()) std::memcpy(stored, payload.get_data_ptr(), payload.get_data_length());
    return payload.get_data_length();
  }
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    lengths.push_back(payload.get_data_length());
    const bool moved = debug(payload) > 0;
    payload.set_response_status(moved ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (payload.is_write() && payload.get_address() == 60) raise_.notify(10, sc_core::SC_NS);
  }
  void drive() { irq.write(true); }

  sc_core::sc_event raise_;
};

struct Setup {
  pipeline::Host host;
  Device device{"device"};

  explicit Setup(pipeline::Host::Firmware firmware) : host("host", std::move(firmware)) {
    host.bus.bind(device.in);
    host.irq.bind(device.irq);
  }
};

}  // namespace

TEST_CASE("firmware writes words and bursts of words, little-endian, and reads them back") {
  std::uint32_t back = 0;
  Setup s([&](pipeline::Host& host) {
    const std::uint32_t burst[] = {0x11223344, 5};
    host.write(4, burst, 2);
    host.write(12, 0xaabbccdd);
    back = host.read(4);
  });
  sc_core::sc_start();
  CHECK(back == 0x11223344);
  CHECK(s.device.lengths == std::vector<unsigned>{8, 4, 4});
  CHECK(Bytes(s.device.bytes.begin() + 4, s.device.bytes.begin() + 16) ==
        Bytes{0x44, 0x33, 0x22, 0x11, 5, 0, 0, 0, 0xdd, 0xcc, 0xbb, 0xaa});
  CHECK(s.host.done());
  CHECK_FALSE(s.host.failure());
}

TEST_CASE("preload and peek use debug transport, which takes no transaction") {
  Bytes back(3);
  Setup s([&](pipeline::Host& host) {
    host.preload(10, "abc", 3);
    host.peek(10, back.data(), 3);
  });
  sc_core::sc_start();
  CHECK(back == Bytes{'a', 'b', 'c'});
  CHECK(s.device.lengths.empty());
}

TEST_CASE("the simulation stops when the firmware returns") {
  Setup s([](pipeline::Host& host) {
    sc_core::wait(7, sc_core::SC_NS);
    CHECK_FALSE(host.done());
  });
  sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_US));
  CHECK(s.host.done());
  CHECK(sc_core::sc_time_stamp() == sc_core::sc_time(7, sc_core::SC_NS));
}

TEST_CASE("the wait for the interrupt ends when the line rises, and at once when it is up") {
  std::vector<sc_core::sc_time> at;
  Setup s([&](pipeline::Host& host) {
    host.write(60, 1);
    host.wait_for_interrupt();
    at.push_back(sc_core::sc_time_stamp());
    host.wait_for_interrupt();
    at.push_back(sc_core::sc_time_stamp());
  });
  sc_core::sc_start();
  CHECK(at == std::vector<sc_core::sc_time>(2, sc_core::sc_time(10, sc_core::SC_NS)));
}

TEST_CASE("the host tells what its firmware has it do, in order") {
  using Kind = pipeline::HostRecord::Kind;
  Setup s([&](pipeline::Host& host) {
    const std::uint32_t burst[] = {1, 2};
    char bytes[3] = {};
    host.write(4, burst, 2);
    host.read(8);
    host.preload(20, "abc", 3);
    host.peek(21, bytes, 2);
    host.write(60, 7);
    host.wait_for_interrupt();
  });
  struct Told {
    Kind kind;
    std::uint64_t address;
    Bytes data;
    bool operator==(const Told& o) const {
      return kind == o.kind && address == o.address && data == o.data;
    }
  };
  std::vector<Told> told;
  testbenches::Observer<pipeline::HostRecord> observer([&](const pipeline::HostRecord& record) {
    told.push_back({record.kind, record.address, Bytes(record.data, record.data + record.bytes)});
  });
  s.host.actions.bind(observer);
  sc_core::sc_start();
  CHECK(told == std::vector<Told>{{Kind::write, 4, {1, 0, 0, 0, 2, 0, 0, 0}},
                                  {Kind::read, 8, {2, 0, 0, 0}},
                                  {Kind::preload, 20, {'a', 'b', 'c'}},
                                  {Kind::peek, 21, {'b', 'c'}},
                                  {Kind::write, 60, {7, 0, 0, 0}},
                                  {Kind::interrupt, 0, {}}});
}

TEST_CASE("an access that is answered with an error fails the firmware, not the kernel") {
  const std::pair<const char*, pipeline::Host::Firmware> cases[] = {
      {"write", [](pipeline::Host& host) { host.write(64, 1); }},
      {"read", [](pipeline::Host& host) { host.read(1000); }},
      {"burst",
       [](pipeline::Host& host) {
         const std::uint32_t two[2] = {};
         host.write(60, two, 2);
       }},
      {"preload", [](pipeline::Host& host) { host.preload(63, "ab", 2); }},
      {"peek", [](pipeline::Host& host) {
         char bytes[2];
         host.peek(63, bytes, 2);
       }}};
  for (const auto& [name, firmware] : cases) {
    INFO(name);
    testbenches::fresh_kernel();
    Setup s(firmware);
    CHECK_NOTHROW(sc_core::sc_start());
    CHECK(s.host.done());
    REQUIRE(s.host.failure());
    CHECK_THROWS_AS(std::rethrow_exception(s.host.failure()), SimulationError);
  }
}

TEST_CASE("an error of the firmware's own keeps its kind") {
  Setup s([](pipeline::Host&) { throw ConfigError("no"); });
  sc_core::sc_start();
  REQUIRE(s.host.failure());
  CHECK_THROWS_AS(std::rethrow_exception(s.host.failure()), ConfigError);
}
