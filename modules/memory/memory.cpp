// SPDX-License-Identifier: Apache-2.0
#include "memory/memory.h"

#include <cstring>

namespace topkima::memory {

Memory::Memory(const sc_core::sc_module_name& name, std::size_t bytes)
    : sc_core::sc_module(name), bytes_(bytes) {
  ports.register_b_transport(this, &Memory::transport);
  ports.register_transport_dbg(this, &Memory::debug);
}

tlm::tlm_response_status Memory::move(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  const unsigned length = payload.get_data_length();
  if (address >= bytes_.size() || length > bytes_.size() - address)
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr()) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (length == 0 || payload.get_streaming_width() < length) return tlm::TLM_BURST_ERROR_RESPONSE;
  if (payload.is_read())
    std::memcpy(payload.get_data_ptr(), bytes_.data() + address, length);
  else if (payload.is_write())
    std::memcpy(bytes_.data() + address, payload.get_data_ptr(), length);
  else
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  return tlm::TLM_OK_RESPONSE;
}

void Memory::transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  payload.set_response_status(move(payload));
}

unsigned Memory::debug(int, tlm::tlm_generic_payload& payload) {
  return move(payload) == tlm::TLM_OK_RESPONSE ? payload.get_data_length() : 0;
}

}  // namespace topkima::memory
