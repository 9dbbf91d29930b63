// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sub-top-k union of a head: the winners of all crossbars, concatenated in crossbar order and
// packed to the left, are taken as the global top-k (docs/blocks/topk_union.md).

#include <vector>

#include "arith/column_map.h"
#include "arith/topk.h"
#include "stage/link.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::topk {

class TopkUnion : public stage::Stage {
 public:
  struct Config {
    arith::ColumnMap columns;
    bool head_wide;  ///< one counter for all crossbars, whose winners have addresses of the head
    int winners;     ///< largest number over all crossbars
    int cycles;

    std::size_t counters() const { return head_wide ? 1 : std::size_t(columns.crossbars()); }
    int queue_depth;
    stage::Fidelity fidelity = stage::Fidelity::row;
  };

  /// One per counter: arith::Conversion and its winners, latched until the row itself is served.
  /// A counter whose crossbar rested has nothing for the row.
  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<TopkUnion>> crossbars{"crossbars"};
  /// Every row's winners, for observers.
  tlm::tlm_analysis_port<stage::EntriesRecord> winners{"winners"};

  /// in: int32, the row's conversions are complete. out: winners (stage/link.h). A RowCircuit is
  /// given the latches instead: per crossbar int32 count and its winners (arith::Winner).
  TopkUnion(const sc_core::sc_module_name& module, stage::Context& context, const std::string& name,
            const Config& config);

  /// Cycle fidelity: a row is being packed, and its number of winners.
  void declare_probes(stage::ProbeScope& scope);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;
  const std::vector<unsigned char>& input_of(const stage::Row& row) override;
  void show(const stage::RowTag& tag, const std::vector<unsigned char>& output) override;
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;
  void handed_on(const stage::RowTag& tag, stage::NodeId taken) override;
  void latch(int crossbar, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  /// Winners of the rows between conversion and service: a ring, one place per row in the queue and
  /// one for the row that is still being converted.
  struct Latches {
    struct Place {
      std::uint64_t row;
      std::vector<arith::Winner> winners;
    };
    std::vector<Place> ring;
    std::size_t next = 0, served = 0;

    /// Whether the first that waits is of this row.
    bool hold(const stage::RowTag& row) const {
      return served < next && ring[served % ring.size()].row == row.id;
    }
  };

  Config config_;
  const std::vector<arith::Winner>& latched(const Latches& latches, const stage::RowTag& row) const;

  std::vector<Latches> latches_;
  const std::vector<arith::Winner> none_{};
  std::vector<unsigned char> input_;
  stage::Probe valid_, winner_count_;
  stage::Meter meter_;
};

}  // namespace topkima::topk
