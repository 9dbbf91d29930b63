// SPDX-License-Identifier: Apache-2.0
#pragma once
// Arbiter, encoder and k counter of one crossbar, or, behind a CrossbarJoin, of a whole head.
// Columns that cross in one ramp step are granted
// in ascending address, one per cycle or several; each grant emits (address, code) and counts; the
// k-th stops the ramp (docs/blocks/topk_counter.md). Row fidelity: a whole row of codes at once,
// the conversion's cycles added to the annotated delay. Cycle fidelity: step by step, grant by
// grant.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>
#include <vector>

#include "arith/topk.h"
#include "config/fidelity.h"
#include "registers/register_file.h"
#include "stage/clock.h"
#include "stage/link.h"
#include "stage/meter.h"
#include "stage/probe.h"
#include "stage/ramp_step.h"
#include "stage/row_mask.h"
#include "stage/stall.h"
#include "topk/step_observer.h"

namespace topkima::topk {

/// Does the counter's work clock by clock in place of its own model: RTL behind pins.
class GrantCircuit {
 public:
  /// Told of each grant, in its cycle.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void granted(int column, int code) = 0;
    /// A cycle in which grants wait, since nobody takes them.
    virtual void held() {}
  };
  struct Result {
    bool stop;   ///< the k-th grant, or nobody left to wait for
    int cycles;  ///< that the step took
  };

  virtual ~GrantCircuit() = default;
  /// A new conversion, in no time. Returns whether it is over without a step: exhausted.
  virtual bool arm(const stage::RowTag& row, const arith::TopkConfig& config, int participants) = 0;
  /// A ramp step: `fired` as in RampStep. Spends its cycles in the caller's process and tells the
  /// step's listener in the last one.
  virtual Result step(const stage::RampStep& step, const std::vector<std::uint64_t>& fired,
                      Sink& sink) = 0;
};

class TopkCounter : public sc_core::sc_module,
                    private GrantCircuit::Sink,
                    private stage::RampStep::Accepted {
 public:
  struct Config {
    int columns;
    int bits;      ///< of the ramp
    int crossbar;  ///< index within the head, of a head's counter 0
    config::Fidelity fidelity = config::Fidelity::row;
    int grants_per_cycle = 1;                                 ///< lanes of the arbiter
    int step_cycles = 0, start_cycles = 0, grant_cycles = 0;  ///< see arith::TopkConfig
    int tree_cycles = 0;
    /// Where one counter serves a head (topk.scope): columns of each crossbar. Participants lie
    /// apart, and what rests is not searched.
    std::vector<int> crossbars_of_head{};
  };

  tlm_utils::passthrough_target_socket<TopkCounter> codes{"codes"};  ///< int16[columns]
  /// Cycle fidelity: the crossing vector of each ramp step (stage::RampStep).
  tlm_utils::passthrough_target_socket_optional<TopkCounter> crossings{"crossings"};
  /// arith::Conversion, then its winners; the conversion's cycles are added to the delay.
  tlm_utils::simple_initiator_socket<TopkCounter> winners{"winners"};
  tlm_utils::passthrough_target_socket<TopkCounter> control{"control"};  ///< registers "topk"
  /// Says how much of a row's k is this crossbar's; unbound, its register does.
  sc_core::sc_port<stage::MaskIf, 1, sc_core::SC_ZERO_OR_MORE_BOUND> mask{"mask"};
  /// Every conversion, for observers.
  tlm::tlm_analysis_port<stage::ConversionRecord> conversions{"conversions"};

  /// Cycle fidelity: every grant, for observers.
  tlm::tlm_analysis_port<stage::GrantRecord> grants{"grants"};

  TopkCounter(const sc_core::sc_module_name& name, const stage::Clock& clock, const Config& config);

  /// From now on `meter` is told of grants.
  void count_with(const stage::Meter& meter) { meter_ = meter; }

  /// From now on `circuit` does the work; only at cycle fidelity.
  void replace(GrantCircuit& circuit) { replaced_by_ = &circuit; }
  /// Only at cycle fidelity.
  void observe(StepObserver& observer) { observers_.push_back(&observer); }
  /// Back-pressure at the grants, at cycle fidelity.
  void stall(const stage::Stall& stall) { stall_ = stall; }

  /// Cycle fidelity: pending requests, grant with address and code, counter, early stop.
  void declare_probes(stage::ProbeScope& scope);

 private:
  arith::TopkConfig topk(const stage::RowTag& row) const;
  std::uint64_t columns_searched(const stage::RowTag& row) const;
  arith::Winner* winner_places(int k);
  void take_step(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool arm(const stage::RampStep& step);
  bool serve(const stage::RampStep& step);
  void idle(int cycles);
  void grant(const stage::RampStep& step);
  void granted(int column, int code) override;
  void held() override;
  void accepted(bool stop) override;
  tlm::tlm_response_status send(const stage::RowTag& tag, const arith::Conversion& conversion,
                                sc_core::sc_time& delay);
  void count(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void count_events(const stage::RowTag& tag, const arith::Conversion& conversion,
                    std::int64_t end) const;
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  const stage::Clock& clock_;
  Config config_;
  registers::RegisterFile registers_;
  std::vector<unsigned char> output_;
  std::vector<arith::Winner> dense_;
  stage::RowPayload payload_;

  GrantCircuit* replaced_by_ = nullptr;
  std::vector<StepObserver*> observers_;
  stage::RampStep::Accepted* listener_ = nullptr;  ///< of the present step
  stage::Stall stall_;

  // The conversion under way, at cycle fidelity.
  stage::RowTag row_;
  arith::TopkCircuit circuit_;
  arith::Conversion conversion_;
  std::int64_t waiting_cycles_ = 0;  ///< with a request pending
  std::vector<std::uint64_t> fired_;
  struct Lane {
    stage::Probe valid, column;
  };
  std::vector<Lane> lanes_;
  stage::Probe pending_, grant_code_, count_, stop_;
  stage::Meter meter_;
};

}  // namespace topkima::topk
