// SPDX-License-Identifier: Apache-2.0
#pragma once
// Memory-mapped router for control traffic: forwards each transaction, with an address relative to
// its target, to the target whose window holds it. A window nobody has answers
// TLM_ADDRESS_ERROR_RESPONSE. Takes no time.

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include <map>
#include <systemc>

namespace topkima::memory {

class Router : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<Router> in{"in"};

  explicit Router(const sc_core::sc_module_name& name);

  /// Binds `target` to addresses base .. base + size - 1. Windows must not overlap.
  template <typename Target>
  void map(std::uint64_t base, std::uint64_t size, Target& target) {
    add_window(base, size);
    out_.bind(target);
  }

 private:
  struct Window {
    std::uint64_t size;
    int port;
  };

  void add_window(std::uint64_t base, std::uint64_t size);
  const std::pair<const std::uint64_t, Window>* find(const tlm::tlm_generic_payload& payload) const;
  void transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug(int port, tlm::tlm_generic_payload& payload);

  tlm_utils::multi_passthrough_initiator_socket<Router> out_{"out"};
  std::map<std::uint64_t, Window> windows_;  ///< by base
};

}  // namespace topkima::memory
