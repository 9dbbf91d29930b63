// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the AXI fronts share: clock, reset and the way of an access into the TLM world and back.
//
// Pins are sampled at the rising edge of `clk` and driven just after it, like flip-flops; any clock
// will do, an sc_clock or a signal of an RTL model. `rst` is synchronous and active high.
//
// An access is one b_transport in the front's own process, made at the edge that completes the
// request. The time that the target spends in the call passes, then the delay that it returns, and
// the front answers after the first rising edge from then on: a target without time is answered for
// after the same edge. Reads and writes have a process each, so the target may see a read while it
// holds a write, and the other way round.
//
// Reset returns the pins to idle and forgets what has been taken of a request. A call that the
// target holds cannot be taken back: it ends in its own time, with its effect and without an answer
// at the pins, and until then the front takes no request of that direction.

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <optional>
#include <systemc>

#include "axi/pins.h"

namespace topkima::axi {

class Front : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk{"clk"}, rst{"rst"};
  tlm_utils::simple_initiator_socket<Front> out{"out"};

 protected:
  explicit Front(const sc_core::sc_module_name& name);

  /// Waits for the next edge; false in reset.
  bool edge();
  /// Waits for the next edge at which `pin` is high; false when reset comes first.
  bool edge_with(const sc_core::sc_in<bool>& pin);
  /// Makes the access and waits for the edge after which to answer; none when reset came meanwhile.
  /// `enables`: TLM byte enables, or null for all.
  std::optional<Response> send(tlm::tlm_command command, std::uint64_t address, unsigned char* data,
                               unsigned length, unsigned char* enables = nullptr);

 private:
  void note_edge();

  sc_core::sc_time last_edge_ = sc_core::sc_max_time();
  std::uint64_t reset_edges_ = 0;
};

}  // namespace topkima::axi
