// SPDX-License-Identifier: Apache-2.0
#include "config/machine_config.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "arith/fixed_point.h"
#include "arith/projection.h"
#include "arith/split.h"

namespace topkima::config {
namespace {

/// Three result files of 4 bytes per winner are held in memory.
constexpr double most_entries = 1e8;

/// Entries of the exponent table.
constexpr long long most_distances = 4096;

std::string text(long long value) { return std::to_string(value); }

Schedule schedule_of(const std::string& name) {
  if (name == "sequential") return Schedule::sequential;
  if (name == "coarse") return Schedule::coarse;
  return name == "fine" ? Schedule::fine : Schedule::buffered;
}

int integer_or(Settings& settings, const std::string& name, const char* word, int otherwise) {
  if (settings.is(name, word)) settings.resolve(name, std::vector<int>{otherwise});
  return settings.integer(name);
}

Scaling scaling_of(const std::string& name) {
  if (name == "scale_free") return Scaling::scale_free;
  return name == "left_shift" ? Scaling::left_shift : Scaling::in_k_weights;
}

SoftmaxMacro macro_of(const std::string& name) {
  if (name == "topkima") return SoftmaxMacro::topkima;
  return name == "conventional" ? SoftmaxMacro::conventional : SoftmaxMacro::digital_topk;
}

void resolve_masks(Settings& settings, MachineConfig& config) {
  const int tokens = config.shape.tokens;
  config.valid_tokens = integer_or(settings, "attention.valid_tokens", "all", tokens);
  if (config.valid_tokens > tokens)
    throw ConfigError("attention.valid_tokens = " + text(config.valid_tokens) +
                      " exceeds the sequence length " + text(tokens));
  config.causal = settings.flag("attention.causal");
  config.first_row = settings.integer("attention.first_row");
  if (settings.is("attention.score_scale", "auto"))
    settings.resolve("attention.score_scale",
                     std::vector<double>{1.0 / std::sqrt(double(config.shape.d_k))});
  config.score_scale = settings.real("attention.score_scale");
  config.scaling = scaling_of(settings.text("attention.scaling"));
  // A shifter moves the binary point by whole places; halves up, also where sqrt(d_k) is rounded.
  constexpr double half = 0.5 + 0x1p-40;
  config.applied_scale = config.score_scale;
  if (config.scaling == Scaling::left_shift && config.score_scale > 0)
    config.applied_scale = std::exp2(std::floor(std::log2(config.score_scale) + half));
  if (config.scaling == Scaling::in_k_weights && !config.shape.projected)
    throw ConfigError(
        "attention.scaling = in_k_weights needs X and the projections' weights: topkima-soc with "
        "an x.npy");
}

/// How the values of a column lie in arrays of `rows` word lines.
void resolve_row_blocks(MachineConfig& config, int rows) {
  const int width = config.score_width();
  const int fitting = rows / config.key_cells;
  const bool whole = width <= fitting;
  if (!whole && (config.scaling != Scaling::in_k_weights || fitting < 1))
    throw ConfigError("d_k = " + text(config.shape.d_k) + " with score.key_cells = " +
                      text(config.key_cells) + " needs " + text(width * config.key_cells) +
                      " word lines, but crossbar.rows - crossbar.ramp_rows leaves " + text(rows) +
                      ": a decreasing ramp cannot select on partial sums of row-split arrays");
  config.block_width = whole ? width : fitting;
  config.row_blocks = static_cast<int>(arith::ceil_div(width, config.block_width));
  if (!whole && config.macro == SoftmaxMacro::topkima)
    throw ConfigError("attention.scaling = in_k_weights puts d_model = " + text(width) +
                      " values of a column into " + text(config.row_blocks) +
                      " arrays, but a decreasing ramp cannot select on their partial sums: "
                      "expected softmax.macro = conventional or digital_topk");
}

void resolve_score(Settings& settings, MachineConfig& config) {
  config.query_bits = settings.integer("score.query_bits");
  config.query_max = arith::magnitude_max(config.query_bits);
  config.key_cells = settings.integer("score.key_cells");
  config.key_max = (1 << config.key_cells) - 1;
  const bool pulse = config.pulse_weighting = settings.is("score.weighting", "pulse");
  // With pulses of length 1x, 2x, 4x on cells of equal current the longest counts.
  config.pulse_window = config.query_max * (pulse ? 1 << (config.key_cells - 1) : 1);
  config.score_precharge = settings.integer("score.precharge_cycles");

  config.score_adder_cycles = settings.integer("score.adder_cycles");

  const int rows = settings.integer("crossbar.rows");
  const int ramp_rows = settings.integer("crossbar.ramp_rows");
  config.crossbar_rows = rows;
  config.ramp_rows = ramp_rows;
  config.macro = macro_of(settings.text("softmax.macro"));
  resolve_row_blocks(config, rows - ramp_rows);
  config.value_rows = integer_or(settings, "av.rows", "auto", rows - ramp_rows);
  if (config.value_rows > rows - ramp_rows)
    throw ConfigError("av.rows = " + text(config.value_rows) +
                      " exceeds crossbar.rows - crossbar.ramp_rows = " + text(rows - ramp_rows));
}

/// The most winners that a row can have.
void resolve_winners(Settings& settings, MachineConfig& config) {
  config.sorter_per_crossbar = settings.is("sort.sorters", "crossbar");
  config.sort_interval = settings.integer("sort.element_cycles");
  config.shift_interval = settings.integer("shift.element_cycles");
  long long winners = std::accumulate(config.sub_k.begin(), config.sub_k.end(), 0LL);
  std::string from = "topk.sub_k sums to ";
  if (config.macro == SoftmaxMacro::conventional) {
    winners = config.shape.tokens;
    from = "softmax.macro = conventional makes ";
  } else if (config.macro == SoftmaxMacro::digital_topk && !config.sorter_per_crossbar) {
    winners = settings.integer("topk.k");
    from = "topk.k makes ";
  }
  if (winners > 65536)
    throw ConfigError(from + text(winners) + " winners per row; expected at most 65536");
  config.winners = static_cast<int>(winners);
  const double entries = 1.0 * config.winners * config.shape.heads * config.shape.query_rows;
  if (entries > most_entries)
    throw ConfigError(from + text(config.winners) + " winners per row, " +
                      text(std::llround(entries)) + " in all; expected at most " +
                      text(std::llround(most_entries)));
  const long long distances = 1LL * config.row_blocks * ((1 << config.ramp_bits) - 1);
  if (distances >= most_distances)
    throw ConfigError(text(config.row_blocks) +
                      " row-split arrays with ima.bits = " + text(config.ramp_bits) +
                      " make sums of codes that differ by up to " + text(distances) +
                      "; the exponent table has " + text(most_distances) + " entries");
}

void resolve_topk(Settings& settings, MachineConfig& config) {
  config.ramp_bits = settings.integer("ima.bits");
  config.saturate_share = settings.real("ima.saturate_share");
  const int tokens = config.shape.tokens, columns = settings.integer("crossbar.columns");
  if (settings.is("topk.split", "auto"))
    settings.resolve("topk.split", arith::auto_split(tokens, columns));
  config.split = settings.integers("topk.split");
  for (const int part : config.split)
    if (part > columns)
      throw ConfigError("topk.split: " + text(part) +
                        " columns exceed crossbar.columns = " + text(columns));
  const auto held = std::accumulate(config.split.begin(), config.split.end(), 0LL);
  if (held < tokens)
    throw ConfigError("topk.split holds " + text(held) + " columns, but the sequence has " +
                      text(tokens));
  const int most = settings.integer("crossbar.max_per_head");
  const auto crossbars = static_cast<long long>(config.split.size());
  const std::string times = config.row_blocks > 1 ? text(config.row_blocks) + " times " : "";
  if (crossbars * config.row_blocks > most)
    throw ConfigError("a sequence of " + text(tokens) + " tokens needs " + times + text(crossbars) +
                      " crossbars of " + text(columns) +
                      " columns per head, but crossbar.max_per_head = " + text(most));

  const int k = settings.integer("topk.k");
  if (settings.is("topk.sub_k", "auto")) {
    // A given split may hold more columns than the sequence has: those that hold tokens count.
    std::vector<int> used;
    int first = 0;
    for (const int part : config.split) {
      used.push_back(std::clamp(tokens - first, 0, part));
      first += part;
    }
    settings.resolve("topk.sub_k", arith::auto_sub_k(used, k));
  }
  config.sub_k = settings.integers("topk.sub_k");
  if (config.sub_k.size() != config.split.size())
    throw ConfigError("topk.sub_k has " + text(static_cast<long long>(config.sub_k.size())) +
                      " entries, but topk.split has " +
                      text(static_cast<long long>(config.split.size())));
  resolve_winners(settings, config);
  config.stop_when_exhausted = settings.flag("topk.stop_when_exhausted");
  config.grants_per_cycle = settings.integer("topk.grants_per_cycle");
  config.step_cycles = settings.integer("topk.step_cycles");
  config.start_cycles = settings.integer("topk.start_cycles");
  config.union_cycles = settings.integer("topk.union_cycles");

  for (const char* name : {"ima.ramp_lsb", "softmax.score_step"}) {
    if (settings.is(name, "auto")) continue;
    const auto entries = static_cast<int>(settings.reals(name).size());
    if (entries != 1 && entries != config.shape.heads)
      throw ConfigError(std::string(name) + " has " + text(entries) +
                        " entries; expected one, or one per head (" + text(config.shape.heads) +
                        ")");
  }
}

void resolve_softmax_and_values(Settings& settings, MachineConfig& config) {
  config.prob_bits = settings.integer("softmax.prob_bits");
  config.exponent_cycles = settings.integer("softmax.exponent_cycles");
  config.divide_cycles =
      integer_or(settings, "softmax.divide_cycles", "auto", config.prob_bits + 1);
  config.exponent_interval = settings.integer("softmax.exponent_interval");
  config.divide_interval = settings.integer("softmax.divide_interval");
  const int value_bits = settings.integer("av.value_bits");
  config.value_max = arith::magnitude_max(value_bits);
  config.value_slices = value_bits - 1;
  config.value_ramp_bits = settings.integer("av.bits");
  config.value_lsb = settings.integer("av.lsb");
  config.value_precharge = settings.integer("av.precharge_cycles");
  config.shift_add_cycles = settings.integer("av.shift_add_cycles");
  config.key_write_cycles = settings.integer("write.key_cycles");
  config.value_write_cycles = settings.integer("write.value_cycles");
}

void resolve_projection(Settings& settings, MachineConfig& config) {
  config.input_bits = settings.integer("projection.input_bits");
  config.weight_bits = settings.integer("projection.weight_bits");
  config.column_mux = settings.integer("projection.column_mux");
  config.projection_precharge = settings.integer("projection.precharge_cycles");
  config.adder_cycles = settings.integer("projection.adder_cycles");
  config.cell_bits = settings.integer("rram.cell_bits");
  config.rram_rows = settings.integer("rram.rows");
  const int lossless = arith::lossless_adc_bits(config.rram_rows, config.cell_bits);
  config.adc_bits = integer_or(settings, "rram.adc_bits", "auto", lossless);
  if (config.shape.projected && config.shape.d_model() > 65535)
    throw ConfigError("d_model = " + text(config.shape.d_model()) +
                      " is too wide for a projection; expected at most 65535");
}

Model model_of(const Settings& settings, Block block) {
  Model model{};
  model.block = block;
  const std::string key = model.key();
  const std::string& text = settings.text(key);
  const auto colon = text.find(':');
  const std::string word = text.substr(0, colon);
  const bool shadow = word == "shadow";
  std::string name = colon == std::string::npos ? (shadow ? "rtl" : text) : text.substr(colon + 1);
  const bool valid =
      !name.empty() && (colon == std::string::npos || shadow) &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
          std::string::npos;
  if (!valid)
    throw ConfigError(key + " = " + text + " is not valid; expected " +
                      find_parameter(key)->range());
  if (text == "tlm") return model;
  model.how = shadow ? Model::How::shadow : Model::How::rtl;
  model.rtl = name;
  return model;
}

void resolve_cosim(Settings& settings, MachineConfig& config) {
  auto& cosim = config.cosim;
  for (const Block block : blocks) cosim.models[std::size_t(block)] = model_of(settings, block);
  for (const Model& model : cosim.models)
    if (!model.is_tlm() && cosim.of(model.block).block != model.block)
      throw ConfigError(model.key() + " = " + settings.text(model.key()) +
                        " contradicts model.macro = " + settings.text("model.macro") +
                        ", which holds that block too; expected tlm");
  if (config.macro != SoftmaxMacro::topkima && (cosim.any() || settings.real("cosim.stall") > 0))
    throw ConfigError("softmax.macro = " + settings.text("softmax.macro") +
                      " has no RTL: model.* = tlm and cosim.stall = 0 expected");
  if (config.scaling == Scaling::left_shift && !cosim.given(Block::macro).is_tlm())
    throw ConfigError(
        "attention.scaling = left_shift has a shifter between the blocks that "
        "model.macro holds; expected tlm");
  const int heads = config.shape.heads;
  if (settings.is("cosim.heads", "all")) {
    for (int head = 0; head < heads; ++head) cosim.heads.push_back(head);
    settings.resolve("cosim.heads", cosim.heads);
  }
  cosim.heads = settings.integers("cosim.heads");
  for (const int head : cosim.heads)
    if (head >= heads)
      throw ConfigError("cosim.heads names head " + text(head) + "; expected 0.." +
                        text(heads - 1));
  cosim.stall = settings.real("cosim.stall");
  cosim.seed = static_cast<std::uint32_t>(settings.long_integer("workload.seed"));
  cosim.compare_cycles = settings.is("cosim.compare", "cycles");
  cosim.stop = settings.is("cosim.on_divergence", "stop");
  cosim.timeout_cycles = settings.integer("cosim.timeout_cycles");
  cosim.directory = settings.text("cosim.directory");
}

BlockFidelity resolve_fidelity(Settings& settings) {
  if (settings.is("fidelity.all", "auto")) settings.set("fidelity.all", "row", "fidelity.all");
  const auto of = [&](const std::string& block) {
    const std::string& own = settings.text("fidelity." + block);
    const std::string& word = own == "all" ? settings.text("fidelity.all") : own;
    return word == "cycle" ? Fidelity::cycle : Fidelity::row;
  };
  return {of("score"), of("topk"),       of("union"), of("softmax"),
          of("av"),    of("projection"), of("write"), of("bus")};
}

}  // namespace

std::string listed(const std::string& prefix, bool with_macro) {
  std::string text;
  const std::size_t count = blocks.size() - (with_macro ? 0 : 1);
  for (std::size_t i = 0; i < count; ++i)
    text += (i == 0 ? "" : i + 1 == count ? " or " : ", ") + prefix + name(blocks[i]);
  return text;
}

MachineConfig resolve(Settings& settings, const Shape& shape) {
  MachineConfig config{};
  config.shape = shape;
  const std::pair<const char*, int> shapes[] = {{"attention.heads", shape.heads},
                                                {"attention.tokens", shape.tokens},
                                                {"attention.query_rows", shape.query_rows},
                                                {"attention.d_model", shape.d_model()}};
  for (const auto& [name, value] : shapes) {
    if (value > find_parameter(name)->high)
      throw ConfigError("the input's " + std::string(name) + " = " + text(value) + " exceeds " +
                        text(static_cast<long long>(find_parameter(name)->high)));
    if (integer_or(settings, name, "auto", value) != value)
      throw ConfigError(std::string(name) + " = " + settings.text(name) +
                        " contradicts the input, which has " + text(value));
  }
  config.schedule = schedule_of(settings.text("pipeline.schedule"));
  config.queue_depth = settings.integer("pipeline.queue_depth");
  config.banks = settings.integer("pipeline.banks");
  config.sequences = settings.integer("pipeline.sequences");
  config.frequency_mhz = settings.real("clock.frequency_mhz");
  config.bus_bytes = settings.integer("bus.bytes_per_cycle");
  config.bus_latency = settings.integer("bus.latency_cycles");
  config.prefetch_rows = settings.integer("dma.prefetch_rows");
  resolve_masks(settings, config);
  resolve_score(settings, config);
  resolve_topk(settings, config);
  resolve_softmax_and_values(settings, config);
  resolve_projection(settings, config);
  config.nonidealities = resolve_nonidealities(settings);
  resolve_cosim(settings, config);
  config.fidelity = resolve_fidelity(settings);
  config.mv_per_unit = settings.real("wave.mv_per_unit");
  return config;
}

}  // namespace topkima::config
