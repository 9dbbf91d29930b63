// SPDX-License-Identifier: Apache-2.0
#include "config/machine_config.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "arith/bit_serial.h"
#include "arith/fixed_point.h"
#include "config/resolution.h"

namespace topkima::config {

std::string would_fit(Numbers numbers, const std::vector<std::string>& words) {
  std::vector<std::string> possible;
  for (const auto& [name, value] : numbers) {
    const Parameter& parameter = *find_parameter(name);
    if (double(value) >= parameter.low && double(value) <= parameter.high)
      possible.push_back(std::string(name) + " = " + text(value));
  }
  possible.insert(possible.end(), words.begin(), words.end());
  if (possible.empty()) return "";
  std::string list = possible.front();
  for (std::size_t i = 1; i < possible.size(); ++i)
    list += (i + 1 < possible.size() ? ", " : " or ") + possible[i];
  return "; " + list + " would fit";
}

int integer_or(Settings& settings, const std::string& name, const char* word, int otherwise) {
  if (settings.is(name, word)) settings.resolve(name, std::vector<int>{otherwise});
  return settings.integer(name);
}

namespace {

/// Tokens, one number for all sequences or one for each.
std::vector<int> tokens_by_sequence(Settings& settings, const char* name,
                                    const MachineConfig& config) {
  const std::vector<int> given = settings.integers(name);
  const auto entries = static_cast<long long>(given.size());
  if (entries != 1 && entries != config.pipeline.sequences)
    throw ConfigError(std::string(name) + " has " + text(entries) +
                      " entries; expected one, or one per sequence (pipeline.sequences = " +
                      text(config.pipeline.sequences) + ")");
  for (const int tokens : given)
    if (tokens > config.shape.tokens)
      throw ConfigError(std::string(name) + " = " + text(tokens) + " exceeds the sequence length " +
                        text(config.shape.tokens));
  return given;
}

/// Where each of the segments ends.
std::vector<int> segment_ends(const Settings& settings, int tokens) {
  const char* const name = "attention.segments";
  if (settings.is(name, "none")) return {};
  std::vector<int> ends = settings.integers(name);
  const auto sum = std::accumulate(ends.begin(), ends.end(), 0LL);
  if (sum != tokens)
    throw ConfigError(std::string(name) + " add up to " + text(sum) +
                      " tokens; expected the sequence length " + text(tokens));
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  return ends;
}

void resolve_mask(Settings& settings, MachineConfig& config) {
  arith::Mask& mask = config.attention.mask;
  mask.tokens = config.shape.tokens;
  if (settings.is("attention.valid_tokens", "all"))
    settings.resolve("attention.valid_tokens", std::vector<int>{mask.tokens});
  mask.valid_tokens = tokens_by_sequence(settings, "attention.valid_tokens", config);
  mask.first_valid = tokens_by_sequence(settings, "attention.first_valid", config);
  mask.causal = settings.flag("attention.causal");
  mask.window = settings.is("attention.window", "none") ? 0 : settings.integer("attention.window");
  mask.segment_ends = segment_ends(settings, mask.tokens);
  mask.first_row = settings.integer("attention.first_row");
  const std::size_t most = std::max(mask.different(), mask.segment_ends.size());
  if (most > arith::Mask::most_entries)
    throw ConfigError("masks of " + text(static_cast<long long>(most)) +
                      " sequences or segments; expected at most " +
                      text(arith::Mask::most_entries) + ", which a mask unit holds");
}

void resolve_scale(Settings& settings, MachineConfig& config) {
  if (settings.is("attention.score_scale", "auto"))
    settings.resolve("attention.score_scale",
                     std::vector<double>{1.0 / std::sqrt(double(config.shape.d_k))});
  config.attention.score_scale = settings.real("attention.score_scale");
  config.attention.scaling = settings.choice<Scaling>("attention.scaling");
  // A shifter moves the binary point by whole places; halves up, also where sqrt(d_k) is rounded.
  constexpr double half = 0.5 + 0x1p-40;
  config.attention.applied_scale = config.attention.score_scale;
  if (config.attention.shifts() && config.attention.score_scale > 0)
    config.attention.applied_scale =
        std::exp2(std::floor(std::log2(config.attention.score_scale) + half));
  if (config.attention.keys_are_inputs() && !config.shape.projected)
    throw ConfigError(
        "attention.scaling = in_k_weights needs X and the projections' weights: topkima-soc with "
        "an x.npy");
}

/// A column that needs `arrays` arrays (0: an array does not hold a single value) is too long for a
/// falling ramp: what would do instead.
[[noreturn]] void refuse_row_blocks(const Settings& settings, const MachineConfig& config, int rows,
                                    int arrays) {
  const int width = config.score_width(), cells = config.score.key_cells;
  const long long needed = 1LL * width * cells;
  const bool inputs = config.attention.keys_are_inputs();
  std::vector<std::string> words;
  if (arrays > 0 && !inputs && arrays <= settings.integer("score.join_max"))
    words.push_back("score.row_split = join (" + text(arrays) + " arrays per column)");
  if (arrays > 0)
    for (const SoftmaxMacro macro : {SoftmaxMacro::conventional, SoftmaxMacro::digital_topk})
      words.push_back(std::string("softmax.macro = ") + word(macro));
  throw ConfigError((inputs ? "attention.scaling = in_k_weights with d_model = " : "d_k = ") +
                    text(width) + " and score.key_cells = " + text(cells) + " needs " +
                    text(needed) + " word lines of the " + text(rows) +
                    " that crossbar.rows - crossbar.ramp_rows leaves, and a decreasing ramp cannot "
                    "select on partial sums of row-split arrays" +
                    would_fit({{"crossbar.rows", needed + config.crossbar.ramp_rows},
                               {"score.key_cells", rows / width},
                               {"crossbar.ramp_rows", config.crossbar.rows - needed}},
                              words));
}

bool joins_bit_lines(const Settings& settings, const MachineConfig& config) {
  switch (settings.choice<RowSplit>("score.row_split")) {
    case RowSplit::none: return false;
    case RowSplit::join: break;
  }
  if (config.attention.keys_are_inputs())
    throw ConfigError(
        "score.row_split = join with attention.scaling = in_k_weights, whose row blocks convert by "
        "themselves; expected none");
  return true;
}

/// How the values of a column lie in arrays of `rows` word lines.
void resolve_row_blocks(const Settings& settings, MachineConfig& config, int rows) {
  auto& score = config.score;
  const int width = config.score_width();
  const int fitting = rows / score.key_cells;
  const bool may_join = joins_bit_lines(settings, config);
  const int arrays = fitting < 1 ? 0 : static_cast<int>(arith::ceil_div(width, fitting));
  score.joined = may_join && arrays > 1;
  if (arrays < 1 || (arrays > 1 && !score.joined && config.softmax.stops_early()))
    refuse_row_blocks(settings, config, rows, arrays);
  score.arrays = arrays;
  score.block_width =
      score.joined ? static_cast<int>(arith::ceil_div(width, arrays)) : std::min(width, fitting);
  const int most = settings.integer("score.join_max");
  if (score.joined && arrays > most)
    throw ConfigError("score.row_split = join puts d_k = " + text(width) + " into " + text(arrays) +
                      " arrays of " + text(rows) +
                      " word lines, but score.join_max = " + text(most) +
                      would_fit({{"score.join_max", arrays},
                                 {"crossbar.rows", arith::ceil_div(width, most) * score.key_cells +
                                                       config.crossbar.ramp_rows}}));
}

/// Cycles of the longest pulse.
int pulse_window(const MachineConfig::Score& score) {
  switch (score.weighting) {
    case Weighting::drive: return score.query_max;
    // With pulses of length 1x, 2x, 4x on cells of equal current the longest counts.
    case Weighting::pulse: return score.query_max << (score.key_cells - 1);
  }
  throw std::logic_error("score.weighting");
}

void resolve_score(Settings& settings, MachineConfig& config) {
  config.score.query_bits = settings.integer("score.query_bits");
  config.score.query_max = arith::magnitude_max(config.score.query_bits);
  config.score.key_cells = settings.integer("score.key_cells");
  config.score.key_max = (1 << config.score.key_cells) - 1;
  config.score.weighting = settings.choice<Weighting>("score.weighting");
  config.score.pulse_window = pulse_window(config.score);
  config.score.precharge_cycles = settings.integer("score.precharge_cycles");

  config.score.adder_cycles = settings.integer("score.adder_cycles");

  const int rows = settings.integer("crossbar.rows");
  const int ramp_rows = settings.integer("crossbar.ramp_rows");
  config.crossbar.rows = rows;
  config.crossbar.ramp_rows = ramp_rows;
  config.softmax.macro = settings.choice<SoftmaxMacro>("softmax.macro");
  config.crossbar.gate_empty = settings.flag("crossbar.gate_empty");
  resolve_row_blocks(settings, config, rows - ramp_rows);
  config.av.rows = integer_or(settings, "av.rows", "auto", rows - ramp_rows);
  if (config.av.rows > rows - ramp_rows)
    throw ConfigError(
        "av.rows = " + text(config.av.rows) +
        " exceeds crossbar.rows - crossbar.ramp_rows = " + text(rows - ramp_rows) +
        would_fit({{"av.rows", rows - ramp_rows}, {"crossbar.rows", config.av.rows + ramp_rows}}));
}

void resolve_softmax_and_values(Settings& settings, MachineConfig& config) {
  config.softmax.prob_bits = settings.integer("softmax.prob_bits");
  config.softmax.exponent_cycles = settings.integer("softmax.exponent_cycles");
  config.softmax.divide_cycles =
      integer_or(settings, "softmax.divide_cycles", "auto", config.softmax.prob_bits + 1);
  config.softmax.exponent_interval = settings.integer("softmax.exponent_interval");
  config.softmax.divide_interval = settings.integer("softmax.divide_interval");
  const int value_bits = settings.integer("av.value_bits");
  config.av.value_max = arith::magnitude_max(value_bits);
  config.av.slices = value_bits - 1;
  config.av.bits = settings.integer("av.bits");
  config.av.lsb = settings.integer("av.lsb");
  config.av.precharge_cycles = settings.integer("av.precharge_cycles");
  config.av.shift_add_cycles = settings.integer("av.shift_add_cycles");
  config.write.key_cycles = settings.integer("write.key_cycles");
  config.write.value_cycles = settings.integer("write.value_cycles");
}

void resolve_projection(Settings& settings, MachineConfig& config) {
  config.projection.input_bits = settings.integer("projection.input_bits");
  config.projection.weight_bits = settings.integer("projection.weight_bits");
  config.projection.column_mux = settings.integer("projection.column_mux");
  config.projection.precharge_cycles = settings.integer("projection.precharge_cycles");
  config.projection.adder_cycles = settings.integer("projection.adder_cycles");
  config.rram.cell_bits = settings.integer("rram.cell_bits");
  config.rram.rows = settings.integer("rram.rows");
  const int lossless = arith::lossless_adc_bits(config.rram.rows, config.rram.cell_bits);
  config.rram.adc_bits = integer_or(settings, "rram.adc_bits", "auto", lossless);
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
    throw ConfigError(key + " = " + echoed(text) + " is not valid; expected " +
                      find_parameter(key)->range());
  if (text == "tlm") return model;
  model.how = shadow ? Model::How::shadow : Model::How::rtl;
  model.rtl = name;
  return model;
}

bool compares_cycles(Compare compare) {
  switch (compare) {
    case Compare::cycles: return true;
    case Compare::values: return false;
  }
  throw std::logic_error("cosim.compare");
}

bool stops(OnDivergence divergence) {
  switch (divergence) {
    case OnDivergence::stop: return true;
    case OnDivergence::count: return false;
  }
  throw std::logic_error("cosim.on_divergence");
}

/// RTL of a softmax unit has one exponent table.
void check_exponent_tables(const Settings& settings, const MachineConfig& config) {
  const Model& model = config.cosim.of(Block::softmax);
  const std::string step = "softmax.score_step";
  const bool one = !settings.is(step, "auto") && settings.reals(step).size() == 1;
  if (config.heads_per_chain() == 1 || model.is_tlm() || one) return;
  throw ConfigError(std::string(model.key()) + " = " + settings.text(model.key()) +
                    " has one exponent table, but " + text(config.heads_per_chain()) +
                    " heads take turns in its chain: expected attention.kv_sharing = replicated, " +
                    step + " of one number, or tlm");
}

void resolve_cosim(Settings& settings, MachineConfig& config) {
  auto& cosim = config.cosim;
  for (const Block block : blocks) cosim.models[std::size_t(block)] = model_of(settings, block);
  for (const Model& model : cosim.models) {
    const std::string whole = cosim.of(model.block).key();
    if (!model.is_tlm() && whole != model.key())
      throw ConfigError(model.key() + " = " + settings.text(model.key()) + " contradicts " + whole +
                        " = " + settings.text(whole) +
                        ", which holds that block too; expected tlm");
  }
  for (const Model& model : cosim.models)
    if (!model.is_tlm() && !stands_in(model.block, config.softmax.macro))
      throw ConfigError(model.key() + " = " + settings.text(model.key()) +
                        ": softmax.macro = " + word(config.softmax.macro) + " has no " +
                        facts_of(model.block).what + "; expected tlm");
  for (const Model& model : cosim.models)
    if (config.attention.shifts() && is_composite(model.block) && !model.is_tlm())
      throw ConfigError("attention.scaling = left_shift has a shifter between the blocks that " +
                        model.key() + " holds; expected tlm");
  check_exponent_tables(settings, config);
  const int chains = config.chains();
  if (settings.is("cosim.heads", "all")) {
    for (int chain = 0; chain < chains; ++chain) cosim.heads.push_back(chain);
    settings.resolve("cosim.heads", cosim.heads);
  }
  cosim.heads = settings.integers("cosim.heads");
  for (const int head : cosim.heads)
    if (head >= chains)
      throw ConfigError("cosim.heads names head " + text(head) + "; expected 0.." +
                        text(chains - 1));
  cosim.stall = settings.real("cosim.stall");
  cosim.seed = static_cast<std::uint32_t>(settings.long_integer("workload.seed"));
  cosim.compare_cycles = compares_cycles(settings.choice<Compare>("cosim.compare"));
  cosim.stop = stops(settings.choice<OnDivergence>("cosim.on_divergence"));
  cosim.timeout_cycles = settings.integer("cosim.timeout_cycles");
  settings.check_libraries();
  cosim.directory = settings.text("cosim.directory");
}

/// Heads decide for themselves; what RTL beside them stands at is there once.
void clock_rtl_beside_heads(const Cosim& cosim, BlockFidelity& fidelity) {
  for (const Block block : blocks)
    if (const auto way = facts_of(block).fidelity;
        way && is_of_soc(block) && !cosim.of(block).is_tlm())
      fidelity.*way = Fidelity::cycle;
}

BlockFidelity resolve_fidelity(Settings& settings) {
  const std::string all = "fidelity.all";
  if (settings.is(all, "auto")) settings.set(all, "row", all);
  BlockFidelity fidelity;
  for (const FidelityKey& each : fidelity_keys) {
    const std::string own = std::string("fidelity.") + each.key;
    fidelity.*each.blocks = settings.choice<Fidelity>(settings.is(own, "all") ? all : own);
  }
  return fidelity;
}

}  // namespace

void check_heads(int heads, int kv_heads) {
  if (kv_heads < 1 || heads % kv_heads)
    throw ConfigError("attention.heads = " + text(heads) +
                      " is not divisible by attention.kv_heads = " + text(kv_heads));
}

MachineConfig resolve(Settings& settings, const Shape& shape) {
  MachineConfig config{};
  config.shape = shape;
  const std::pair<const char*, int> shapes[] = {{"attention.heads", shape.heads},
                                                {"attention.kv_heads", shape.kv_heads},
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
  config.pipeline.schedule = settings.choice<Schedule>("pipeline.schedule");
  config.pipeline.queue_depth = settings.integer("pipeline.queue_depth");
  config.pipeline.banks = settings.integer("pipeline.banks");
  config.pipeline.sequences = settings.integer("pipeline.sequences");
  config.clock.frequency_mhz = settings.real("clock.frequency_mhz");
  config.bus.bytes_per_cycle = settings.integer("bus.bytes_per_cycle");
  config.bus.latency_cycles = settings.integer("bus.latency_cycles");
  config.dma.prefetch_rows = settings.integer("dma.prefetch_rows");
  check_heads(shape.heads, shape.kv_heads);
  config.attention.kv_sharing = settings.choice<KvSharing>("attention.kv_sharing");
  resolve_mask(settings, config);
  resolve_scale(settings, config);
  resolve_score(settings, config);
  resolve_selection(settings, config);
  resolve_softmax_and_values(settings, config);
  resolve_projection(settings, config);
  config.nonidealities = resolve_nonidealities(settings);
  resolve_cosim(settings, config);
  config.fidelity = resolve_fidelity(settings);
  clock_rtl_beside_heads(config.cosim, config.fidelity);
  config.wave.mv_per_unit = settings.real("wave.mv_per_unit");
  return config;
}

}  // namespace topkima::config
