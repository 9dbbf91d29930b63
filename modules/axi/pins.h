// SPDX-License-Identifier: Apache-2.0
#pragma once
// What AXI's pins are in C++, and its responses.

#include <cstdint>
#include <tlm>
#include <type_traits>

namespace topkima::axi {

/// The type that Verilator's --sc gives a port of so many bits, 1 .. 64.
template <unsigned bits>
using Pin = std::conditional_t<bits == 1, bool,
                               std::conditional_t<bits <= 32, std::uint32_t, std::uint64_t>>;

/// BRESP and RRESP.
enum Response : std::uint32_t { okay = 0, slverr = 2, decerr = 3 };

/// DECERR where nothing is at the address, SLVERR for whatever else a target refuses.
inline Response response_of(tlm::tlm_response_status status) {
  if (status == tlm::TLM_OK_RESPONSE) return okay;
  return status == tlm::TLM_ADDRESS_ERROR_RESPONSE ? decerr : slverr;
}

}  // namespace topkima::axi
