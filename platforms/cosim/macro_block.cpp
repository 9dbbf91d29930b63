// SPDX-License-Identifier: Apache-2.0
// The whole digital part of a head's softmax macro as one RTL.
#include "cosim/block_rtl.h"
#include "cosim/macro_rtl.h"

namespace topkima::platforms {
namespace {

using config::Block;

class MacroBlock : public CompositeRtl {
 public:
  MacroBlock() : CompositeRtl(Block::macro) {}

  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t) const override {
    return cosim::fits_macro(parameters, config.topk.split, config.topk.sub_k, config.shape.tokens,
                             config.ima.bits, config.softmax.prob_bits,
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
