// SPDX-License-Identifier: Apache-2.0
#include "memory/router.h"

#include <iterator>

#include "config/errors.h"

namespace topkima::memory {

Router::Router(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
  in.register_b_transport(this, &Router::transport);
  in.register_transport_dbg(this, &Router::debug);
}

void Router::add_window(std::uint64_t base, std::uint64_t size) {
  const auto next = windows_.lower_bound(base);
  const bool above = next != windows_.end() && next->first - base < size;
  const bool below =
      next != windows_.begin() && base - std::prev(next)->first < std::prev(next)->second.size;
  if (above || below) throw SimulationError(std::string(name()) + ": overlapping windows");
  const int port = static_cast<int>(windows_.size());  // windows are bound in the order of mapping
  windows_[base] = {size, port};
}

const std::pair<const std::uint64_t, Router::Window>* Router::find(
    const tlm::tlm_generic_payload& payload) const {
  auto after = windows_.upper_bound(payload.get_address());
  if (after == windows_.begin()) return nullptr;
  --after;
  return payload.get_address() - after->first < after->second.size ? &*after : nullptr;
}

void Router::transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto* window = find(payload);
  if (!window) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const std::uint64_t address = payload.get_address();
  payload.set_address(address - window->first);
  out_[window->second.port]->b_transport(payload, delay);
  payload.set_address(address);
}

unsigned Router::debug(int, tlm::tlm_generic_payload& payload) {
  const auto* window = find(payload);
  if (!window) return 0;
  const std::uint64_t address = payload.get_address();
  payload.set_address(address - window->first);
  const unsigned moved = out_[window->second.port]->transport_dbg(payload);
  payload.set_address(address);
  return moved;
}

}  // namespace topkima::memory
