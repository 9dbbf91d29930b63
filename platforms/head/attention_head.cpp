// SPDX-License-Identifier: Apache-2.0
#include "head/attention_head.h"

#include <algorithm>
#include <stdexcept>

#include "stage/instance_names.h"

namespace topkima::platforms {

using stage::head_name, stage::head_stage, stage::numbered;

arith::AvProductConfig av_arrays(const config::MachineConfig& c) {
  arith::AvProductConfig arrays;
  arrays.d_k = c.shape.d_k;
  arrays.slices = c.av.slices;
  arrays.array_rows = c.av.rows;
  arrays.bits = c.av.bits;
  arrays.lsb = c.av.lsb;
  arrays.weight_max = c.prob_max();
  return arrays;
}

namespace {

crossbar::AvArray::Config av_config(const config::MachineConfig& c, int head) {
  crossbar::AvArray::Config config{};
  config.heads_per_chain = c.heads_per_chain();
  config.arrays = av_arrays(c);
  config.tokens = c.shape.tokens;
  config.banks = c.pipeline.banks;
  config.winners = c.topk.winners;
  config.precharge = c.av.precharge_cycles;
  config.shift_add = c.av.shift_add_cycles;
  config.queue_depth = c.pipeline.queue_depth;
  config.fidelity = stage::kinds::av.fidelity_in(c.fidelity_of(head));
  config.arrays.ramp = c.nonidealities.av_ramp(head);
  config.arrays.cells = c.nonidealities.av_array(head);
  return config;
}

/// Arrays that hold a head's keys: array b * crossbars + c is row block b of crossbar c.
std::size_t arrays_of(const config::MachineConfig& c) {
  return c.topk.split.size() * std::size_t(c.score.row_blocks());
}

crossbar::KeyArray::Config key_config(const config::MachineConfig& c, int head, std::size_t array) {
  const int block = static_cast<int>(array / c.topk.split.size());
  crossbar::KeyArray::Config config{};
  const int width = c.converted_width();
  config.d_k = std::min(width, c.score_width() - block * width);
  config.cells = c.score.key_cells;
  config.columns = c.topk.split[array % c.topk.split.size()];
  config.banks = c.pipeline.banks;
  config.query_max = c.score.query_max;
  config.precharge = c.score.precharge_cycles;
  config.window = c.score.pulse_window;
  config.joined = c.score.joined_arrays();
  config.weighting = c.score.weighting;
  config.fidelity = c.fidelity_of(head).score;
  config.defects = c.nonidealities.key_array(head, static_cast<int>(array));
  return config;
}

// The stages of one machine or another: null where it has none (stage::head_kinds).

std::unique_ptr<topk::TopkUnion> make_union(stage::Context& context, const config::MachineConfig& c,
                                            int head) {
  if (!stage::has(c, stage::kinds::unite)) return nullptr;
  topk::TopkUnion::Config unite{};
  unite.columns = c.attention.columns;
  unite.head_wide = c.joins_crossbars();
  unite.winners = c.topk.winners;
  unite.cycles = c.topk.union_cycles;
  unite.queue_depth = c.pipeline.queue_depth;
  unite.fidelity = stage::kinds::unite.fidelity_in(c.fidelity_of(head));
  return std::make_unique<topk::TopkUnion>("union", context, head_stage(head, stage::kinds::unite),
                                           unite);
}

std::unique_ptr<topk::LatchStage> make_latch(stage::Context& context,
                                             const config::MachineConfig& c, int head) {
  if (!stage::has(c, stage::kinds::latch)) return nullptr;
  topk::LatchStage::Config latch{};
  latch.columns = c.attention.columns;
  latch.row_blocks = c.score.row_blocks();
  latch.cycles = c.score.adder_cycles;
  latch.queue_depth = c.pipeline.queue_depth;
  latch.fidelity = stage::kinds::latch.fidelity_in(c.fidelity_of(head));
  return std::make_unique<topk::LatchStage>("latch", context, head_stage(head, stage::kinds::latch),
                                            latch);
}

std::unique_ptr<softmax::Shifter> make_shifter(stage::Context& context,
                                               const config::MachineConfig& c, int head) {
  if (!stage::has(c, stage::kinds::shifter)) return nullptr;
  softmax::Shifter::Config shifter{};
  shifter.elements = c.softmax.stops_early() ? c.topk.winners : c.shape.tokens;
  shifter.interval = c.shift.element_cycles;
  shifter.fidelity = stage::kinds::shifter.fidelity_in(c.fidelity_of(head));
  return std::make_unique<softmax::Shifter>("shifter", context,
                                            head_stage(head, stage::kinds::shifter), shifter);
}

std::unique_ptr<topk::Sorter> make_sorter(stage::Context& context, const config::MachineConfig& c,
                                          int head) {
  if (!stage::has(c, stage::kinds::sorter)) return nullptr;
  return std::make_unique<topk::Sorter>("sorter", context, head_stage(head, stage::kinds::sorter),
                                        sorter_config(c, head));
}

softmax::SoftmaxUnit::Config softmax_config(const config::MachineConfig& c, int head) {
  softmax::SoftmaxUnit::Config unit{};
  unit.heads_per_chain = c.heads_per_chain();
  unit.winners = c.topk.winners;
  unit.prob_bits = c.softmax.prob_bits;
  unit.exponent_cycles = c.softmax.exponent_cycles;
  unit.divide_cycles = c.softmax.divide_cycles;
  unit.exponent_interval = c.softmax.exponent_interval;
  unit.divide_interval = c.softmax.divide_interval;
  unit.fidelity = stage::kinds::exponent.fidelity_in(c.fidelity_of(head));
  return unit;
}

topk::TopkCounter::Config counter_config(const config::MachineConfig& c, int head,
                                         std::size_t crossbar) {
  topk::TopkCounter::Config counter{};
  if (c.joins_crossbars()) counter.crossbars_of_head = c.topk.split;
  counter.columns =
      c.joins_crossbars() ? c.attention.columns.all_columns() : c.topk.split[crossbar];
  counter.bits = c.ima.bits;
  counter.crossbar = static_cast<int>(crossbar);
  counter.fidelity = c.fidelity_of(head).topk;
  counter.grants_per_cycle = c.topk.grants_per_cycle;
  counter.step_cycles = c.topk.step_cycles;
  counter.start_cycles = c.topk.start_cycles;
  counter.grant_cycles = c.topk.grant_cycles;
  counter.tree_cycles = c.topk.tree_cycles;
  return counter;
}

ima::RampIma::Config ramp_config(const config::MachineConfig& c, int head, std::size_t array) {
  const std::size_t crossbar = array % c.topk.split.size();
  ima::RampIma::Config ramp{};
  ramp.heads_per_chain = c.heads_per_chain();
  ramp.columns = c.topk.split[crossbar];
  ramp.crossbar = static_cast<int>(crossbar);
  ramp.bits = c.ima.bits;
  ramp.fidelity = c.fidelity_of(head).topk;
  ramp.defects = c.nonidealities.score_ramp(head, static_cast<int>(array));
  return ramp;
}

topk::CodeLatch::Config latch_config(const config::MachineConfig& c, int head, std::size_t array) {
  const std::size_t crossbar = array % c.topk.split.size();
  topk::CodeLatch::Config latch{};
  latch.columns = c.topk.split[crossbar];
  latch.bits = c.ima.bits;
  latch.crossbar = static_cast<int>(crossbar);
  latch.fidelity = c.fidelity_of(head).topk;
  return latch;
}

/// Whatever takes its time inside the driver's calls needs a process per array.
config::Fidelity score_fidelity(const config::BlockFidelity& fidelity) {
  const bool clocked = config::clocked(fidelity.score) || config::clocked(fidelity.topk);
  return clocked ? config::Fidelity::cycle : config::Fidelity::row;
}

crossbar::WordLineDriver::Config driver_config(const config::MachineConfig& c, int head) {
  crossbar::WordLineDriver::Config driver{};
  driver.crossbars = static_cast<int>(c.topk.split.size());
  driver.width = c.score_width();
  driver.block_width = c.converted_width();
  driver.queue_depth = c.pipeline.queue_depth;
  driver.fidelity = score_fidelity(c.fidelity_of(head));
  return driver;
}

}  // namespace

topk::Sorter::Config sorter_config(const config::MachineConfig& c, int head) {
  topk::Sorter::Config config{};
  config.interval = c.sort.element_cycles;
  config.union_cycles = c.sort.per_crossbar() ? c.topk.union_cycles : 0;
  config.fidelity = stage::kinds::sorter.fidelity_in(c.fidelity_of(head));
  config.columns = c.attention.columns;
  config.k = c.sort.per_crossbar() ? c.topk.sub_k : std::vector<int>{c.topk.winners};
  return config;
}

AttentionHead::AttentionHead(const sc_core::sc_module_name& module, stage::Context& context,
                             const config::MachineConfig& c, int head)
    : sc_core::sc_module(module),
      score("score", context, head_stage(head, stage::kinds::score), driver_config(c, head)),
      mask("mask", c.attention.columns),
      key_arrays("key_array"),
      ramps("ima"),
      counters("counter"),
      unite(make_union(context, c, head)),
      latches("latches"),
      latch(make_latch(context, c, head)),
      shifter(make_shifter(context, c, head)),
      sorter(make_sorter(context, c, head)),
      softmax("softmax", context, head, softmax_config(c, head)),
      av("av", context, head_stage(head, stage::kinds::av), av_config(c, head)),
      head_(head),
      heads_per_chain_(c.heads_per_chain()) {
  key_arrays.init(arrays_of(c), [&](const char*, std::size_t i) {
    return new crossbar::KeyArray(numbered("key_array", i).c_str(), context.clock,
                                  key_config(c, head, i));
  });
  ramps.init(arrays_of(c), [&](const char*, std::size_t i) {
    return new ima::RampIma(numbered("ramp", i).c_str(), ramp_config(c, head, i));
  });
  for (std::size_t i = 0; i < ramps.size(); ++i) {
    score.arrays[i].bind(key_arrays[i].query);
    key_arrays[i].scores.bind(ramps[i].scores);
  }
  for (auto& array : key_arrays) array.count_with(context.meter(stage::Component::key_array));
  for (auto& ramp : ramps) ramp.count_with(context.meter(stage::Component::key_ramp));
  if (unite)
    select_by_ramp(context, c);
  else
    latch_all(context, c);
  bind_selection();
  softmax.divider.out.bind(av.in);
  bind_mask();
}

void AttentionHead::bind_mask() {
  score.mask.bind(mask);
  for (auto& ramp : ramps) ramp.mask.bind(mask);
  for (auto& counter : counters) counter.mask.bind(mask);
  if (join) join->mask.bind(mask);
  if (sorter) sorter->mask.bind(mask);
  av.mask.bind(mask);
}

/// One counter for all crossbars.
void AttentionHead::join_crossbars(stage::Context& context, const config::MachineConfig& c) {
  join = std::make_unique<topk::CrossbarJoin>("join", c.topk.split);
  counters.init(1, [&](const char*, std::size_t i) {
    return new topk::TopkCounter(numbered("topk", i).c_str(), context.clock,
                                 counter_config(c, head_, i));
  });
  for (std::size_t i = 0; i < ramps.size(); ++i) {
    ramps[i].codes.bind(join->codes[i]);
    ramps[i].crossings.bind(join->crossings[i]);
    join->conversions.bind(ramps[i]);
  }
  auto& counter = counters[0];
  join->joined_codes.bind(counter.codes);
  join->joined_crossings.bind(counter.crossings);
  counter.winners.bind(unite->crossbars[0]);
  counter.conversions.bind(*join);
  counter.count_with(context.meter(stage::Component::topk));
}

void AttentionHead::select_by_ramp(stage::Context& context, const config::MachineConfig& c) {
  if (c.joins_crossbars()) return join_crossbars(context, c);
  counters.init(c.topk.split.size(), [&](const char*, std::size_t i) {
    return new topk::TopkCounter(numbered("topk", i).c_str(), context.clock,
                                 counter_config(c, head_, i));
  });
  for (std::size_t i = 0; i < counters.size(); ++i) {
    ramps[i].codes.bind(counters[i].codes);
    ramps[i].crossings.bind(counters[i].crossings);
    counters[i].winners.bind(unite->crossbars[i]);
    counters[i].conversions.bind(ramps[i]);
    counters[i].count_with(context.meter(stage::Component::topk));
  }
}

void AttentionHead::latch_all(stage::Context& context, const config::MachineConfig& c) {
  latches.init(arrays_of(c), [&](const char*, std::size_t i) {
    return new topk::CodeLatch(numbered("latch", i).c_str(), context.clock,
                               latch_config(c, head_, i));
  });
  for (std::size_t i = 0; i < latches.size(); ++i) {
    ramps[i].codes.bind(latches[i].codes);
    ramps[i].crossings.bind(latches[i].crossings);
    latches[i].latched.bind(latch->arrays[i]);
    latches[i].conversions.bind(ramps[i]);
    latches[i].count_with(context.meter(stage::Component::latch));
  }
}

/// Those that there are, one behind the other.
void AttentionHead::bind_selection() {
  const auto stages = selection();
  for (std::size_t i = 1; i < stages.size(); ++i) stages[i - 1]->out.bind(stages[i]->in);
}

std::vector<stage::Stage*> AttentionHead::selection() {
  std::vector<stage::Stage*> stages{&score};
  for (stage::Stage* stage : std::initializer_list<stage::Stage*>{
           unite.get(), latch.get(), shifter.get(), sorter.get(), &softmax.exponent})
    if (stage) stages.push_back(stage);
  return stages;
}

stage::Stage& AttentionHead::stage_before(const stage::Stage& stage) {
  const auto stages = selection();
  const auto found = std::find(stages.begin() + 1, stages.end(), &stage);
  if (found == stages.end()) throw std::logic_error("no stage of the selection stands before this");
  return **(found - 1);
}

tlm::tlm_analysis_port<stage::EntriesRecord>& AttentionHead::winners() {
  if (sorter) return sorter->winners;
  return latch ? latch->winners : unite->winners;
}

std::uint64_t AttentionHead::window(int member) const {
  return registers::head_stride * static_cast<std::uint64_t>(head_ * heads_per_chain_ + member);
}

void AttentionHead::map_registers(memory::Router& router) {
  map_shared(router);
  for (int member = 0; member < heads_per_chain_; ++member) map_own(member, router);
}

/// What is set for all heads that take turns, in the window of the first.
void AttentionHead::map_shared(memory::Router& router) {
  const auto& topk = registers::block("topk");
  for (std::size_t i = 0; i < counters.size(); ++i)
    router.map(window(0) + topk.base + i * topk.stride, 0x20, counters[i].control);
  router.map(window(0) + registers::block("mask").base, 0x4000, mask.control);
}

/// What is set for each, in its window. The blocks know them by the order in which they are bound.
void AttentionHead::map_own(int member, memory::Router& router) {
  const auto& ima = registers::block("ima");
  for (std::size_t i = 0; i < ramps.size(); ++i)
    router.map(window(member) + ima.base + i * ima.stride, 0x20, ramps[i].control);
  router.map(window(member) + registers::block("softmax").base, 0x4000, softmax.exponent.control);
}

void AttentionHead::declare_probes(const Scopes& scopes, const config::MachineConfig& c,
                                   const std::vector<int>& tokens) {
  constexpr int losers_shown = 2, most_ranks = 8;
  const std::string head = head_name(head_) + ".";
  const auto& map = c.attention.columns;
  for (std::size_t i = 0; i < key_arrays.size(); ++i) {
    const std::size_t crossbar = i % c.topk.split.size();
    auto& tile_scope = scopes(head + numbered("key_array", i));
    key_arrays[i].declare_probes(tile_scope);
    ramps[i].declare_probes(scopes(head + numbered("ramp", i)), c.wave.mv_per_unit);
    if (unite && i < counters.size())
      counters[i].declare_probes(scopes(head + numbered("topk", i)));
    if (latch) latches[i].declare_probes(scopes(head + numbered("latch", i)));
    if (!config::clocked(c.fidelity_of(head_).score)) continue;
    const int columns = c.topk.split[crossbar];
    const int k = c.topk.sub_k_follows ? c.topk.k : c.topk.sub_k[crossbar];
    const int ranks = std::min({k + losers_shown, columns, most_ranks});
    bit_lines_.push_back(std::make_unique<BitLineProbes>(
        key_arrays[i], ramps[i], tile_scope,
        BitLineProbes::Config{ranks, static_cast<int>(crossbar), map,
                              join ? map.base(static_cast<int>(crossbar)) : 0, tokens,
                              c.wave.mv_per_unit}));
    key_arrays[i].bit_lines.bind(bit_lines_.back()->bit_lines());
    if (unite) counters[join ? 0 : i].grants.bind(bit_lines_.back()->grants());
  }
  if (unite) unite->declare_probes(scopes(head + stage::kinds::unite.name));
  if (latch) latch->declare_probes(scopes(head + stage::kinds::latch.name));
  if (shifter) shifter->declare_probes(scopes(head + stage::kinds::shifter.name));
  if (sorter) sorter->declare_probes(scopes(head + stage::kinds::sorter.name));
  softmax.exponent.declare_probes(scopes(head + stage::kinds::exponent.name));
  softmax.divider.declare_probes(scopes(head + stage::kinds::divider.name));
  av.declare_probes(scopes(head + stage::kinds::av.name), c.wave.mv_per_unit);
}

}  // namespace topkima::platforms
