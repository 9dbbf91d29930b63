// SPDX-License-Identifier: Apache-2.0
// The whole digital part of a head's softmax macro as one RTL.
#include "cosim/block_rtl.h"
#include "cosim/macro_rtl.h"

namespace topkima::platforms {
namespace {

using config::Block;

/// Whether some crossbar rests in some row: it would not come to the RTL.
bool rests(const config::MachineConfig& config) {
  if (!config.crossbar.gate_empty) return false;
  for (std::size_t sequence = 0; sequence < config.attention.mask.different(); ++sequence)
    for (int row = 0; row < config.shape.query_rows; ++row)
      for (const int participants : config.participants_of(std::int64_t(sequence), row))
        if (participants == 0) return true;
  return false;
}

class MacroBlock : public CompositeRtl {
 public:
  MacroBlock() : CompositeRtl(Block::macro) {}

  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t) const override {
    if (config.joins_crossbars()) return "topk.scope = head: it has a counter for each crossbar";
    if (rests(config)) return "crossbar.gate_empty = true: rows of this mask leave crossbars out";
    return cosim::fits_macro(parameters, config.topk.split, config.most_shares(),
                             config.shape.tokens, config.ima.bits, config.softmax.prob_bits,
                             config.pipeline.queue_depth);
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::macro>() {
  static const MacroBlock block;
  return block;
}

}  // namespace topkima::platforms
