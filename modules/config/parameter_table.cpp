// SPDX-License-Identifier: Apache-2.0
#include "config/parameter_table.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>

#include "config/choices.h"
#include "config/cosim.h"
#include "config/shipped_technologies.h"
#include "config/technology_constants.h"
#include "files/text.h"

namespace topkima::config {
namespace {

const char* const paper = "Dong et al., TCAS-I 72(6), 2025";
const char* const project = "no figure published";
const char* const ideal = "off: ideal circuits";

/// What does the work of each block that RTL can do: model.<block>.
std::vector<Parameter> model_parameters() {
  std::vector<Parameter> table;
  for (const Block block : blocks) {
    const std::string what = facts_of(block).what;
    const bool whole = is_composite(block);  // It has no model of its own, and no twin.
    table.push_back({std::string("model.") + word(block), Kind::text, "tlm", "", 0, 0,
                     whole ? "tlm, NAME or shadow:NAME" : "tlm, rtl, NAME, shadow or shadow:NAME",
                     what + (whole ? " as one block of RTL"
                                   : ": the model, RTL in its place, or RTL beside it"),
                     Step::none, Origin::run, "", is_of_soc(block) ? with_memory : in_any});
  }
  return table;
}

/// How the blocks of each kind go through time: fidelity.<key>.
std::vector<Parameter> fidelity_parameters() {
  std::vector<Parameter> table;
  for (const FidelityKey& each : fidelity_keys)
    table.push_back({std::string("fidelity.") + each.key, Kind::choice, "all", "", 0, 0,
                     "all," + words<Fidelity>(), each.what, Step::none, Origin::run, "",
                     each.machines, true});
  return table;
}

/// What the energy model takes from a technology, one parameter per constant.
void add_technology(std::vector<Parameter>& table) {
  for (const auto& constant : technology_constants())
    table.push_back({constant.parameter(), Kind::real, "auto", constant.unit, constant.low,
                     constant.high, "auto",
                     std::string(constant.meaning) + "; auto: from energy.technology", Step::none,
                     Origin::run, ""});
}

/// "auto" and the technologies that are shipped.
std::string technology_words() {
  std::string words = "auto";
  for (const auto& technology : shipped_technologies) words += std::string(",") + technology.name;
  return words;
}

std::vector<Parameter> fixed_table() {
  using K = Kind;
  using O = Origin;
  using S = Step;
  constexpr double million = 1e6;
  return {
      {"attention.heads", K::integer, "auto", "", 1, 4096, "auto",
       "attention heads; auto: from the input, else d_model / 64", S::none, O::run, ""},
      {"attention.kv_heads", K::integer, "auto", "", 1, 4096, "auto",
       "heads of K and V, each shared by attention.heads / kv_heads heads of queries; auto: those "
       "of a k.npy, else attention.heads",
       S::none, O::run, ""},
      {"attention.kv_sharing", K::choice, "multiplexed", "", 0, 0, words<KvSharing>(),
       "grouped heads of queries take turns in one chain, or each has a chain with a copy of K^T "
       "and V",
       S::others, O::assumption, project},
      {"attention.tokens", K::integer, "auto", "tokens", 1, million, "auto",
       "sequence length (rows of K and V); auto: from the input, else 384", S::none, O::run, ""},
      {"attention.query_rows", K::integer, "auto", "rows", 1, million, "auto",
       "rows of Q; auto: from the input, else the sequence length", S::none, O::run, ""},
      {"attention.d_model", K::integer, "auto", "", 1, 2147483647, "auto",
       "model width, heads times d_k; auto: from the input, else 768", S::none, O::run, ""},
      {"attention.valid_tokens", K::integer_list, "all", "tokens", 0, million, "all",
       "tokens before the padding behind them, for all sequences or one per sequence", S::none,
       O::run, ""},
      {"attention.first_valid", K::integer_list, "0", "tokens", 0, million, "",
       "first token behind the padding before it, for all sequences or one per sequence", S::none,
       O::run, ""},
      {"attention.causal", K::boolean, "false", "", 0, 0, "",
       "mask tokens behind the row's position", S::none, O::run, ""},
      {"attention.window", K::integer, "none", "tokens", 1, million, "none",
       "tokens that a row sees up to its position, and without causal as many from there on",
       S::none, O::run, ""},
      {"attention.segments", K::integer_list, "none", "tokens", 1, million, "none",
       "lengths of sequences packed into one, each of which sees itself alone", S::none, O::run,
       ""},
      {"attention.first_row", K::integer, "0", "rows", 0, million, "",
       "position of the first row of Q, for masks", S::none, O::run, ""},
      {"attention.score_scale", K::real, "auto", "", 0, million, "auto",
       "factor of q * k before the softmax; auto: 1/sqrt(d_k)", S::none, O::published, paper},
      {"attention.scaling", K::choice, "scale_free", "", 0, 0, words<Scaling>(),
       "where the score scale is applied: in W_Q, by a shifter, or in W_K^T with X^T in the arrays",
       S::others, O::published, paper},
      {"clock.frequency_mhz", K::real, "200", "MHz", 0.001, 100000, "", "clock of every block",
       S::none, O::published, paper},
      {"crossbar.rows", K::integer, "256", "rows", 2, 65536, "", "word lines of an SRAM crossbar",
       S::twice, O::published, paper},
      {"crossbar.columns", K::integer, "256", "columns", 1, 65536, "",
       "bit lines of an SRAM crossbar", S::both, O::published, paper},
      {"crossbar.ramp_rows", K::integer, "64", "rows", 1, 65535, "",
       "rows that serve the ramp and its calibration", S::half, O::published, paper},
      {"crossbar.max_per_head", K::integer, "64", "crossbars", 1, 4096, "",
       "K^T crossbars that a head may use", S::none, O::assumption, project},
      {"score.query_bits", K::integer, "5", "bits", 2, 8, "", "signed width of Q", S::less,
       O::published, paper},
      {"score.key_cells", K::integer, "3", "cells", 1, 6, "",
       "ternary cells per value of K^T, weights 1, 2, 4, ...", S::less, O::derived,
       "192 rows for d_k 64"},
      {"score.weighting", K::choice, "drive", "", 0, 0, words<Weighting>(),
       "how a cell's weight acts: cell current, or pulse length", S::others, O::assumption,
       project},
      {"score.precharge_cycles", K::integer, "1", "cycles", 0, 1024, "",
       "precharge before a score evaluation", S::none, O::assumption, project},
      {"score.adder_cycles", K::integer, "2", "cycles", 0, 1024, "",
       "adding the codes of row-split arrays, for in_k_weights", S::none, O::assumption, project,
       with_memory},
      {"ima.bits", K::integer, "5", "bits", 1, 12, "", "resolution of the ramp ADC", S::less,
       O::published, paper},
      {"ima.ramp_lsb", K::integer_list, "auto", "score units", 1, 16777215, "auto",
       "ramp step, for all heads or one per head; auto: see ima.saturate_share", S::none,
       O::assumption, project},
      {"ima.saturate_share", K::real, "0.01", "", 0, 1, "",
       "share of the exact top-k scores that may saturate when ramp_lsb is auto", S::none,
       O::assumption, project},
      {"topk.k", K::integer, "5", "winners", 1, 65536, "", "winners per row", S::less, O::published,
       paper},
      {"topk.split", K::integer_list, "auto", "columns", 1, 65536, "auto",
       "columns of each crossbar of a head; auto: full crossbars, then the rest", S::none,
       O::published, paper},
      {"topk.sub_k", K::integer_list, "auto", "winners", 1, 65536, "auto",
       "winners of each crossbar, overrides k; auto: k in proportion to the columns", S::none,
       O::derived, "256 and 128 columns take 3 and 2 of k = 5"},
      {"topk.stop_when_exhausted", K::boolean, "false", "", 0, 0, "",
       "stop the ramp after the last participant when there are fewer than k", S::others,
       O::assumption, project},
      {"topk.grants_per_cycle", K::integer, "1", "grants", 1, 64, "",
       "columns that the arbiter grants in one cycle", S::twice, O::assumption, project},
      {"topk.step_cycles", K::integer, "0", "cycles", 0, 1024, "",
       "every executed ramp step, beside the cycles of its grants", S::none, O::assumption,
       project},
      {"topk.start_cycles", K::integer, "0", "cycles", 0, 1024, "",
       "before the first ramp step of a conversion", S::none, O::assumption, project},
      {"topk.grant_cycles", K::integer, "0", "cycles", 0, 1024, "",
       "every ramp step that grants, beside the cycles of its grants", S::none, O::assumption,
       project},
      {"topk.union_cycles", K::integer, "1", "cycles", 0, 1024, "",
       "merging the crossbars' winners", S::none, O::assumption, project},
      {"sort.sorters", K::choice, "head", "", 0, 0, words<Sorters>(),
       "digital_topk: one sorter for all columns of a head, or one per crossbar", S::others,
       O::assumption, project},
      {"sort.element_cycles", K::integer, "1", "cycles/column", 1, 1024, "",
       "digital_topk: a sorter takes an element every so many cycles", S::half, O::assumption,
       project},
      {"shift.element_cycles", K::integer, "1", "cycles/element", 1, 1024, "",
       "left_shift: the shifter takes an element every so many cycles", S::half, O::assumption,
       project},
      {"softmax.macro", K::choice, "topkima", "", 0, 0, words<SoftmaxMacro>(),
       "early-stopping ramp, full ramp, or full ramp and digital sorter", S::none, O::published,
       paper},
      {"softmax.prob_bits", K::integer, "5", "bits", 1, 8, "", "unsigned width of a probability",
       S::less, O::derived, "input width of the arrays"},
      {"softmax.score_step", K::real_list, "auto", "", 0, 1e300, "auto",
       "real value of one code step; auto: ramp_lsb * scale_Q * scale_K * score_scale", S::none,
       O::derived, "scale-free attention"},
      {"softmax.exponent_cycles", K::integer, "2", "cycles", 0, 1024, "",
       "exponent half, beside exponent_interval per winner", S::none, O::assumption, project},
      {"softmax.exponent_interval", K::integer, "1", "cycles/winner", 1, 1024, "",
       "a winner enters the exponent half every so many cycles", S::half, O::assumption, project},
      {"softmax.divide_cycles", K::integer, "auto", "cycles", 0, 1024, "auto",
       "divider half, beside divide_interval per winner; auto: prob_bits + 1", S::none,
       O::assumption, project},
      {"softmax.divide_interval", K::integer, "1", "cycles/winner", 1, 1024, "",
       "a winner enters the divider half every so many cycles", S::half, O::assumption, project},
      {"av.value_bits", K::integer, "5", "bits", 2, 8, "", "signed width of V", S::less,
       O::published, paper},
      {"av.bits", K::integer, "5", "bits", 1, 12, "", "resolution of the AV arrays' ramp", S::less,
       O::published, paper},
      {"av.lsb", K::integer, "3", "probability units", 1, million, "",
       "step of the AV arrays' ramp", S::none, O::assumption, project},
      {"av.rows", K::integer, "auto", "rows", 1, 65536, "auto",
       "token rows per AV array; auto: rows that the ramp leaves free", S::half, O::assumption,
       project},
      {"av.precharge_cycles", K::integer, "1", "cycles", 0, 1024, "",
       "precharge before a weighted-value evaluation", S::none, O::assumption, project},
      {"av.shift_add_cycles", K::integer, "2", "cycles", 0, 1024, "",
       "shift-and-add over the column slices", S::none, O::assumption, project},
      {"write.key_cycles", K::integer, "1", "cycles/word line", 0, 1024, "",
       "writing one word line of K^T", S::none, O::assumption, project, with_memory},
      {"write.value_cycles", K::integer, "1", "cycles/token", 0, 1024, "", "writing one token of V",
       S::none, O::assumption, project, with_memory},
      {"projection.input_bits", K::integer, "8", "bits", 2, 8, "", "signed width of X", S::less,
       O::assumption, project, with_memory},
      {"projection.weight_bits", K::integer, "8", "bits", 2, 8, "",
       "signed width of projection weights", S::less, O::published, paper, with_memory},
      {"projection.column_mux", K::integer, "8", "columns", 1, 1024, "",
       "columns that share one ADC", S::half, O::assumption, project, with_memory},
      {"projection.precharge_cycles", K::integer, "1", "cycles", 0, 1024, "",
       "precharge per input bit", S::none, O::assumption, project, with_memory},
      {"projection.adder_cycles", K::integer, "2", "cycles", 0, 1024, "",
       "adder tree after the last input bit", S::none, O::assumption, project, with_memory},
      {"rram.cell_bits", K::integer, "1", "bits", 1, 4, "", "bits per RRAM cell", S::twice,
       O::assumption, project, with_memory},
      {"rram.rows", K::integer, "256", "rows", 1, 65536, "", "word lines of an RRAM array", S::both,
       O::published, paper, with_memory},
      {"rram.adc_bits", K::integer, "auto", "bits", 1, 24, "auto",
       "resolution of partial sums; auto: lossless", S::less, O::assumption, project, with_memory},
      {"bus.bytes_per_cycle", K::integer, "16", "bytes/cycle", 1, 4096, "",
       "width of the bus, per direction", S::twice, O::assumption, project, with_memory},
      {"bus.latency_cycles", K::integer, "20", "cycles", 0, million, "",
       "pipelined latency of memory and bus", S::half, O::assumption, project, with_memory},
      {"dma.prefetch_rows", K::integer, "2", "rows", 1, 1024, "",
       "rows that the DMA reads ahead per channel", S::twice, O::assumption, project, with_memory},
      {"pipeline.schedule", K::choice, "fine", "", 0, 0, words<Schedule>(),
       "how far the stages overlap", S::others, O::published, paper},
      {"pipeline.queue_depth", K::integer, "2", "rows", 0, 1024, "",
       "rows waiting before a stage, beside the one in service", S::twice, O::assumption, project},
      {"pipeline.banks", K::integer, "2", "banks", 1, 2, "", "banks of K^T and AV arrays", S::both,
       O::assumption, project, with_memory},
      {"pipeline.sequences", K::integer, "1", "sequences", 1, 65536, "",
       "sequences streamed through the module", S::none, O::run, "", with_memory},
      {"noise.seed", K::integer, "1", "", 0, 4294967295.0, "",
       "seed of everything under noise and fault", S::none, O::run, ""},
      {"noise.score_sigma", K::real, "0", "ramp_lsb", 0, 1000, "",
       "Gaussian noise of every score, anew in each conversion", S::none, O::assumption, ideal},
      {"noise.comparator_sigma", K::real, "0", "ramp_lsb", 0, 1000, "",
       "Gaussian offset of each comparator of K^T", S::none, O::assumption, ideal},
      {"noise.ramp_sigma", K::real, "0", "ramp_lsb", 0, 1000, "",
       "Gaussian deviation of each step's height of the K^T ramps", S::none, O::assumption, ideal},
      {"noise.ramp_thresholds", K::file, "ideal", "ramp_lsb", 0, 0, "ideal",
       "where the K^T ramps stand at each step, 2^bits - 1 falling numbers (.npy)", S::none,
       O::assumption, ideal},
      {"noise.value_sigma", K::real, "0", "av.lsb", 0, 1000, "",
       "Gaussian noise of every partial sum of V, anew in each conversion", S::none, O::assumption,
       ideal},
      {"noise.value_comparator_sigma", K::real, "0", "av.lsb", 0, 1000, "",
       "Gaussian offset of each comparator of V", S::none, O::assumption, ideal},
      {"noise.value_ramp_sigma", K::real, "0", "av.lsb", 0, 1000, "",
       "Gaussian deviation of each step's height of the V ramps", S::none, O::assumption, ideal},
      {"noise.value_ramp_thresholds", K::file, "ideal", "av.lsb", 0, 0, "ideal",
       "where the V ramps stand at each step, 2^bits - 1 falling numbers (.npy)", S::none,
       O::assumption, ideal},
      {"noise.rram_sigma", K::real, "0", "", 0, 0.5, "",
       "Gaussian variation of a cell's conductance, relative to it", S::none, O::assumption, ideal,
       with_memory},
      {"fault.key_cells", K::real, "0", "", 0, 1, "",
       "share of the K^T cells that are stuck at -1, 0 or 1", S::none, O::assumption, ideal},
      {"fault.value_cells", K::real, "0", "", 0, 1, "",
       "share of the V cells that are stuck at -1, 0 or 1", S::none, O::assumption, ideal},
      {"fault.rram_cells", K::real, "0", "", 0, 1, "",
       "share of the RRAM cells that are stuck on or off", S::none, O::assumption, ideal,
       with_memory},
      {"fault.stuck", K::file, "none", "", 0, 0, "none",
       "list of cells that are stuck (.csv, docs/nonidealities.md)", S::none, O::assumption, ideal},
      {"fidelity.all", K::choice, "auto", "", 0, 0, "auto," + words<Fidelity>(),
       "a row at once, or clock by clock with every signal visible; auto: cycle with --wave, else "
       "row",
       S::none, O::run, "", in_any, true},
      {"encoder.arrival", K::choice, "alone", "", 0, 0, words<Arrival>(),
       "a sample enters when the one before has left, with one bank of K^T and V; or all wait at "
       "the entrance and pass through the modules as fast as these can",
       S::none, O::run, "", in_encoder},
      {"encoder.first_sample", K::integer, "0", "samples", 0, 1e9, "",
       "the first sample of the input to run", S::none, O::run, "", in_encoder},
      {"encoder.samples", K::integer, "all", "samples", 1, 65536, "all", "how many samples to run",
       S::none, O::run, "", in_encoder},
      {"encoder.ramp_factor", K::real, "1", "", 1e-6, million, "",
       "of the ramp steps that the model was trained with", S::none, O::run, "", in_encoder},
      {"cosim.heads", K::integer_list, "all", "", 0, 4095, "all",
       "heads in which model.* holds; the others stay with the model", S::none, O::run, ""},
      {"cosim.stall", K::real, "0", "", 0, 0.95, "",
       "share of cycles with back-pressure at every handshake from the ramp to the AV arrays",
       S::none, O::run, ""},
      {"cosim.compare", K::choice, "cycles", "", 0, 0, words<Compare>(),
       "what must agree beside a model: values and their times, or values alone", S::none, O::run,
       "", in_any, true},
      {"cosim.on_divergence", K::choice, "stop", "", 0, 0, words<OnDivergence>(),
       "end the run at the first divergence, or go on and count", S::none, O::run, "", in_any,
       true},
      {"cosim.timeout_cycles", K::integer, "10000", "cycles", 1, million, "",
       "without an answer of RTL before it has failed", S::none, O::run, "", in_any, true},
      {"cosim.directory", K::directory, "auto", "", 0, 0, "auto",
       "where RTL libraries lie; auto: those that come with the tool", S::none, O::run, "", in_any,
       true},
      {"wave.mv_per_unit", K::real, "1", "mV", 1e-6, million, "",
       "bit-line voltage of one score unit, for waveforms alone", S::none, O::assumption, project,
       in_any, true},
      {"vector.lanes", K::integer, "32", "elements/cycle", 1, 65536, "",
       "elements that a vector unit takes in a cycle", S::twice, O::assumption, project,
       in_encoder},
      {"vector.latency_cycles", K::integer, "4", "cycles", 0, 1024, "",
       "pipeline of a vector unit, beside its passes over a row", S::none, O::assumption, project,
       in_encoder},
      {"vector.root_cycles", K::integer, "24", "cycles", 0, 1024, "",
       "square root and reciprocal of a normalisation", S::none, O::assumption, project,
       in_encoder},
      {"workload.seed", K::integer, "1", "", 0, 4294967295.0, "",
       "seed of the synthetic tensors and of stalls", S::none, O::run, ""},
      {"report.float_reference", K::boolean, "true", "", 0, 0, "",
       "compare with exact float attention", S::none, O::run, ""},
      {"energy.technology", K::file, "auto", "", 0, 0, technology_words(),
       "constants of energy and area: 65nm, 32nm or a file; auto: 65nm for the macro, 32nm for the "
       "SoC",
       S::none, O::published, paper},
      {"energy.interval_us", K::real, "1", "us", 0, million, "",
       "power over time: length of an interval; 0: none", S::none, O::run, ""},
  };
}

std::vector<Parameter> make_table() {
  auto table = fixed_table();
  const auto behind = [&](const char* name, const std::vector<Parameter>& more) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const Parameter& each) { return each.name == name; });
    if (found == table.end()) throw std::logic_error(std::string("no parameter ") + name);
    table.insert(found + 1, more.begin(), more.end());
  };
  auto by_block = fidelity_parameters();
  for (auto& model : model_parameters()) by_block.push_back(std::move(model));
  behind("fidelity.all", by_block);
  add_technology(table);
  return table;
}

const std::map<Origin, std::string>& origin_names() {
  static const std::map<Origin, std::string> names{
      {Origin::published, "published"}, {Origin::derived, "derived"},
      {Origin::measured, "measured"},   {Origin::assumption, "assumption"},
      {Origin::given, "given"},         {Origin::run, "run"}};
  return names;
}

std::string number(double value) { return files::number_text(value, 12); }

std::vector<long long> numbers_from(Step step, long long value) {
  const long long half = value / 2, twice = value == 0 ? 1 : 2 * value;
  switch (step) {
    case Step::none:
    case Step::others: return {};
    case Step::half: return {half};
    case Step::twice: return {twice};
    case Step::both: return {half, twice};
    case Step::less: return {value - 1};
  }
  throw std::logic_error("a step of a parameter");
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      auto& least = table[i][j];
      if (i == 0 || j == 0) {
        least = i + j;
        continue;
      }
      least = std::min(
          {table[i - 1][j - 1] + (a[i - 1] != b[j - 1]), table[i - 1][j] + 1, table[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        least = std::min(least, table[i - 2][j - 2] + 1);  // two letters that changed places
    }
  return table[a.size()][b.size()];
}

std::string section_of(const std::string& name) {
  const auto dot = name.find('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

std::string key_of(const std::string& name) {
  std::string key = name.substr(name.find('.') + 1);
  for (char& c : key) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return key;
}

/// Letters to change; who has typed the beginning of a key, or one of its words, needs no more than
/// one.
std::size_t key_distance(const std::string& given, const std::string& key) {
  constexpr std::size_t telling = 3;
  if (given == key) return 0;
  if (given.size() >= telling && key.rfind(given, 0) == 0) return 1;
  const auto words = files::parts_of(key, '_');
  if (given.size() >= telling && std::count(words.begin(), words.end(), given) > 0) return 1;
  return edit_distance(given, key);
}

/// How far a section is from the one that was meant, or from none: less than a key that is another.
std::size_t section_distance(const std::string& given, const std::string& section) {
  if (given.empty() || section.empty()) return given != section;
  return std::min<std::size_t>(2, edit_distance(given, section));
}

/// What still counts as close: some letters are as they were meant.
std::size_t most_changes(const std::string& key) {
  return key.size() < 2 ? 0 : std::max<std::size_t>(1, key.size() / 3);
}

}  // namespace

std::string name(Kind kind) {
  switch (kind) {
    case Kind::integer: return "integer";
    case Kind::real: return "real";
    case Kind::boolean: return "boolean";
    case Kind::choice: return "choice";
    case Kind::text: return "text";
    case Kind::file: return "file";
    case Kind::directory: return "directory";
    case Kind::integer_list: return "integer_list";
    case Kind::real_list: break;
  }
  return "real_list";
}

std::string Parameter::range_in(const std::string& with_unit) const {
  if (kind == Kind::boolean) return "true or false";
  if (kind == Kind::choice || kind == Kind::text) return words;
  if (kind == Kind::file) return words + ", or a file (a name with a / or .)";
  if (kind == Kind::directory) return words + ", or a directory";
  std::string text = number(low) + ".." + number(high) + with_unit;
  if (kind == Kind::integer_list || kind == Kind::real_list) text += " or a list of such";
  if (!words.empty()) text += ", or " + words;
  return text;
}

bool Parameter::is_word(const std::string& text) const {
  const auto all = files::parts_of(words);
  return std::find(all.begin(), all.end(), text) != all.end();
}

std::vector<std::string> Parameter::steps_from(const std::string& present) const {
  std::vector<std::string> values;
  if (step == Step::others) {
    for (const auto& word : files::parts_of(kind == Kind::boolean ? "false,true" : words))
      if (word != present) values.push_back(word);
    return values;
  }
  char* end = nullptr;
  const long long value = std::strtoll(present.c_str(), &end, 10);
  if (present.empty() || *end != '\0') return values;
  for (const long long next : numbers_from(step, value))
    if (next != value && double(next) >= low && double(next) <= high)
      values.push_back(std::to_string(next));
  return values;
}

std::string Parameter::provenance() const {
  return origin_names().at(origin) + (source.empty() ? "" : ": " + source);
}

Origin origin_of(const std::string& provenance) {
  for (const auto& [origin, name] : origin_names())
    if (origin != Origin::run && provenance.rfind(name, 0) == 0) return origin;
  return Origin::given;
}

const std::vector<Parameter>& parameter_table() {
  static const std::vector<Parameter> table = make_table();
  return table;
}

const Parameter* find_parameter(const std::string& name) {
  for (const auto& parameter : parameter_table())
    if (parameter.name == name) return &parameter;
  return nullptr;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& names) {
  constexpr std::size_t most = 5, longest = 100;
  if (name.size() > longest) return "";
  const std::string section = section_of(name);
  // By how far off they are, and of equals, if `name` has a section, by the whole names.
  std::map<std::pair<std::size_t, std::size_t>, std::vector<std::string>> close;
  std::vector<std::string> neighbours;
  for (const auto& each : names) {
    if (!section.empty() && section_of(each) == section) neighbours.push_back(each);
    const std::size_t distance = key_distance(key_of(name), key_of(each));
    if (distance > most_changes(key_of(name))) continue;
    close[{distance + section_distance(section, section_of(each)),
           section.empty() ? 0 : edit_distance(name, each)}]
        .push_back(each);
  }
  const auto& meant = close.empty() ? neighbours : close.begin()->second;
  if (meant.empty() || meant.size() > most) return "";
  std::string text;
  for (const auto& each : meant)
    text += (!text.empty()   ? " or '"
             : close.empty() ? "; there is '"
                             : "; did you mean '") +
            each + "'";
  return text + (close.empty() ? "" : "?");
}

std::string did_you_mean_parameter(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& parameter : parameter_table()) names.push_back(parameter.name);
  return did_you_mean(name, names);
}

}  // namespace topkima::config
