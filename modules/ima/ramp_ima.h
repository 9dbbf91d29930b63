// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ramp in-memory ADC of one crossbar: one decreasing ramp, made by replica cells, and a comparator
// per bit line. Column j crosses at the step whose code its score has (docs/blocks/ramp_ima.md).
// The ramp's time is decided by the counter behind it, which stops it. Row fidelity: a code per
// column says when its comparator fires. Cycle fidelity: the ramp falls step by step, each with its
// crossing vector, and stays while the counter is busy with it.

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <optional>
#include <systemc>
#include <vector>

#include "arith/ramp.h"
#include "arith/real_ramp.h"
#include "registers/register_file.h"
#include "stage/link.h"
#include "stage/meter.h"
#include "stage/probe.h"
#include "stage/ramp_step.h"
#include "stage/row_mask.h"
#include "stage/stage.h"

namespace topkima::ima {

/// Makes the ramp's steps clock by clock in place of the model's own: RTL behind pins.
class StepCircuit {
 public:
  struct Step {
    int code;
    bool first, last;  ///< of the ramp
  };

  virtual ~StepCircuit() = default;
  /// The bit lines hold the scores of `row`: the ramp starts in this cycle.
  virtual void start(const stage::RowTag& row) = 0;
  /// The step that is offered, in this cycle or, in the caller's process, as soon as there is one.
  virtual Step step() = 0;
  /// That step ends with this cycle; with `stop` the conversion does.
  virtual void accepted(bool stop) = 0;
};

class RampIma : public sc_core::sc_module,
                public tlm::tlm_analysis_if<stage::ConversionRecord>,
                private stage::RampStep::Accepted {
 public:
  struct Config {
    int columns;   ///< comparators
    int crossbar;  ///< index within the head
    int bits;      ///< 1..12
    stage::Fidelity fidelity = stage::Fidelity::row;
    arith::RampDefects defects{};
    /// Heads of queries that take turns, each with a ramp step of its own.
    int heads_per_chain = 1;
  };

  tlm_utils::passthrough_target_socket<RampIma> scores{"scores"};  ///< int32[columns]
  /// int16[columns]: the code at which each comparator fires, comparator_off for one that is
  /// switched off by the masks.
  tlm_utils::simple_initiator_socket<RampIma> codes{"codes"};
  /// Cycle fidelity: the crossing vector of each step (stage::RampStep).
  tlm_utils::simple_initiator_socket_optional<RampIma> crossings{"crossings"};
  /// Registers "ima", bound once for each of those heads, in their order.
  tlm_utils::multi_passthrough_target_socket<RampIma> control{"control"};
  /// Says which columns take part in a row; the comparators of all others are off.
  sc_core::sc_port<stage::MaskIf> mask{"mask"};

  RampIma(const sc_core::sc_module_name& name, const Config& config);

  /// From now on `meter` is told of steps and comparators, when a conversion is over.
  void count_with(const stage::Meter& meter) { meter_ = meter; }
  /// A conversion, which the ramp has made, is over: whatever stops the ramp says so here.
  void write(const stage::ConversionRecord& conversion) override;

  /// From now on `circuit` makes the steps; only at cycle fidelity.
  void replace(StepCircuit& circuit) { replaced_by_ = &circuit; }
  /// Back-pressure at the steps, at cycle fidelity.
  void stall(const stage::Stall& stall) { stall_ = stall; }

  /// Cycle fidelity: ramp voltage at `mv_per_unit` per score unit, code, crossing vector.
  void declare_probes(stage::ProbeScope& scope, double mv_per_unit);
  /// The columns whose comparators are on for a row.
  arith::Interval enabled_columns(const stage::RowTag& row) const;

 private:
  void convert(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void access(int member, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  int ramp_lsb() const;
  void disturb(const stage::RowTag& row, const std::int32_t* scores, arith::Interval enabled);
  void fall(const stage::RowTag& row, const std::int32_t* scores);
  bool next_step();
  bool send_step(stage::RampStep::Kind kind);
  void accepted(bool stop) override { replaced_by_->accepted(stop); }
  void show_crossings();
  void show_idle();

  Config config_;
  std::vector<registers::RegisterFile> registers_;  ///< by head of the chain
  std::size_t member_ = 0;                          ///< whose row is converted, or was last
  StepCircuit* replaced_by_ = nullptr;
  stage::Stall stall_;
  std::int64_t asked_ = 0;  ///< cycles of this conversion in which a step was offered
  bool last_ = false;       ///< the present step is the ramp's last
  std::vector<std::int16_t> codes_;
  stage::RowPayload payload_;
  arith::FallingRamp ramp_;
  std::vector<std::int32_t> held_;       ///< the scores that the bit lines hold, at cycle fidelity
  std::optional<arith::RealRamp> real_;  ///< with defects
  std::vector<double> seen_;             ///< by its comparators, of the present row
  stage::StepPayload step_;
  double mv_per_unit_ = 0;
  std::vector<std::uint64_t> shown_;
  stage::Probe ramp_mv_, code_, crossing_;
  stage::Meter meter_;
  std::int64_t begin_ = 0;  ///< of the last conversion
};

}  // namespace topkima::ima
