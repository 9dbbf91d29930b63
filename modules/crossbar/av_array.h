// SPDX-License-Identifier: Apache-2.0
#pragma once
// AV arrays of a head with their shift-and-add: the pipeline stage of the weighted values. Only the
// winners' rows are driven, by pulses as long as their probabilities; each array's ternary column
// slices are read by a full ramp, then shifted and added (docs/blocks/av_array.md).
//
// Programmed by memory-mapped writes: address (bank * tokens + token) * d_k, one token row of int8
// values at a time.

#include "arith/av_product.h"
#include "crossbar/shift_add.h"
#include "stage/link.h"
#include "stage/probe.h"
#include "stage/row_mask.h"
#include "stage/stage.h"

namespace topkima::crossbar {

class AvArray : public stage::Stage {
 public:
  struct Config {
    arith::AvProductConfig arrays;
    int tokens;
    int banks;
    int winners;               ///< largest number of winners of a row
    int precharge, shift_add;  ///< cycles before the pulses and after the ramp
    int queue_depth;
    stage::Fidelity fidelity = stage::Fidelity::row;
    int heads_per_chain = 1;  ///< heads of queries that take turns
  };

  tlm_utils::passthrough_target_socket<AvArray> program{"program"};
  /// Tells that a row has been handed on: a write of its number, the head as address.
  tlm_utils::simple_initiator_socket<AvArray> finished{"finished"};
  /// Every output row, for observers.
  tlm::tlm_analysis_port<stage::OutputRecord> outputs{"outputs"};
  /// Says which arrays rest in a row; unbound, none do.
  sc_core::sc_port<stage::MaskIf, 1, sc_core::SC_ZERO_OR_MORE_BOUND> mask{"mask"};
  /// The last phase of a row's service at cycle fidelity.
  ShiftAdd shift_add;

  /// in: weights (stage/link.h). out: int32[d_k].
  AvArray(const sc_core::sc_module_name& module, stage::Context& context, const std::string& name,
          const Config& config);

  /// Cycle fidelity: phase, driven rows, the ramp at `mv_per_unit` and how many columns it crosses,
  /// and, of output element 0, the bit line of each slice in the first array that holds a winner.
  void declare_probes(stage::ProbeScope& scope, double mv_per_unit);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;
  void convert(const stage::Row& row);
  arith::AvProduct::Row row_of(const stage::RowTag& row) const;
  std::int32_t* take_weights(const stage::Row& row, std::vector<unsigned char>& output);
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;
  void show_bit_lines();
  void handed_on(const stage::RowTag& tag, stage::NodeId taken) override;
  void write_token(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug_write(tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status store(const tlm::tlm_generic_payload& payload);

  Config config_;
  std::vector<arith::AvProduct> banks_;
  std::vector<arith::AvProduct::Weight> weights_;
  stage::RowPayload notice_;
  arith::AvCircuit circuit_;
  double mv_per_unit_ = 0;
  stage::Probe phase_, driven_, ramp_mv_, code_, crossed_;
  std::vector<stage::Probe> slices_;
  stage::Meter array_meter_, ramp_meter_;
};

}  // namespace topkima::crossbar
