// SPDX-License-Identifier: Apache-2.0
#pragma once
// The attention macro: the score / ramp / top-k / softmax / weighted-value chain of one or more
// heads alone, K^T and V in place, every query row at hand.

#include "attention_macro/macro_ends.h"
#include "head/attention_head.h"
#include "pipeline/host.h"
#include "pipeline/query_distributor.h"
#include "workload/calibration.h"

namespace topkima::platforms {

class AttentionMacro : public sc_core::sc_module {
 public:
  /// What the macro computes: integers [heads, rows, d_k], and the scales of each head of queries.
  struct Input {
    std::vector<std::int8_t> q, k, v;
    std::vector<workload::HeadScale> scales;
  };

  AttentionMacro(const sc_core::sc_module_name& name, stage::Context& context,
                 const config::MachineConfig& config, const Input& input);

  QuerySource source;
  pipeline::QueryDistributor distributor;
  sc_core::sc_vector<AttentionHead> heads;  ///< one per chain
  OutputSink sink;
  memory::Router router;
  pipeline::Host host;
  sc_core::sc_signal<bool> done{"done_signal"};

  /// Declares the signals of all heads for waveforms; `tokens`: those whose bit lines to show.
  void declare_probes(const Scopes& scopes, const std::vector<int>& tokens);

 private:
  void firmware(pipeline::Host& host);
  void preload_tiles(pipeline::Host& host);

  stage::Context& context_;
  const config::MachineConfig& config_;
  const Input& input_;
  std::vector<std::int8_t> rows_;  ///< Q as [rows, heads * d_k]
};

}  // namespace topkima::platforms
