#pragma once
// Ramp in-memory ADC of one crossbar: one decreasing ramp, made by replica cells, and a comparator
// per bit line. Column j crosses at the step whose code its score has (hardware.md, section 3).
// The ramp's time is decided by the counter behind it, which stops it.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>
#include <vector>

#include "registers/register_file.h"
#include "stage/row.h"

namespace topkima::ima {

class RampIma : public sc_core::sc_module {
 public:
  struct Config {
    int columns;       ///< comparators
    int first_column;  ///< position of column 0 in the sequence
    int tokens;        ///< sequence length; columns beyond it are off
    int bits;          ///< 1..12
  };

  tlm_utils::passthrough_target_socket<RampIma> scores{"scores"};  ///< int32[columns]
  /// int16[columns]: the code at which each comparator fires, comparator_off for one that is
  /// switched off by the masks.
  tlm_utils::simple_initiator_socket<RampIma> codes{"codes"};
  tlm_utils::passthrough_target_socket<RampIma> control{"control"};  ///< registers "ima"

  RampIma(const sc_core::sc_module_name& name, const Config& config);

 private:
  void convert(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  int enabled_columns(std::uint32_t row) const;

  Config config_;
  registers::RegisterFile registers_;
  std::vector<std::int16_t> codes_;
  stage::RowPayload payload_;
};

}  // namespace topkima::ima
