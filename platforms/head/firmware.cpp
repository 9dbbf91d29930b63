// SPDX-License-Identifier: Apache-2.0
#include "head/firmware.h"

#include "arith/softmax.h"
#include "registers/register_map.h"

namespace topkima::platforms {

namespace reg = registers;

void program_heads(pipeline::Host& host, const config::MachineConfig& config,
                   const std::vector<workload::HeadScale>& scales) {
  const auto& ima = reg::block("ima");
  const auto& topk = reg::block("topk");
  const auto& softmax = reg::block("softmax");
  for (std::size_t h = 0; h < scales.size(); ++h) {
    const std::uint64_t head = h * reg::head_stride;
    for (std::size_t i = 0; i < config.topk.split.size() * std::size_t(config.score.row_blocks);
         ++i) {
      const std::uint64_t ramp = head + ima.base + i * ima.stride;
      host.write(ramp + reg::ima::ramp_lsb.offset, static_cast<std::uint32_t>(scales[h].ramp_lsb));
      host.write(ramp + reg::ima::valid_tokens.offset,
                 static_cast<std::uint32_t>(config.attention.valid_tokens));
      host.write(ramp + reg::ima::causal.offset, config.attention.causal ? 1 : 0);
      host.write(ramp + reg::ima::first_row.offset,
                 static_cast<std::uint32_t>(config.attention.first_row));
      if (!config.softmax.stops_early()) continue;
      const std::uint64_t counter = head + topk.base + i * topk.stride;
      host.write(counter + reg::topk::k.offset, static_cast<std::uint32_t>(config.topk.sub_k[i]));
      host.write(counter + reg::topk::stop.offset, config.topk.stop_when_exhausted ? 1 : 0);
    }
    const auto table =
        arith::exponent_table(std::size_t(config.code_distances()), scales[h].score_step);
    const std::vector<std::uint32_t> words(table.begin(), table.end());
    host.write(head + softmax.base + reg::softmax::exponent.offset, words.data(), words.size());
  }
}

}  // namespace topkima::platforms
