// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sub-top-k union of a head: the winners of all crossbars, concatenated in crossbar order and
// packed to the left, are taken as the global top-k (docs/blocks/topk_union.md).

#include <vector>

#include "arith/topk.h"
#include "stage/link.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::topk {

class TopkUnion : public stage::Stage {
 public:
  struct Config {
    std::vector<int> first_columns;  ///< position of each crossbar's column 0 in the sequence
    int winners;                     ///< largest number over all crossbars
    int cycles;
    int queue_depth;
    stage::Fidelity fidelity = stage::Fidelity::row;
  };

  /// One per crossbar: arith::Conversion and its winners, latched until the row itself is served.
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
  void handed_on(const stage::RowTag& tag, stage::NodeId taken) override { ++served_; }
  void latch(int crossbar, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  /// Winners of the rows between conversion and service: a ring, one place per row in the queue and
  /// one for the row that is still being converted.
  struct Latches {
    std::vector<std::vector<arith::Winner>> ring;
    std::size_t next = 0;
  };

  Config config_;
  const std::vector<arith::Winner>& latched(const Latches& latches) const {
    return latches.ring[served_ % latches.ring.size()];
  }

  std::vector<Latches> latches_;
  std::size_t served_ = 0;
  std::vector<unsigned char> input_;
  stage::Probe valid_, winner_count_;
  stage::Meter meter_;
};

}  // namespace topkima::topk
