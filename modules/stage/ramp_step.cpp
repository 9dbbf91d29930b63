// SPDX-License-Identifier: Apache-2.0
#include "stage/ramp_step.h"

#include <cstring>

namespace topkima::stage {

tlm::tlm_generic_payload& StepPayload::prepare(const std::vector<std::uint64_t>& fired) {
  const auto bytes = static_cast<unsigned>(fired.size() * sizeof fired[0]);
  payload_.set_write();
  payload_.set_data_ptr(reinterpret_cast<unsigned char*>(const_cast<std::uint64_t*>(fired.data())));
  payload_.set_data_length(bytes);
  payload_.set_streaming_width(bytes);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  return payload_;
}

RampStep* accept_step(tlm::tlm_generic_payload& payload, std::size_t columns,
                      std::vector<std::uint64_t>& fired) {
  auto* step = payload.get_extension<RampStep>();
  const std::size_t words = payload.get_data_length() / sizeof fired[0];
  if (!step || !payload.is_write() || payload.get_byte_enable_ptr() || words == 0 ||
      words > (columns + 63) / 64 || payload.get_data_length() % sizeof fired[0] != 0) {
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
    return nullptr;
  }
  fired.resize(words);
  std::memcpy(fired.data(), payload.get_data_ptr(), payload.get_data_length());
  return step;
}

}  // namespace topkima::stage
