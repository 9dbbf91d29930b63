#pragma once
// Arbiter, encoder and k counter of one crossbar. Columns that cross in one ramp step are granted
// in ascending address, one per cycle; each grant emits (address, code) and counts; the k-th stops
// the ramp (hardware.md, section 3).

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>
#include <vector>

#include "arith/topk.h"
#include "registers/register_file.h"
#include "stage/clock.h"
#include "stage/link.h"

namespace topkima::topk {

class TopkCounter : public sc_core::sc_module {
 public:
  struct Config {
    int columns;
    int bits;      ///< of the ramp
    int crossbar;  ///< index within the head, for observers
  };

  tlm_utils::passthrough_target_socket<TopkCounter> codes{"codes"};  ///< int16[columns]
  /// arith::Conversion, then its winners; the conversion's cycles are added to the delay.
  tlm_utils::simple_initiator_socket<TopkCounter> winners{"winners"};
  tlm_utils::passthrough_target_socket<TopkCounter> control{"control"};  ///< registers "topk"
  /// Every conversion, for observers.
  tlm::tlm_analysis_port<stage::ConversionRecord> conversions{"conversions"};

  TopkCounter(const sc_core::sc_module_name& name, const stage::Clock& clock, const Config& config);

 private:
  void count(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  const stage::Clock& clock_;
  Config config_;
  registers::RegisterFile registers_;
  std::vector<unsigned char> output_;
  stage::RowPayload payload_;
};

}  // namespace topkima::topk
