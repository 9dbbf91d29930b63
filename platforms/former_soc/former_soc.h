// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Topkima-Former SoC for one attention module: token memory, bus and DMA, RRAM projections for
// Q, K and V, K^T/V writer, attention heads, pipeline controller and a host. With the scale in
// W_K^T (docs/baselines.md) X^T takes the place of K^T: X is narrowed in place of being projected,
// and each head folds its queries.

#include <array>
#include <memory>

#include "crossbar/key_narrower.h"
#include "crossbar/kv_writer.h"
#include "crossbar/projection_tile.h"
#include "head/attention_head.h"
#include "memory/bus.h"
#include "memory/dma_reader.h"
#include "memory/dma_writer.h"
#include "memory/memory.h"
#include "pipeline/controller.h"
#include "pipeline/host.h"
#include "pipeline/query_distributor.h"

namespace topkima::platforms {

/// Where the tensors lie in token memory.
struct MemoryMap {
  explicit MemoryMap(const config::MachineConfig& config);
  std::uint64_t q, k, v;  ///< equal when all three are X
  std::uint64_t stride;   ///< from one sequence's X to the next; 0: all have the same
  std::uint64_t output;
  std::uint64_t output_stride;  ///< between the output buffers
  int outputs;                  ///< buffers: two that take turns, or one per sequence
  std::size_t size;
};

class FormerSoc : public sc_core::sc_module {
 public:
  FormerSoc(const sc_core::sc_module_name& name, stage::Context& context,
            const config::MachineConfig& config, pipeline::Host::Firmware firmware);

  pipeline::Host host;
  pipeline::Controller controller;
  memory::Router router;
  memory::Memory memory;
  memory::Bus bus;
  memory::DmaReader reader;
  /// Q, K, V as the DMA numbers them; no K where X^T is in the arrays, none for given Q, K, V.
  std::array<std::unique_ptr<crossbar::ProjectionTile>, 3> projections;
  std::unique_ptr<crossbar::KeyNarrower> narrower;     ///< in_k_weights
  sc_core::sc_vector<crossbar::ProjectionTile> folds;  ///< in_k_weights: one per chain
  pipeline::QueryDistributor distributor;
  crossbar::KvWriter writer;
  sc_core::sc_vector<AttentionHead> heads;  ///< one per chain
  sc_core::sc_vector<memory::DmaWriter> stores;
  sc_core::sc_signal<bool> irq{"irq"};

  /// Declares the signals of all blocks for waveforms; `tokens`: those whose bit lines to show.
  void declare_probes(const Scopes& scopes, const config::MachineConfig& config,
                      const std::vector<int>& tokens);

 private:
  void bind_control();
  void bind_data();
  void bind_projections();
  void bind_head(std::size_t head);

  std::size_t heads_per_chain_;
};

}  // namespace topkima::platforms
