// SPDX-License-Identifier: Apache-2.0
#include "config/machine_config.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "arith/bit_serial.h"
#include "arith/fixed_point.h"
#include "arith/split.h"

namespace topkima::config {
namespace {

/// Three result files of 4 bytes per winner are held in memory.
constexpr double most_entries = 1e8;

/// Entries of the exponent table.
constexpr long long most_distances = 4096;

std::string text(long long value) { return std::to_string(value); }

using Numbers = std::initializer_list<std::pair<const char*, long long>>;

/// "; crossbar.rows = 320 or score.key_cells = 2 would fit": what a refused machine could have
/// instead: numbers as far as the parameters' ranges allow them, and words.
std::string would_fit(Numbers numbers, const std::vector<std::string>& words = {}) {
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
  score.block_width = score.joined ? static_cast<int>(arith::ceil_div(width, arrays))
                                   : std::min(width, fitting);
  const int most = settings.integer("score.join_max");
  if (score.joined && arrays > most)
    throw ConfigError("score.row_split = join puts d_k = " + text(width) + " into " + text(arrays) +
                      " arrays of " + text(rows) + " word lines, but score.join_max = " +
                      text(most) + would_fit({{"score.join_max", arrays},
                                              {"crossbar.rows",
                                               arith::ceil_div(width, most) * score.key_cells +
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

/// The most bits of a ramp whose codes, summed over so many arrays, the exponent table still has.
int bits_for_distances(long long row_blocks) {
  int bits = 0;
  while (row_blocks * ((1LL << (bits + 1)) - 1) < most_distances) ++bits;
  return bits;
}

/// Calls `look` with the sequence and number of every row whose mask may be another.
template <typename Look>
void for_every_row(const MachineConfig& config, Look look) {
  for (std::size_t sequence = 0; sequence < config.attention.mask.different(); ++sequence)
    for (int row = 0; row < config.shape.query_rows; ++row) look(std::int64_t(sequence), row);
}

template <typename Numbers>
long long sum_of(const Numbers& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0LL);
}

/// The most winners that a row is asked for, and the words for what makes them so many.
std::pair<long long, std::string> most_winners(const MachineConfig& config) {
  if (config.selects_per_crossbar()) {
    long long most = sum_of(config.topk.sub_k);
    if (config.shares_out())
      for_every_row(config, [&](std::int64_t sequence, int row) {
        most = std::max(most, sum_of(config.shares_of(sequence, row)));
      });
    return {most, "topk.sub_k sums to "};
  }
  switch (config.softmax.macro) {
    case SoftmaxMacro::conventional:
      return {config.shape.tokens, "softmax.macro = conventional makes "};
    case SoftmaxMacro::topkima:
    case SoftmaxMacro::digital_topk: return {config.topk.k, "topk.k makes "};
  }
  throw std::logic_error("softmax.macro");
}

void resolve_winners(MachineConfig& config) {
  const auto [winners, from] = most_winners(config);
  if (winners > 65536)
    throw ConfigError(from + text(winners) + " winners per row; expected at most 65536");
  config.topk.winners = static_cast<int>(winners);
  const double entries = 1.0 * config.topk.winners * config.shape.heads * config.shape.query_rows;
  if (entries > most_entries)
    throw ConfigError(from + text(config.topk.winners) + " winners per row, " +
                      text(std::llround(entries)) + " in all; expected at most " +
                      text(std::llround(most_entries)));
  const int row_blocks = config.score.row_blocks();
  const long long distances = 1LL * row_blocks * ((1 << config.ima.bits) - 1);
  if (distances >= most_distances)
    throw ConfigError(text(row_blocks) +
                      " row-split arrays with ima.bits = " + text(config.ima.bits) +
                      " make sums of codes that differ by up to " + text(distances) +
                      "; the exponent table has " + text(most_distances) + " entries" +
                      would_fit({{"ima.bits", bits_for_distances(row_blocks)}}));
}

/// The fewest columns of a crossbar with which `most` of them hold a sequence; 0 when none do.
long long columns_for(int most, const MachineConfig& config) {
  const long long side_by_side = most / config.score.arrays;
  return side_by_side == 0 ? 0 : arith::ceil_div(config.shape.tokens, side_by_side);
}

/// Who selects in each crossbar finds each of its columns once at most. `shared_out`: topk.sub_k
/// follows from topk.k.
void check_winners(const Settings& settings, const MachineConfig& config, int columns,
                   bool shared_out) {
  const auto most = *std::max_element(config.topk.sub_k.begin(), config.topk.sub_k.end());
  if (!config.selects_per_crossbar() || most <= columns) return;
  throw ConfigError("topk.k = " + settings.text("topk.k") +
                    " and topk.sub_k = " + settings.text("topk.sub_k") + " want " + text(most) +
                    " winners of a crossbar with crossbar.columns = " + text(columns) +
                    (shared_out ? would_fit({{"topk.k", config.shape.tokens}}) : ""));
}

/// Which columns of which crossbar the sequence is in. `columns`: those of a crossbar.
void resolve_columns(Settings& settings, MachineConfig& config, int columns) {
  const int tokens = config.shape.tokens;
  const auto placement = settings.choice<Placement>("attention.placement");
  const bool split_given = !settings.is("topk.split", "auto");
  if (!split_given)
    switch (placement) {
      case Placement::blocked:
        settings.resolve("topk.split", arith::auto_split(tokens, columns));
        break;
      case Placement::interleaved:
        settings.resolve("topk.split", arith::even_split(tokens, columns));
        break;
    }
  auto& split = config.topk.split;
  split = settings.integers("topk.split");
  for (const int part : split)
    if (part > columns)
      throw ConfigError("topk.split: " + text(part) + " columns exceed crossbar.columns = " +
                        text(columns) + would_fit({{"crossbar.columns", part}}));
  const long long held = sum_of(split);
  if (held < tokens)
    throw ConfigError("topk.split holds " + text(held) + " columns, but the sequence has " +
                      text(tokens));
  switch (placement) {
    case Placement::blocked:
      config.attention.columns = arith::ColumnMap::blocked(split, tokens);
      break;
    case Placement::interleaved:
      config.attention.columns = arith::ColumnMap::interleaved(split, tokens);
      const auto crossbars = static_cast<int>(split.size());
      for (int c = 0; c < crossbars; ++c) {
        const auto slots = arith::ceil_div(std::max(0, tokens - c), crossbars);
        if (slots > split[std::size_t(c)])
          throw ConfigError("attention.placement = interleaved puts " + text(slots) +
                            " tokens into crossbar " + text(c) + ", which topk.split gives " +
                            text(split[std::size_t(c)]) + " columns");
      }
      break;
  }
}

void check_crossbars(const Settings& settings, const MachineConfig& config, int columns) {
  const int most = settings.integer("crossbar.max_per_head");
  const auto crossbars = static_cast<long long>(config.topk.split.size());
  const int arrays = config.score.arrays;
  const std::string times = arrays > 1 ? text(arrays) + " times " : "";
  if (crossbars * arrays > most)
    throw ConfigError("a sequence of " + text(config.shape.tokens) + " tokens needs " + times +
                      text(crossbars) + " crossbars of " + text(columns) +
                      " columns per head, but crossbar.max_per_head = " + text(most) +
                      would_fit({{"crossbar.max_per_head", crossbars * arrays},
                                 {"crossbar.columns", columns_for(most, config)}}));
}

/// k of each crossbar. Under a mask that shares k out row by row there is no such list: the
/// parameter stays what it is.
void resolve_sub_k(Settings& settings, MachineConfig& config) {
  auto& topk = config.topk;
  const bool shared_out = settings.is("topk.sub_k", "auto");
  if (config.joins_crossbars()) {
    if (!shared_out)
      throw ConfigError("topk.sub_k = " + settings.text("topk.sub_k") +
                        " with topk.scope = head, which has one counter; expected auto");
    topk.sub_k.assign(topk.split.size(), topk.k);
    return;
  }
  const auto by = settings.choice<SubKBy>("topk.sub_k_by");
  if (!shared_out) {
    topk.sub_k = settings.integers("topk.sub_k");
    if (topk.sub_k.size() != topk.split.size())
      throw ConfigError("topk.sub_k has " + text(static_cast<long long>(topk.sub_k.size())) +
                        " entries, but topk.split has " +
                        text(static_cast<long long>(topk.split.size())));
    return;
  }
  // A given split may hold more columns than the sequence has: those that hold tokens count.
  std::vector<int> used;
  for (int c = 0; c < config.attention.columns.crossbars(); ++c)
    used.push_back(config.attention.columns.slots_in(c));
  topk.sub_k = arith::auto_sub_k(used, topk.k);
  switch (by) {
    case SubKBy::columns: break;
    case SubKBy::participants: topk.sub_k_follows = !config.attention.mask.is_dense(); break;
  }
  if (!topk.sub_k_follows) settings.resolve("topk.sub_k", topk.sub_k);
}

void resolve_reach(const Settings& settings, MachineConfig& config) {
  config.topk.reach = settings.integer("topk.reach");
  if (config.topk.reach > 0 && !config.softmax.stops_early())
    throw ConfigError("topk.reach = " + text(config.topk.reach) + " with softmax.macro = " +
                      word(config.softmax.macro) + ", whose ramps run through; expected 0");
}

/// Registers of the tree that joins the crossbars' addresses.
void resolve_tree(Settings& settings, MachineConfig& config) {
  int levels = 0;
  if (config.joins_crossbars())
    while ((std::size_t{1} << levels) < config.topk.split.size()) ++levels;
  const int cycles = integer_or(settings, "topk.tree_cycles", "auto", levels);
  config.topk.tree_cycles = config.joins_crossbars() ? cycles : 0;
}

void resolve_topk(Settings& settings, MachineConfig& config) {
  auto& topk = config.topk;
  config.ima.bits = settings.integer("ima.bits");
  config.ima.saturate_share = settings.real("ima.saturate_share");
  config.sort.sorters = settings.choice<Sorters>("sort.sorters");
  config.sort.element_cycles = settings.integer("sort.element_cycles");
  config.shift.element_cycles = settings.integer("shift.element_cycles");
  const int columns = settings.integer("crossbar.columns");
  resolve_columns(settings, config, columns);
  check_crossbars(settings, config, columns);
  topk.k = settings.integer("topk.k");
  topk.scope = settings.choice<Scope>("topk.scope");
  const bool shared_out = settings.is("topk.sub_k", "auto");
  resolve_sub_k(settings, config);
  resolve_reach(settings, config);
  resolve_tree(settings, config);
  resolve_winners(config);
  check_winners(settings, config, columns, shared_out);
  topk.stop_when_exhausted = settings.flag("topk.stop_when_exhausted");
  topk.grants_per_cycle = settings.integer("topk.grants_per_cycle");
  topk.step_cycles = settings.integer("topk.step_cycles");
  topk.start_cycles = settings.integer("topk.start_cycles");
  topk.grant_cycles = settings.integer("topk.grant_cycles");
  topk.union_cycles = settings.integer("topk.union_cycles");

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
  cosim.compare_cycles = compares_cycles(settings.choice<Compare>("cosim.compare"));
  cosim.stop = stops(settings.choice<OnDivergence>("cosim.on_divergence"));
  cosim.timeout_cycles = settings.integer("cosim.timeout_cycles");
  settings.check_libraries();
  cosim.directory = settings.text("cosim.directory");
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

bool MachineConfig::selects_per_crossbar() const {
  switch (softmax.macro) {
    case SoftmaxMacro::topkima: return !topk.joins_crossbars();
    case SoftmaxMacro::conventional: return false;
    case SoftmaxMacro::digital_topk: return sort.per_crossbar();
  }
  throw std::logic_error("softmax.macro");
}

std::vector<int> MachineConfig::participants_of(std::int64_t sequence, std::int64_t row) const {
  const arith::Interval tokens = attention.mask.of(sequence, row);
  std::vector<int> participants(topk.split.size());
  for (std::size_t c = 0; c < participants.size(); ++c)
    participants[c] = attention.columns.columns_of(tokens, int(c)).size();
  return participants;
}

std::vector<int> MachineConfig::shares_of(std::int64_t sequence, std::int64_t row) const {
  return topk.sub_k_follows ? arith::share_out(topk.k, participants_of(sequence, row)) : topk.sub_k;
}

std::vector<int> MachineConfig::most_shares() const {
  if (!selects_per_crossbar()) return {topk.winners};
  if (!topk.sub_k_follows) return topk.sub_k;
  std::vector<int> most(topk.split.size(), 1);
  for_every_row(*this, [&](std::int64_t sequence, int row) {
    const auto shares = shares_of(sequence, row);
    for (std::size_t c = 0; c < most.size(); ++c) most[c] = std::max(most[c], shares[c]);
  });
  return most;
}

int MachineConfig::looked_for() const {
  return selects_per_crossbar() ? static_cast<int>(sum_of(topk.sub_k)) : topk.winners;
}

int MachineConfig::calibrated_scores(std::int64_t sequence, std::int64_t row) const {
  const bool one_selector = (softmax.sorts() && !sort.per_crossbar()) ||
                            (!softmax.sorts() && topk.joins_crossbars());
  return one_selector ? topk.k : static_cast<int>(sum_of(shares_of(sequence, row)));
}

int MachineConfig::winners_beyond_participants() const {
  int most = 0;
  for_every_row(*this, [&](std::int64_t sequence, int row) {
    const auto participants = participants_of(sequence, row);
    int found = static_cast<int>(sum_of(participants));
    if (selects_per_crossbar()) {
      const auto shares = shares_of(sequence, row);
      found = 0;
      for (std::size_t c = 0; c < shares.size(); ++c) found += std::min(shares[c], participants[c]);
    }
    most = std::max(most, found);
  });
  switch (softmax.macro) {
    case SoftmaxMacro::conventional: return 0;
    case SoftmaxMacro::topkima:
    case SoftmaxMacro::digital_topk: return std::max(0, topk.winners - most);
  }
  throw std::logic_error("softmax.macro");
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
  config.pipeline.schedule = settings.choice<Schedule>("pipeline.schedule");
  config.pipeline.queue_depth = settings.integer("pipeline.queue_depth");
  config.pipeline.banks = settings.integer("pipeline.banks");
  config.pipeline.sequences = settings.integer("pipeline.sequences");
  config.clock.frequency_mhz = settings.real("clock.frequency_mhz");
  config.bus.bytes_per_cycle = settings.integer("bus.bytes_per_cycle");
  config.bus.latency_cycles = settings.integer("bus.latency_cycles");
  config.dma.prefetch_rows = settings.integer("dma.prefetch_rows");
  resolve_mask(settings, config);
  resolve_scale(settings, config);
  resolve_score(settings, config);
  resolve_topk(settings, config);
  resolve_softmax_and_values(settings, config);
  resolve_projection(settings, config);
  config.nonidealities = resolve_nonidealities(settings);
  resolve_cosim(settings, config);
  config.fidelity = resolve_fidelity(settings);
  config.wave.mv_per_unit = settings.real("wave.mv_per_unit");
  return config;
}

}  // namespace topkima::config
