// SPDX-License-Identifier: Apache-2.0
#include "registers/register_file.h"

#include <catch2/catch.hpp>
#include <tuple>

#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::registers;
using testbenches::Bytes, testbenches::bytes_of, testbenches::values_of;
using Words = std::vector<std::uint32_t>;

namespace {

constexpr Register rw{"RW", 0x00, 1, Access::read_write, 7, ""};
constexpr Register array{"ARRAY", 0x04, 3, Access::read_write, 5, ""};
constexpr Register ro{"RO", 0x10, 1, Access::read_only, 0xabcd, ""};
constexpr Register wo{"WO", 0x18, 1, Access::write_only, 0, ""};  // nothing is at 0x14
constexpr Register w1c{"W1C", 0x1c, 1, Access::write_1_to_clear, 0, ""};

struct File {
  Block block{"test", "", 0, 0, {&rw, &array, &ro, &wo, &w1c}};
  RegisterFile file{block};
  stage::RowPayload payload;

  tlm::tlm_response_status write(std::uint64_t address, const Words& words) {
    auto& transaction = payload.write(words.data(), 4 * words.size(), address);
    file.transport(transaction);
    return transaction.get_response_status();
  }
  tlm::tlm_response_status read(std::uint64_t address, Words& words) {
    auto& transaction = payload.read(words.data(), 4 * words.size(), address);
    file.transport(transaction);
    return transaction.get_response_status();
  }
};

}  // namespace

TEST_CASE("registers read as their reset values, then as written, element by element") {
  File f;
  Words one(1), three(3);
  CHECK(f.read(0x00, one) == tlm::TLM_OK_RESPONSE);
  CHECK(one[0] == 7);
  CHECK(f.read(0x04, three) == tlm::TLM_OK_RESPONSE);
  CHECK(three == Words{5, 5, 5});
  CHECK(f.write(0x08, {0xffffffff}) == tlm::TLM_OK_RESPONSE);
  CHECK(f.write(0x00, {0x12345678}) == tlm::TLM_OK_RESPONSE);
  CHECK(f.read(0x04, three) == tlm::TLM_OK_RESPONSE);
  CHECK(three == Words{5, 0xffffffff, 5});
  CHECK(f.write(0x08, {8, 9}) == tlm::TLM_OK_RESPONSE);
  CHECK(f.read(0x04, three) == tlm::TLM_OK_RESPONSE);
  CHECK(three == Words{5, 8, 9});
  CHECK(f.file.value(rw) == 0x12345678);
  CHECK(f.file.value(array, 2) == 9);
}

TEST_CASE("bytes of a register are little-endian") {
  File f;
  f.write(0x00, {0x11223344});
  Bytes bytes(4);
  f.file.transport(f.payload.read(bytes.data(), 4, 0x00));
  CHECK(bytes == Bytes{0x44, 0x33, 0x22, 0x11});
}

TEST_CASE("read-only registers refuse writes and show what the block sets") {
  File f;
  Words one(1);
  CHECK(f.write(0x10, {1}) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(f.read(0x10, one) == tlm::TLM_OK_RESPONSE);
  CHECK(one[0] == 0xabcd);
  f.file.set(ro, 42);
  CHECK(f.read(0x10, one) == tlm::TLM_OK_RESPONSE);
  CHECK(one[0] == 42);
}

TEST_CASE("write-only registers refuse reads, the written value reaches the block alone") {
  File f;
  std::vector<std::uint32_t> seen;
  f.file.on_write = [&](const Register& r, std::uint32_t element, std::uint32_t value,
                        tlm::tlm_generic_payload&) {
    CHECK(&r == &wo);
    CHECK(element == 0);
    seen.push_back(value);
  };
  Words one(1, 99);
  CHECK(f.read(0x18, one) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(one[0] == 99);
  CHECK(f.write(0x18, {3}) == tlm::TLM_OK_RESPONSE);
  CHECK(seen == Words{3});
  CHECK(f.file.value(wo) == 0);
}

TEST_CASE("writing ones clears those bits of a write-1-to-clear register, and sets none") {
  File f;
  f.file.set(w1c, 0b1101);
  Words one(1);
  CHECK(f.write(0x1c, {0b0110}) == tlm::TLM_OK_RESPONSE);
  CHECK(f.read(0x1c, one) == tlm::TLM_OK_RESPONSE);
  CHECK(one[0] == 0b1001);
  f.write(0x1c, {0xffffffff});
  f.read(0x1c, one);
  CHECK(one[0] == 0);
}

TEST_CASE("the callback comes once per element, after its value has been stored") {
  File f;
  std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> written;
  f.file.on_write = [&](const Register& r, std::uint32_t element, std::uint32_t value,
                        tlm::tlm_generic_payload&) {
    written.emplace_back(element, value, f.file.value(r, element));
  };
  f.write(0x08, {21, 22});
  CHECK(written == decltype(written){{1, 21, 21}, {2, 22, 22}});
}

TEST_CASE("an address where no register is answers TLM_ADDRESS_ERROR_RESPONSE") {
  File f;
  Words one(1);
  for (const std::uint64_t address : {0x01, 0x02, 0x06, 0x14, 0x20, 0x1000}) {
    CAPTURE(address);
    CHECK(f.read(address, one) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(f.write(address, {1}) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  CHECK(f.read(std::uint64_t{1} << 32, one) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_CASE("anything but whole elements of one register answers TLM_BURST_ERROR_RESPONSE") {
  File f;
  Words words(4);
  for (const std::size_t length : {0, 1, 2, 3, 5, 8}) {
    CAPTURE(length);
    auto& transaction = f.payload.write(words.data(), length, 0x00);
    f.file.transport(transaction);
    CHECK(transaction.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
  }
  CHECK(f.write(0x04, Words(4)) == tlm::TLM_BURST_ERROR_RESPONSE);  // one more than the array has
  CHECK(f.write(0x0c, Words(2)) == tlm::TLM_BURST_ERROR_RESPONSE);  // over its end
  auto& streaming = f.payload.write(words.data(), 8, 0x04);
  streaming.set_streaming_width(4);
  f.file.transport(streaming);
  CHECK(streaming.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
  Words three(3);
  f.read(0x04, three);
  CHECK(three == Words{5, 5, 5});  // a refused write changes nothing
}

TEST_CASE("byte enables and commands that move nothing are refused") {
  File f;
  Words one(1, 1);
  unsigned char enables[4] = {0xff, 0, 0, 0xff};
  auto& masked = f.payload.write(one.data(), 4, 0x00);
  masked.set_byte_enable_ptr(enables);
  masked.set_byte_enable_length(4);
  f.file.transport(masked);
  CHECK(masked.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  auto& ignored = f.payload.write(one.data(), 4, 0x00);
  ignored.set_command(tlm::TLM_IGNORE_COMMAND);
  f.file.transport(ignored);
  CHECK(ignored.get_response_status() == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(f.file.value(rw) == 7);
}

namespace {

/// Does the work of File's registers, and notes what it is given.
struct Circuit : RegisterCircuit {
  std::vector<WordAccess> served;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> raises;
  std::vector<bool> refusals;
  std::vector<std::uint32_t> held = std::vector<std::uint32_t>(8, 0x55);

  WordAnswer serve(const WordAccess& access, const std::vector<std::uint32_t>& values,
                   const Write& write) override {
    served.push_back(access);
    if (!access.write) return {tlm::TLM_OK_RESPONSE, values[access.address / 4] + 1};
    refusals.push_back(write(access.address / 4, access.data + 1));
    held[access.address / 4] = access.data + 1;
    return {refusals.back() ? tlm::TLM_COMMAND_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE, 0};
  }
  void raise(std::uint32_t word, std::uint32_t bits) override { raises.emplace_back(word, bits); }
  std::uint32_t stored(std::uint32_t word) override { return held[word]; }
};

struct Observer : AccessObserver {
  std::vector<std::tuple<std::uint32_t, bool, bool>> seen;  ///< address, done, refused
  int caught_up = 0;
  void raised(std::uint32_t word, std::uint32_t bits) override {
    seen.emplace_back(4 * word, bits != 0, false);
  }
  void served(const WordAccess& access, const WordAnswer& answer) override {
    seen.emplace_back(access.address, answer.response == tlm::TLM_OK_RESPONSE, answer.refused);
  }
  void catch_up() override { ++caught_up; }
};

}  // namespace

TEST_CASE("another circuit does the work: its values, writes and answers count") {
  File f;
  Circuit circuit;
  f.file.replace(circuit);
  std::vector<std::pair<std::string, std::uint32_t>> told;
  f.file.on_write = [&](const Register& r, std::uint32_t, std::uint32_t value,
                        tlm::tlm_generic_payload& payload) {
    told.emplace_back(r.name, value);
    if (&r == &rw) CHECK(f.file.value(rw) == value);  // it is stored already
    if (&r == &wo && value == 1) payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
  };
  Words one(1);
  CHECK(f.write(0x00, {8}) == tlm::TLM_OK_RESPONSE);
  CHECK(f.file.value(rw) == 9);
  CHECK(f.file.value(array, 1) == 0x55);
  CHECK(f.read(0x10, one) == tlm::TLM_OK_RESPONSE);
  CHECK(one[0] == 0xabce);
  CHECK(f.write(0x18, {0}) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(f.write(0x18, {1}) == tlm::TLM_OK_RESPONSE);
  CHECK(circuit.refusals == std::vector<bool>{false, true, false});
  CHECK(told == decltype(told){{"RW", 9}, {"WO", 1}, {"WO", 2}});
  f.file.raise(w1c, 2);
  CHECK(circuit.raises == decltype(circuit.raises){{7, 2}});
}

TEST_CASE("a circuit is given the accesses of an AXI4-Lite manager, word by word, and no others") {
  File f;
  Circuit circuit;
  f.file.replace(circuit);
  Words one(1), three(3), four(4);
  CHECK(f.read(0x04, three) == tlm::TLM_OK_RESPONSE);
  CHECK(circuit.served.size() == 3);
  CHECK(f.read(0x04, four) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(f.read(0x02, one) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(circuit.served.size() == 3);
  auto& payload = f.payload.write(one.data(), 4, 0x00);
  unsigned char enables[]{0xff, 0, 0xff, 0};
  payload.set_byte_enable_ptr(enables);
  payload.set_byte_enable_length(4);
  f.file.transport(payload);
  CHECK(circuit.served.back().strobes == 5);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_byte_enable_length(0);
  CHECK(circuit.served.size() == 4);
}

TEST_CASE("observers hear of accesses, refusals and raised bits, whoever does the work") {
  File f;
  Observer observer;
  f.file.observe(observer);
  f.file.on_write = [&](const Register&, std::uint32_t, std::uint32_t value,
                        tlm::tlm_generic_payload& payload) {
    if (value == 1) payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
  };
  Words two(2);
  CHECK(f.read(0x04, two) == tlm::TLM_OK_RESPONSE);
  CHECK(f.write(0x10, {1}) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(f.write(0x18, {1}) == tlm::TLM_GENERIC_ERROR_RESPONSE);
  f.file.raise(w1c, 1);
  CHECK(f.file.value(w1c) == 1);
  CHECK(observer.seen == decltype(observer.seen){{0x04, true, false},
                                                 {0x08, true, false},
                                                 {0x10, false, false},
                                                 {0x18, false, true},
                                                 {0x1c, true, false}});
  CHECK(observer.caught_up == 4);
}
