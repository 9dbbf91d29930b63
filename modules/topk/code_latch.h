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

#include "config/fidelity.h"
#include "stage/clock.h"
#include "stage/link.h"
#include "stage/meter.h"
#include "stage/probe.h"
#include "stage/ramp_step.h"
#include "stage/stall.h"
#include "topk/step_observer.h"

namespace topkima::topk {

/// Does the latches' work clock by clock in place of the block's own model: RTL behind pins.
class LatchCircuit {
 public:
  virtual ~LatchCircuit() = default;
  /// A new conversion, in no time.
  virtual void arm(const stage::RowTag& row, int participants) = 0;
  /// A ramp step: `fired` as in RampStep. Spends its cycles in the caller's process and returns how
  /// many they were.
  virtual std::int64_t step(const stage::RampStep& step,
                            const std::vector<std::uint64_t>& fired) = 0;
  /// Behind the last step: every column's code, comparator_off where it takes no part. Spends the
  /// cycles until they are there, and returns how many they were.
  virtual std::int64_t read(std::vector<std::int16_t>& codes) = 0;
  /// The codes have gone on, in this cycle.
  virtual void taken() = 0;
};

class CodeLatch : public sc_core::sc_module {
 public:
  struct Config {
    int columns;
    int bits;      ///< of the ramp
    int crossbar;  ///< index within the head, for observers
    config::Fidelity fidelity = config::Fidelity::row;
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
  /// From now on `circuit` does the work; only at cycle fidelity.
  void replace(LatchCircuit& circuit) { replaced_by_ = &circuit; }
  /// Only at cycle fidelity.
  void observe(StepObserver& observer) { observers_.push_back(&observer); }
  /// Back-pressure at the hand-off to the stage, at cycle fidelity.
  void stall(const stage::Stall& stall) { stall_ = stall; }

  /// Cycle fidelity: the code that is being latched, and how many columns have one.
  void declare_probes(stage::ProbeScope& scope);

 private:
  void convert(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void take_step(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void arm(const stage::RampStep& step);
  void serve(const stage::RampStep& step);
  void latch(int code);
  tlm::tlm_response_status hand_on(const stage::RampStep& step, sc_core::sc_time& delay);
  tlm::tlm_response_status send(const stage::RowTag& tag, const std::int16_t* codes,
                                std::int64_t cycles, sc_core::sc_time& delay);

  const stage::Clock& clock_;
  Config config_;
  stage::RowPayload payload_;

  LatchCircuit* replaced_by_ = nullptr;
  std::vector<StepObserver*> observers_;
  stage::Stall stall_;

  // The conversion under way, at cycle fidelity.
  std::vector<std::int16_t> codes_;
  std::vector<std::uint64_t> fired_;
  std::int64_t cycles_ = 0;
  int held_ = 0;
  stage::Probe code_, latched_count_;
  stage::Meter meter_;
};

}  // namespace topkima::topk
