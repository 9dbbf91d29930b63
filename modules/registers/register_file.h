// SPDX-License-Identifier: Apache-2.0
#pragma once
// A block's registers behind its TLM target socket: decoding, access rules, values.

#include <functional>
#include <tlm>
#include <vector>

#include "registers/register_map.h"

namespace topkima::registers {

class RegisterFile {
 public:
  explicit RegisterFile(const Block& block);

  /// Called after a bus write of one element; values of write-only registers are kept nowhere else.
  /// Sees the payload too, for its extensions, and may change its response.
  std::function<void(const Register&, std::uint32_t element, std::uint32_t value,
                     tlm::tlm_generic_payload&)>
      on_write;

  /// Serves a transaction whose address is relative to the block. Sets its response:
  /// TLM_ADDRESS_ERROR where no register is, TLM_COMMAND_ERROR for an access that the register does
  /// not have, TLM_BURST_ERROR for anything but whole elements of one register,
  /// TLM_BYTE_ENABLE_ERROR for byte enables.
  void transport(tlm::tlm_generic_payload& payload);

  std::uint32_t value(const Register& r, std::uint32_t element = 0) const {
    return values_[r.offset / 4 + element];
  }
  void set(const Register& r, std::uint32_t value, std::uint32_t element = 0) {
    values_[r.offset / 4 + element] = value;
  }

 private:
  const Register* decode(const tlm::tlm_generic_payload& payload, std::uint32_t& element) const;
  tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload, const Register* r,
                                 std::uint32_t element) const;

  const Block& block_;
  std::vector<std::uint32_t> values_;
};

}  // namespace topkima::registers
