// SPDX-License-Identifier: Apache-2.0
#pragma once
// One chain of the machine, the hardware of an attention head: word-line driver, K^T crossbars with
// a ramp ADC each, what selects a row's winners, softmax unit and AV arrays. Topkima has a top-k
// counter behind each ramp, and their union; the machines beside it have latches there, and a
// sorter or nothing (docs/baselines.md).
//
// Where heads of queries share K and V (attention.kv_sharing), several may take turns in one chain.

#include <functional>
#include <memory>
#include <string>

#include "config/machine_config.h"
#include "crossbar/av_array.h"
#include "crossbar/key_array.h"
#include "crossbar/word_line_driver.h"
#include "head/bit_line_probes.h"
#include "ima/mask_unit.h"
#include "ima/ramp_ima.h"
#include "memory/router.h"
#include "softmax/shifter.h"
#include "softmax/softmax_unit.h"
#include "topk/code_latch.h"
#include "topk/crossbar_join.h"
#include "topk/latch_stage.h"
#include "topk/sorter.h"
#include "topk/topk_counter.h"
#include "topk/topk_union.h"

namespace topkima::platforms {

/// A head's sorters, in a machine that has them.
topk::Sorter::Config sorter_config(const config::MachineConfig& config, int head);

/// The signals of an instance, named without the top level: "head3.topk0".
using Scopes = std::function<stage::ProbeScope&(const std::string& instance)>;

/// AV arrays of this machine; what is not ideal in them depends on the head and is left out.
arith::AvProductConfig av_arrays(const config::MachineConfig& config);

class AttentionHead : public sc_core::sc_module {
 public:
  AttentionHead(const sc_core::sc_module_name& module, stage::Context& context,
                const config::MachineConfig& config, int head);

  /// Of the chain: that of its head of K and V or, where each head of queries has a chain, its own.
  int number() const { return head_; }

  crossbar::WordLineDriver score;
  ima::MaskUnit mask;
  // One per array: of row block b of crossbar c number b * crossbars + c.
  sc_core::sc_vector<crossbar::KeyArray> key_arrays;
  sc_core::sc_vector<ima::RampIma> ramps;
  sc_core::sc_vector<topk::TopkCounter> counters;  ///< topkima; one where crossbars are joined
  std::unique_ptr<topk::CrossbarJoin> join;        ///< topk.scope = head
  std::unique_ptr<topk::TopkUnion> unite;          ///< topkima
  sc_core::sc_vector<topk::CodeLatch> latches;     ///< conventional, digital_topk
  std::unique_ptr<topk::LatchStage> latch;         ///< conventional, digital_topk
  std::unique_ptr<softmax::Shifter> shifter;       ///< left_shift
  std::unique_ptr<topk::Sorter> sorter;            ///< digital_topk
  softmax::SoftmaxUnit softmax;
  crossbar::AvArray av;

  /// Maps the chain's registers to the windows of its heads of queries.
  void map_registers(memory::Router& router);
  /// Binds the analysis ports to an observer of conversions, winners, probabilities and outputs.
  /// The row blocks of a crossbar convert alike: the conversions of the first are shown.
  template <typename Observer>
  void observe(Observer& observer) {
    if (join) join->conversions.bind(observer.conversions());
    for (auto& counter : counters)
      if (!join) counter.conversions.bind(observer.conversions());
    for (std::size_t i = 0; latch && i < latches.size() / latch->row_blocks(); ++i)
      latches[i].conversions.bind(observer.conversions());
    winners().bind(observer.winners());
    softmax.divider.probabilities.bind(observer.probabilities());
    av.outputs.bind(observer.outputs());
  }
  /// Declares the head's signals for waveforms; `tokens`: those whose bit lines to show.
  void declare_probes(const Scopes& scopes, const config::MachineConfig& config,
                      const std::vector<int>& tokens);

  /// Every row's winners.
  tlm::tlm_analysis_port<stage::EntriesRecord>& winners();
  /// The stage from which one behind the score, up to the exponents, gets its rows.
  stage::Stage& stage_before(const stage::Stage& stage);

 private:
  void select_by_ramp(stage::Context& context, const config::MachineConfig& config);
  void join_crossbars(stage::Context& context, const config::MachineConfig& config);
  void bind_mask();
  void latch_all(stage::Context& context, const config::MachineConfig& config);
  /// Those from the score to the exponents that there are, as rows pass them.
  std::vector<stage::Stage*> selection();
  void bind_selection();

  /// Offset of the window of one of the chain's heads of queries.
  std::uint64_t window(int member) const;
  void map_shared(memory::Router& router);
  void map_own(int member, memory::Router& router);

  int head_, heads_per_chain_;
  std::vector<std::unique_ptr<BitLineProbes>> bit_lines_;
};

}  // namespace topkima::platforms
