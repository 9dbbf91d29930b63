// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands behind a front in tests: bytes, with every liberty that TLM gives a target.

#include <tlm_utils/simple_target_socket.h>

#include <cstring>
#include <functional>
#include <systemc>
#include <vector>

namespace topkima::testbenches {

class Ram : public sc_core::sc_module {
 public:
  struct Access {
    sc_core::sc_time at;
    bool write;
    std::uint64_t address;
    unsigned length;
    bool enables;
    bool operator==(const Access& o) const {
      return at == o.at && write == o.write && address == o.address && length == o.length &&
             enables == o.enables;
    }
  };

  tlm_utils::simple_target_socket<Ram> in{"in"};

  Ram(const sc_core::sc_module_name& name, std::size_t size)
      : sc_core::sc_module(name), bytes(size) {
    in.register_b_transport(this, &Ram::transport);
  }

  std::vector<unsigned char> bytes;
  std::vector<Access> accesses;  ///< as they came
  std::uint64_t base = 0;        ///< address of the first byte
  bool takes_byte_enables = true;
  std::function<sc_core::sc_time()> spends, annotates;  ///< none: no time
  const sc_core::sc_event* edge = nullptr;
  int edges = 0;                                            ///< of these to wait for as well
  tlm::tlm_response_status refusal = tlm::TLM_OK_RESPONSE;  ///< given to all, unless OK

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    accesses.push_back({sc_core::sc_time_stamp(), payload.is_write(), payload.get_address(),
                        payload.get_data_length(), payload.get_byte_enable_ptr() != nullptr});
    if (spends) sc_core::wait(spends());
    for (int i = 0; i < edges; ++i) sc_core::wait(*edge);
    if (annotates) delay += annotates();
    payload.set_response_status(move(payload));
  }
  tlm::tlm_response_status move(tlm::tlm_generic_payload& payload) {
    if (refusal != tlm::TLM_OK_RESPONSE) {
      if (payload.is_read())  // what it leaves behind is nobody's data
        std::memset(payload.get_data_ptr(), 0xee, payload.get_data_length());
      return refusal;
    }
    const std::uint64_t first = payload.get_address() - base;
    const unsigned length = payload.get_data_length();
    if (first >= bytes.size() || length > bytes.size() - first)
      return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    const unsigned char* enables = payload.get_byte_enable_ptr();
    if (enables && !takes_byte_enables) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if (length == 0 || payload.get_streaming_width() != length ||
        (enables && payload.get_byte_enable_length() != length))
      return tlm::TLM_BURST_ERROR_RESPONSE;
    unsigned char* data = payload.get_data_ptr();
    for (unsigned i = 0; i < length; ++i) {
      if (enables && enables[i] != TLM_BYTE_ENABLED) continue;
      if (payload.is_write())
        bytes[first + i] = data[i];
      else
        data[i] = bytes[first + i];
    }
    return tlm::TLM_OK_RESPONSE;
  }
};

}  // namespace topkima::testbenches
