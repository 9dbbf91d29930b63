// SPDX-License-Identifier: Apache-2.0
#pragma once
// Token memory: bytes behind any number of TLM target ports. Reads and writes take no time here:
// the bus in front of it counts theirs.

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <systemc>
#include <vector>

namespace topkima::memory {

class Memory : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<Memory> ports{"ports"};

  Memory(const sc_core::sc_module_name& name, std::size_t bytes);

 private:
  tlm::tlm_response_status move(tlm::tlm_generic_payload& payload);
  void transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug(int port, tlm::tlm_generic_payload& payload);

  std::vector<unsigned char> bytes_;
};

}  // namespace topkima::memory
