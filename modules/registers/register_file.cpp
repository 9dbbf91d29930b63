// SPDX-License-Identifier: Apache-2.0
#include "registers/register_file.h"

#include <algorithm>
#include <cstring>

namespace topkima::registers {

RegisterFile::RegisterFile(const Block& block) : block_(block) {
  for (const auto* r : block.registers) {
    values_.resize(std::max<std::size_t>(values_.size(), r->offset / 4 + r->count));
    for (std::uint32_t i = 0; i < r->count; ++i) set(*r, r->reset, i);
  }
}

const Register* RegisterFile::decode(const tlm::tlm_generic_payload& payload,
                                     std::uint32_t& element) const {
  const std::uint64_t address = payload.get_address();
  if (address % 4) return nullptr;
  for (const auto* r : block_.registers) {
    if (address < r->offset || address >= r->offset + 4ull * r->count) continue;
    element = static_cast<std::uint32_t>((address - r->offset) / 4);
    return r;
  }
  return nullptr;
}

tlm::tlm_response_status RegisterFile::check(const tlm::tlm_generic_payload& payload,
                                             const Register* r, std::uint32_t element) const {
  if (!r) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  const bool readable = r->access != Access::write_only;
  const bool writable = r->access != Access::read_only;
  if (!(payload.is_read() ? readable : payload.is_write() && writable))
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr()) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  const unsigned length = payload.get_data_length();
  if (length == 0 || length % 4 || element + length / 4 > r->count ||
      payload.get_streaming_width() < length)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  return tlm::TLM_OK_RESPONSE;
}

void RegisterFile::transport(tlm::tlm_generic_payload& payload) {
  std::uint32_t first = 0;
  const Register* r = decode(payload, first);
  const auto response = check(payload, r, first);
  payload.set_response_status(response);
  if (response != tlm::TLM_OK_RESPONSE) return;
  const std::uint32_t count = payload.get_data_length() / 4;
  for (std::uint32_t i = 0; i < count; ++i) {
    unsigned char* data = payload.get_data_ptr() + 4 * i;
    const std::uint32_t element = first + i;
    std::uint32_t word = 0;
    if (payload.is_read()) {
      word = value(*r, element);
      std::memcpy(data, &word, 4);
      continue;
    }
    std::memcpy(&word, data, 4);
    if (r->access == Access::read_write) set(*r, word, element);
    if (r->access == Access::write_1_to_clear) set(*r, value(*r, element) & ~word, element);
    if (on_write) on_write(*r, element, word, payload);
  }
}

}  // namespace topkima::registers
