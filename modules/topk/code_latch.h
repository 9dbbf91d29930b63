// SPDX-License-Identifier: Apache-2.0
#pragma once
// Code latches behind the full-ramp ADC of one array: each column keeps the code at which its
// comparator fires. A conversion takes one cycle per ramp step, all 2^n of them; nothing is granted
// and nothing stops the ramp (docs/hardware.md, section 6; docs/blocks/code_latch.md). Stands in
// the place of the top-k counter.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <vector>

#include "stage/link.h"
#include "stage/meter.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::topk {

class CodeLatch : public sc_core::sc_module {
 public:
  struct Config {
    int columns;
    int bits;      ///< of the ramp
    int crossbar;  ///< index within the head, for observers
    stage::Fidelity fidelity = stage::Fidelity::row;
  };

  tlm_utils::passthrough_target_socket<CodeLatch> codes{"codes"};  ///< int16[columns]
  /// Cycle fidelity: the crossing vector of each ramp step (stage::RampStep).
  tlm_utils::passthrough_target_socket_optional<CodeLatch> crossings{"crossings"};
  /// int16[columns], comparator_off where a column takes no part; the conversion's cycles are added
  /// to the delay.
  tlm_utils::simple_initiator_socket<CodeLatch> latched{"latched"};
  /// Every conversion, for observers.
  tlm::tlm_analysis_port<stage::ConversionRecord> conversions{"conversions"};

  CodeLatch(const sc_core::sc_module_name& name, const stage::Clock& clock, const Config& config);

  /// From now on `meter` is told of the registers that are written.
  void count_with(const stage::Meter& meter) { meter_ = meter; }
  /// Cycle fidelity: the code that is being latched, and how many columns have one.
  void declare_probes(stage::ProbeScope& scope);

 private:
  void convert(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void take_step(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void latch(const tlm::tlm_generic_payload& payload, int code);
  tlm::tlm_response_status send(const stage::RowTag& tag, const std::int16_t* codes,
                                sc_core::sc_time& delay);

  const stage::Clock& clock_;
  Config config_;
  stage::RowPayload payload_;
  std::vector<std::int16_t> codes_;  ///< of the conversion under way, at cycle fidelity
  int held_ = 0;
  stage::Probe code_, latched_count_;
  stage::Meter meter_;
};

}  // namespace topkima::topk
