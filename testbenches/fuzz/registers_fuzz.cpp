// SPDX-License-Identifier: Apache-2.0
// Accesses to the registers of a block: a byte for the block, then one access after the other, each
// with command, address, length, what else a transaction says, and data.

#include <algorithm>
#include <vector>

#include "fuzz/target.h"
#include "registers/register_file.h"

using namespace topkima;
using namespace topkima::testbenches;
using registers::Access;

namespace {

/// The register, and its element, at an address; null: there is none.
const registers::Register* at(const registers::Block& block, std::uint64_t address,
                              std::uint32_t& element) {
  for (const auto* r : block.registers)
    for (element = 0; element < r->count; ++element)
      if (address == r->offset + 4ull * element) return r;
  return nullptr;
}

void access(const registers::Block& block, registers::RegisterFile& file, Numbers& numbers) {
  const auto how = numbers.next();
  const auto command = tlm::tlm_command(how % 3);
  // Most of them near the registers, some anywhere.
  const std::uint64_t address =
      how & 4 ? std::uint64_t(numbers.next(4)) << 8 | numbers.next() : numbers.next(2) % 1024;
  const std::uint32_t length = how & 8 ? numbers.next(2) : 4 * (numbers.next() % 8);
  // As long as it says, so that a byte beyond is found.
  std::vector<unsigned char> data(length), enables(8, TLM_BYTE_ENABLED);
  for (auto& byte : data) byte = static_cast<unsigned char>(numbers.next());
  const auto before = data;
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(data.data());
  payload.set_data_length(length);
  payload.set_streaming_width(how & 16 ? numbers.next() : length);
  if (how & 32) {
    payload.set_byte_enable_ptr(enables.data());
    payload.set_byte_enable_length(unsigned(enables.size()));
  }
  std::uint32_t element = 0;
  const auto* r = at(block, address, element);
  const std::uint32_t old = r ? file.value(*r, element) : 0;
  file.transport(payload);

  const auto response = payload.get_response_status();
  must(response != tlm::TLM_INCOMPLETE_RESPONSE && response != tlm::TLM_GENERIC_ERROR_RESPONSE);
  if (response != tlm::TLM_OK_RESPONSE) {
    must(data == before && (!r || file.value(*r, element) == old));
    return;
  }
  must(r && length >= 4 && length % 4 == 0 && element + length / 4 <= r->count && !(how & 32));
  const std::uint32_t word =
      before[0] | before[1] << 8 | before[2] << 16 | std::uint32_t(before[3]) << 24;
  const std::uint32_t now = file.value(*r, element);
  if (command == tlm::TLM_READ_COMMAND)
    must(r->access != Access::write_only && now == old && data[0] == (now & 0xff));
  else
    must(data == before && r->access != Access::read_only &&
         now == (r->access == Access::read_write         ? word
                 : r->access == Access::write_1_to_clear ? old & ~word
                                                         : old));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Numbers numbers(data, size);
  const auto& map = registers::register_map();
  const auto& block = map[numbers.next() % map.size()];
  registers::RegisterFile file(block);
  while (numbers.any()) access(block, file, numbers);
  return 0;
}

// The kernel's library brings a main of its own, which asks for this.
int sc_main(int, char**) { return 0; }
