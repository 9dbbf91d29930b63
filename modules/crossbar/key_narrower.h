// SPDX-License-Identifier: Apache-2.0
#pragma once
// Narrows rows of X to the width of the SRAM arrays, where X^T is in them in place of K^T: between
// DMA and K/V writer, in no time and without room for a row (docs/blocks/key_narrower.md).

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <vector>

#include "registers/register_file.h"
#include "stage/row.h"

namespace topkima::crossbar {

class KeyNarrower : public sc_core::sc_module {
 public:
  tlm_utils::passthrough_target_socket<KeyNarrower> in{"in"};  ///< int8[width], a row of X
  tlm_utils::simple_initiator_socket<KeyNarrower> out{"out"};  ///< int8[width] of -q_max..q_max
  tlm_utils::passthrough_target_socket<KeyNarrower> control{"control"};  ///< registers "narrower"

  /// q_max: largest magnitude of a result, 1..127.
  KeyNarrower(const sc_core::sc_module_name& name, int width, int q_max);

 private:
  void pass_on(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  int q_max_;
  registers::RegisterFile registers_;
  std::vector<std::int32_t> wide_;
  std::vector<std::int8_t> narrow_;
  stage::RowPayload payload_;
};

}  // namespace topkima::crossbar
