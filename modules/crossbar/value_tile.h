#pragma once
// V tiles of a head with their shift-and-add: the pipeline stage of the weighted values. Only the
// winners' rows are driven, by pulses as long as their probabilities; each array's ternary column
// slices are read by a full ramp, then shifted and added (hardware.md, sections 3 and 5).
//
// Programmed by memory-mapped writes: address (bank * tokens + token) * d_k, one token row of int8
// values at a time.

#include "arith/weighted_value.h"
#include "stage/link.h"
#include "stage/stage.h"

namespace topkima::crossbar {

class ValueTile : public stage::Stage {
 public:
  struct Config {
    arith::WeightedValueConfig arrays;
    int tokens;
    int banks;
    int winners;  ///< largest number of winners of a row
    int cycles;   ///< service of a row that has winners
    int queue_depth;
  };

  tlm_utils::passthrough_target_socket<ValueTile> program{"program"};
  /// Tells that a row has been handed on: a write of its number, the head as address.
  tlm_utils::simple_initiator_socket<ValueTile> finished{"finished"};
  /// Every output row, for observers.
  tlm::tlm_analysis_port<stage::OutputRecord> outputs{"outputs"};

  /// in: weights (stage/link.h). out: int32[d_k].
  ValueTile(const sc_core::sc_module_name& module, stage::Bench& bench, const std::string& name,
            const Config& config);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void handed_on(const stage::RowTag& tag, stage::NodeId taken) override;
  void write_token(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug_write(tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status store(const tlm::tlm_generic_payload& payload);

  Config config_;
  std::vector<arith::WeightedValue> banks_;
  std::vector<arith::WeightedValue::Weight> weights_;
  stage::RowPayload notice_;
};

}  // namespace topkima::crossbar
