// SPDX-License-Identifier: Apache-2.0
#pragma once
// Code registers of a head with full-ramp conversion, as a stage: hands on the codes of all
// participating columns. Where a column's values lie in several arrays (row blocks), its code is
// the sum of theirs (docs/baselines.md, docs/blocks/code_latch.md).

#include <cstdint>
#include <vector>

#include "arith/column_map.h"
#include "stage/link.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::topk {

class LatchStage : public stage::Stage {
 public:
  struct Config {
    arith::ColumnMap columns;
    int row_blocks;  ///< arrays that share a column
    int cycles;      ///< of adding them; counts only for more than one
    int queue_depth;
    stage::Fidelity fidelity = stage::Fidelity::row;
  };

  /// One per array, row block after row block: block b of crossbar c is arrays[b * crossbars + c].
  /// int16[columns], comparator_off where a column takes no part. An array that rested has nothing
  /// for the row.
  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<LatchStage>> arrays{"arrays"};
  /// Every row's codes, for observers: the winners of a conventional macro.
  tlm::tlm_analysis_port<stage::EntriesRecord> winners{"winners"};

  /// in: int32, the row's conversions are complete. out: winners (stage/link.h), in ascending
  /// column address.
  LatchStage(const sc_core::sc_module_name& module, stage::Context& context,
             const std::string& name, const Config& config);

  std::size_t row_blocks() const { return std::size_t(config_.row_blocks); }

  /// Cycle fidelity: a row is handed on, and its number of codes.
  void declare_probes(stage::ProbeScope& scope);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;
  void handed_on(const stage::RowTag& row, stage::NodeId) override;
  void latch(int array, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  /// Codes of the rows between conversion and service, [places, columns]: a ring, one place per row
  /// in the queue, one in service and one for the row that is still being converted.
  struct Registers {
    std::size_t columns;
    std::vector<std::int16_t> ring;
    std::vector<std::uint64_t> rows;  ///< whose codes each place has
    std::size_t next = 0, served = 0;

    /// Whether the first place that waits is of this row.
    bool hold(const stage::RowTag& row) const {
      return served < next && rows[served % rows.size()] == row.id;
    }
    const std::int16_t* first() const { return ring.data() + served % rows.size() * columns; }
  };
  Registers& of(std::size_t block, std::size_t crossbar) {
    return registers_[block * std::size_t(config_.columns.crossbars()) + crossbar];
  }

  Config config_;
  std::size_t places_;
  std::vector<Registers> registers_;  ///< by array
  std::vector<arith::Interval> on_;   ///< by crossbar: its columns that take part in the row
  stage::Probe valid_, count_;
  stage::Meter meter_;
};

}  // namespace topkima::topk
