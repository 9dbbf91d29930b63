#include "head/attention_head.h"

#include <algorithm>

#include "stage/instance_names.h"

namespace topkima::platforms {

using stage::head_name, stage::numbered;

namespace {

crossbar::ValueTile::Config value_config(const config::MachineConfig& c,
                                         config::Fidelity fidelity) {
  crossbar::ValueTile::Config config{};
  config.arrays.d_k = c.shape.d_k;
  config.arrays.slices = c.value_slices;
  config.arrays.array_rows = c.value_rows;
  config.arrays.bits = c.value_ramp_bits;
  config.arrays.lsb = c.value_lsb;
  config.arrays.weight_max = c.prob_max();
  config.tokens = c.shape.tokens;
  config.banks = c.banks;
  config.winners = c.winners;
  config.precharge = c.value_precharge;
  config.shift_add = c.shift_add_cycles;
  config.queue_depth = c.queue_depth;
  config.fidelity = fidelity;
  return config;
}

crossbar::KeyTile::Config key_config(const config::MachineConfig& c, int columns,
                                     config::Fidelity fidelity) {
  crossbar::KeyTile::Config config{};
  config.d_k = c.shape.d_k;
  config.cells = c.key_cells;
  config.columns = columns;
  config.banks = c.banks;
  config.query_max = c.query_max;
  config.precharge = c.score_precharge;
  config.window = c.pulse_window;
  config.weighting =
      c.pulse_weighting ? arith::BitLines::Weighting::pulse : arith::BitLines::Weighting::drive;
  config.fidelity = fidelity;
  return config;
}

/// Whatever takes its time inside the driver's calls needs a process per crossbar.
config::Fidelity score_fidelity(const config::BlockFidelity& fidelity) {
  const bool clocked =
      fidelity.score == config::Fidelity::cycle || fidelity.topk == config::Fidelity::cycle;
  return clocked ? config::Fidelity::cycle : config::Fidelity::row;
}

}  // namespace

std::vector<int> first_columns(const std::vector<int>& split) {
  std::vector<int> first{0};
  for (const int columns : split) first.push_back(first.back() + columns);
  first.pop_back();
  return first;
}

AttentionHead::AttentionHead(const sc_core::sc_module_name& module, stage::Bench& bench,
                             const config::MachineConfig& c, int head)
    : sc_core::sc_module(module),
      score("score", bench, head_name(head) + ".score",
            {static_cast<int>(c.split.size()), c.score_width(), c.block_width, c.queue_depth,
             score_fidelity(c.fidelity_of(head))}),
      key_tiles("key_tile"),
      imas("ima"),
      counters("counter"),
      unite("union", bench, head_name(head) + ".union",
            {first_columns(c.split), c.winners, c.union_cycles, c.queue_depth,
             c.fidelity_of(head).unite}),
      softmax("softmax", bench, head_name(head),
              {c.winners, c.prob_bits, c.exponent_cycles, c.divide_cycles,
               c.fidelity_of(head).softmax, c.exponent_interval, c.divide_interval}),
      values("values", bench, head_name(head) + ".weighted",
             value_config(c, c.fidelity_of(head).values)),
      head_(head) {
  const auto first = first_columns(c.split);
  const std::size_t crossbars = c.split.size();
  const config::BlockFidelity fidelity = c.fidelity_of(head);
  key_tiles.init(crossbars, [&](const char*, std::size_t i) {
    return new crossbar::KeyTile(numbered("key_tile", i).c_str(), bench.clock,
                                 key_config(c, c.split[i], fidelity.score));
  });
  imas.init(crossbars, [&](const char*, std::size_t i) {
    return new ima::RampIma(numbered("ramp", i).c_str(),
                            {c.split[i], first[i], c.shape.tokens, c.ramp_bits, fidelity.topk});
  });
  counters.init(crossbars, [&](const char*, std::size_t i) {
    return new topk::TopkCounter(numbered("topk", i).c_str(), bench.clock,
                                 {c.split[i], c.ramp_bits, static_cast<int>(i), fidelity.topk,
                                  c.grants_per_cycle, c.step_cycles, c.start_cycles});
  });
  for (std::size_t i = 0; i < crossbars; ++i) {
    score.arrays[i].bind(key_tiles[i].query);
    key_tiles[i].scores.bind(imas[i].scores);
    imas[i].codes.bind(counters[i].codes);
    imas[i].crossings.bind(counters[i].crossings);
    counters[i].winners.bind(unite.crossbars[i]);
  }
  score.out.bind(unite.in);
  unite.out.bind(softmax.exponent.in);
  softmax.divider.out.bind(values.in);
}

void AttentionHead::map_registers(memory::Router& router) {
  const std::uint64_t base = registers::head_stride * static_cast<std::uint64_t>(head_);
  const auto& ima_block = registers::block("ima");
  const auto& topk_block = registers::block("topk");
  for (std::size_t i = 0; i < imas.size(); ++i) {
    router.map(base + ima_block.base + i * ima_block.stride, 0x20, imas[i].control);
    router.map(base + topk_block.base + i * topk_block.stride, 0x20, counters[i].control);
  }
  router.map(base + registers::block("softmax").base, 0x4000, softmax.exponent.control);
}

void AttentionHead::trace(const Scopes& scopes, const config::MachineConfig& c,
                          const std::vector<int>& tokens) {
  constexpr int losers_shown = 2, most_ranks = 8;
  const std::string head = head_name(head_) + ".";
  const auto first = first_columns(c.split);
  for (std::size_t i = 0; i < c.split.size(); ++i) {
    auto& tile_scope = scopes(head + numbered("key_tile", i));
    key_tiles[i].trace(tile_scope);
    imas[i].trace(scopes(head + numbered("ramp", i)), c.mv_per_unit);
    counters[i].trace(scopes(head + numbered("topk", i)));
    if (c.fidelity_of(head_).score != config::Fidelity::cycle) continue;
    const int ranks = std::min({c.sub_k[i] + losers_shown, c.split[i], most_ranks});
    bit_lines_.push_back(std::make_unique<BitLineProbes>(
        key_tiles[i], imas[i], tile_scope,
        BitLineProbes::Config{ranks, c.split[i], first[i], tokens, c.mv_per_unit}));
    key_tiles[i].bit_lines.bind(bit_lines_.back()->bit_lines());
    counters[i].grants.bind(bit_lines_.back()->grants());
  }
  unite.trace(scopes(head + "union"));
  softmax.exponent.trace(scopes(head + "exponent"));
  softmax.divider.trace(scopes(head + "divider"));
  values.trace(scopes(head + "weighted"), c.mv_per_unit);
}

}  // namespace topkima::platforms
