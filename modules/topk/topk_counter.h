#pragma once
// Arbiter, encoder and k counter of one crossbar. Columns that cross in one ramp step are granted
// in ascending address, one per cycle or several; each grant emits (address, code) and counts; the
// k-th stops the ramp (hardware.md, section 3). Row fidelity: a whole row of codes at once, the
// conversion's cycles added to the annotated delay. Cycle fidelity: step by step, grant by grant.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>
#include <vector>

#include "arith/topk.h"
#include "config/fidelity.h"
#include "registers/register_file.h"
#include "stage/clock.h"
#include "stage/link.h"
#include "stage/probe.h"

namespace topkima::topk {

class TopkCounter : public sc_core::sc_module {
 public:
  struct Config {
    int columns;
    int bits;      ///< of the ramp
    int crossbar;  ///< index within the head, for observers
    config::Fidelity fidelity = config::Fidelity::row;
    int grants_per_cycle = 1;               ///< lanes of the arbiter
    int step_cycles = 0, start_cycles = 0;  ///< see arith::TopkConfig
  };

  tlm_utils::passthrough_target_socket<TopkCounter> codes{"codes"};  ///< int16[columns]
  /// Cycle fidelity: the crossing vector of each ramp step (stage::RampStep).
  tlm_utils::passthrough_target_socket_optional<TopkCounter> crossings{"crossings"};
  /// arith::Conversion, then its winners; the conversion's cycles are added to the delay.
  tlm_utils::simple_initiator_socket<TopkCounter> winners{"winners"};
  tlm_utils::passthrough_target_socket<TopkCounter> control{"control"};  ///< registers "topk"
  /// Every conversion, for observers.
  tlm::tlm_analysis_port<stage::ConversionRecord> conversions{"conversions"};

  /// Cycle fidelity: every grant, for observers.
  tlm::tlm_analysis_port<stage::GrantRecord> grants{"grants"};

  TopkCounter(const sc_core::sc_module_name& name, const stage::Clock& clock, const Config& config);

  /// Cycle fidelity: pending requests, grant with address and code, counter, early stop.
  void trace(stage::ProbeScope& scope);

 private:
  arith::TopkConfig topk() const;
  arith::Winner* winner_places();
  void take_step(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void idle(int cycles);
  void grant(const stage::RampStep& step);
  tlm::tlm_response_status send(const stage::RowTag& tag, const arith::Conversion& conversion,
                                sc_core::sc_time& delay);
  void count(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  const stage::Clock& clock_;
  Config config_;
  registers::RegisterFile registers_;
  std::vector<unsigned char> output_;
  stage::RowPayload payload_;

  // The conversion under way, at cycle fidelity.
  arith::TopkCircuit circuit_;
  arith::Conversion conversion_;
  std::vector<std::uint64_t> fired_;
  struct Lane {
    stage::Probe valid, column;
  };
  std::vector<Lane> lanes_;
  stage::Probe pending_, grant_code_, count_, stop_;
};

}  // namespace topkima::topk
