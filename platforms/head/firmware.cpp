// SPDX-License-Identifier: Apache-2.0
#include "head/firmware.h"

#include "arith/softmax.h"
#include "registers/register_map.h"

namespace topkima::platforms {

namespace reg = registers;

namespace {

void program_mask(pipeline::Host& host, std::uint64_t base, const config::MachineConfig& config) {
  const arith::Mask& mask = config.attention.mask;
  const auto write = [&](const reg::Register& r, std::size_t value) {
    host.write(base + r.offset, static_cast<std::uint32_t>(value));
  };
  const auto write_all = [&](const reg::Register& r, const std::vector<int>& entries,
                             std::size_t count) {
    std::vector<std::uint32_t> words(count);
    for (std::size_t i = 0; i < count; ++i)
      words[i] = static_cast<std::uint32_t>(entries[entries.size() == 1 ? 0 : i]);
    if (count > 0) host.write(base + r.offset, words.data(), words.size());
  };
  write_all(reg::mask::valid_tokens, mask.valid_tokens, mask.different());
  write_all(reg::mask::first_valid, mask.first_valid, mask.different());
  write_all(reg::mask::segment_end, mask.segment_ends, mask.segment_ends.size());
  write(reg::mask::sequences, mask.different());
  write(reg::mask::segments, mask.segment_ends.size());
  write(reg::mask::causal, mask.causal);
  write(reg::mask::window, std::size_t(mask.window));
  write(reg::mask::first_row, std::size_t(mask.first_row));
  write(reg::mask::shared_k, config.shares_out() ? std::size_t(config.topk.k) : 0);
  write(reg::mask::gate_empty, config.crossbar.gate_empty);
}

/// A counter behind each ramp, or one for the whole head.
void program_counters(pipeline::Host& host, std::uint64_t base,
                      const config::MachineConfig& config) {
  const auto stride = reg::block("topk").stride;
  const std::size_t counters = config.joins_crossbars() ? 1 : config.topk.split.size();
  for (std::size_t i = 0; i < counters; ++i) {
    const std::uint64_t counter = base + i * stride;
    const auto write = [&](const reg::Register& r, int value) {
      host.write(counter + r.offset, static_cast<std::uint32_t>(value));
    };
    write(reg::topk::k, config.topk.sub_k[i]);
    write(reg::topk::stop, config.topk.stop_when_exhausted ? 1 : 0);
    write(reg::topk::reach, config.topk.reach);
  }
}

}  // namespace

void program_heads(pipeline::Host& host, const config::MachineConfig& config,
                   const std::vector<workload::HeadScale>& scales) {
  const auto& ima = reg::block("ima");
  const auto& softmax = reg::block("softmax");
  for (std::size_t h = 0; h < scales.size(); ++h) {
    const std::uint64_t head = h * reg::head_stride;
    const bool shared = h % std::size_t(config.heads_per_chain()) == 0;
    if (shared) program_mask(host, head + reg::block("mask").base, config);
    for (std::size_t i = 0; i < config.topk.split.size() * std::size_t(config.score.row_blocks());
         ++i) {
      const std::uint64_t ramp = head + ima.base + i * ima.stride;
      host.write(ramp + reg::ima::ramp_lsb.offset, static_cast<std::uint32_t>(scales[h].ramp_lsb));
    }
    if (config.softmax.stops_early() && shared)
      program_counters(host, head + reg::block("topk").base, config);
    const auto table =
        arith::exponent_table(std::size_t(config.code_distances()), scales[h].score_step);
    const std::vector<std::uint32_t> words(table.begin(), table.end());
    host.write(head + softmax.base + reg::softmax::exponent.offset, words.data(), words.size());
  }
}

}  // namespace topkima::platforms
