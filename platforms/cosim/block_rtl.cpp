// SPDX-License-Identifier: Apache-2.0
#include "cosim/block_rtl.h"

#include <algorithm>
#include <utility>

namespace topkima::platforms {
namespace {

using GetBlock = const BlockRtl& (*)();

template <std::size_t... i>
GetBlock get_block(config::Block block, std::index_sequence<i...>) {
  constexpr GetBlock all[] = {&block_rtl<config::blocks[i]>...};
  return all[std::size_t(block)];
}

}  // namespace

const BlockRtl& block_rtl(config::Block block) {
  return get_block(block, std::make_index_sequence<config::blocks.size()>())();
}

std::size_t instances_in(const AttentionHead& head, config::Block block) {
  if (config::facts_of(block).one_per != config::OnePer::crossbar) return 1;
  return block == config::Block::topk ? head.counters.size() : head.ramps.size();
}

topk::TopkCounter& counter_of(AttentionHead& head, std::size_t crossbar) {
  return head.counters[std::min(crossbar, head.counters.size() - 1)];
}

const SocBlockRtl& soc_block_rtl(config::Block block) {
  return dynamic_cast<const SocBlockRtl&>(block_rtl(block));
}

void CompositeRtl::attach(Cosimulation& cosimulation, const Place& whole) const {
  for (const auto part : config::blocks) {
    if (!config::has_part(block_, part)) continue;
    const std::size_t many = instances_in(whole.head, part);
    for (std::size_t i = 0; i < many; ++i)
      block_rtl(part).attach(cosimulation,
                             {{whole.rtl, whole.model}, whole.head, i, static_cast<int>(i)});
  }
}

}  // namespace topkima::platforms
