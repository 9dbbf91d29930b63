// SPDX-License-Identifier: Apache-2.0
#pragma once
// RRAM arrays of one projection: a row times the weights, bit-serially, requantised per head to the
// width of the array that it goes to (docs/blocks/projection_tile.md). X is projected to Q, K or V
// of all heads; a head's query to the width of X, by the head's W_K^T.
//
// Preloaded through `program` by debug transport, relative to the projection's window: weights
// int8[inputs, outputs] at 0; at `calibration_offset` the rows of a calibration pass, int8
// [rows, inputs], all at once, which sets register MAXIMUM of each head; at `result_offset` the
// calibration's projected rows, int8[rows, outputs], can be read back. Rows that will come can be
// projected ahead under the maxima that are set, all at once, at `ahead_offset`.

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <optional>

#include "arith/projection.h"
#include "arith/projection_circuit.h"
#include "registers/register_file.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::crossbar {

class ProjectionTile : public stage::Stage {
 public:
  struct Config {
    arith::ProjectionConfig arrays;
    int inputs;
    int heads, head_width;             ///< outputs: that many for each head
    int rows_per_sequence = 0;         ///< 0: all sequences have the same rows
    int q_max;                         ///< largest magnitude of a result
    int precharge, column_mux, adder;  ///< cycles: of precharge and of column reads per input bit,
                                       ///< and of the adder tree after the last bit
    int queue_depth;
    stage::Fidelity fidelity = stage::Fidelity::row;
    const char* registers = "projection";  ///< block of the register map
    stage::Component array_component = stage::Component::projection,
                     adc_component = stage::Component::projection_adc;
    /// Heads of queries whose rows take turns, each with maxima and a calibration of its own.
    int heads_per_chain = 1;

    int outputs() const { return heads * head_width; }
    int cycles() const { return arrays.input_bits * (precharge + column_mux) + adder; }
  };

  // Both are bound once for each head whose rows take turns, in their order.
  tlm_utils::multi_passthrough_target_socket<ProjectionTile> program{
      "program"};  ///< debug transport only
  tlm_utils::multi_passthrough_target_socket<ProjectionTile> control{
      "control"};  ///< registers "projection" or "fold"

  /// in: int8[inputs]. out: int8[heads * head_width], head after head. `name` and `kind` are those
  /// of the account.
  ProjectionTile(const sc_core::sc_module_name& module, stage::Context& context,
                 const std::string& name, const stage::StageKind& kind, const Config& config);

  /// Cycle fidelity: phase, input bit, columns being read, driven word lines.
  void declare_probes(stage::ProbeScope& scope);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;
  /// What belongs to one of the heads whose rows take turns.
  struct Own {
    Own(const char* block) : registers(registers::block(block)) {}

    registers::RegisterFile registers;
    // The rows that will come have been projected in one efficient product, by the calibration or
    // ahead. A row that equals the one expected, under unchanged maxima, takes the result from
    // there.
    std::vector<std::int8_t> expected_rows, results;
  };

  void access(int member, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void refuse(int member, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug(int member, tlm::tlm_generic_payload& payload);
  void load(const std::int8_t* weights);
  void project(const std::int8_t* x, int rows, bool calibrate, Own& own);
  void set_maxima(const std::int32_t* acc, int rows, Own& own);
  Own& own(const stage::RowTag& row) {
    return owns_[row.member(std::uint32_t(config_.heads_per_chain))];
  }
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;
  void requantise(const std::int32_t* acc, std::int8_t* output, const Own& own) const;

  Config config_;
  std::vector<Own> owns_;
  std::vector<arith::Projection> weights_;  ///< one, once loaded
  std::vector<std::int32_t> accumulators_;  ///< [outputs]

  std::optional<arith::ProjectionCircuit> circuit_;  ///< cycle fidelity, once loaded
  stage::Probe phase_, input_bit_, column_phase_, driven_;
  stage::Meter array_meter_, adc_meter_;
};

}  // namespace topkima::crossbar
