// SPDX-License-Identifier: Apache-2.0
#include "stage/row.h"

#include <cstring>

#include "config/errors.h"

namespace topkima::stage {

RowPayload::RowPayload() { payload_.set_extension(&extension); }

tlm::tlm_generic_payload& RowPayload::prepare(tlm::tlm_command command, void* data,
                                              std::size_t bytes, std::uint64_t address) {
  payload_.set_command(command);
  payload_.set_address(address);
  payload_.set_data_ptr(static_cast<unsigned char*>(data));
  payload_.set_data_length(static_cast<unsigned>(bytes));
  payload_.set_streaming_width(static_cast<unsigned>(bytes));
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  return payload_;
}

tlm::tlm_generic_payload& RowPayload::write(const void* data, std::size_t bytes,
                                            std::uint64_t address) {
  return prepare(tlm::TLM_WRITE_COMMAND, const_cast<void*>(data), bytes, address);
}

tlm::tlm_generic_payload& RowPayload::read(void* data, std::size_t bytes, std::uint64_t address) {
  return prepare(tlm::TLM_READ_COMMAND, data, bytes, address);
}

namespace {

bool fits(const tlm::tlm_generic_payload& payload, const RowFormat& format) {
  const std::size_t length = payload.get_data_length();
  if (length < format.least || length > format.most || payload.get_streaming_width() < length)
    return false;
  if (format.entry == 0) return true;
  std::int32_t count = 0;
  std::memcpy(&count, payload.get_data_ptr() + format.count_at, sizeof count);
  return count >= 0 && length == format.least + static_cast<std::size_t>(count) * format.entry;
}

}  // namespace

RowExtension* accept_row(tlm::tlm_generic_payload& payload, const RowFormat& format) {
  auto* extension = payload.get_extension<RowExtension>();
  if (!payload.is_write())
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
  else if (payload.get_byte_enable_ptr())
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  else if (!fits(payload, format))
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  else if (!extension)
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
  else
    return extension;
  return nullptr;
}

void expect_ok(const tlm::tlm_generic_payload& payload, const char* initiator) {
  if (payload.is_response_ok()) return;
  throw SimulationError(std::string(initiator) + ": a transaction was answered " +
                        payload.get_response_string());
}

}  // namespace topkima::stage
