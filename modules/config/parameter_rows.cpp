// SPDX-License-Identifier: Apache-2.0
// The rows of the parameter table.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "config/choices.h"
#include "config/cosim.h"
#include "config/parameter_table.h"
#include "config/shipped_technologies.h"
#include "config/technology_constants.h"

namespace topkima::config {
namespace {

const char* const paper = "Dong et al., TCAS-I 72(6), 2025";
const char* const project = "no figure published";
const char* const ideal = "off: ideal circuits";
const char* const as_published = "off: as published";

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
    table.push_back({constant.parameter(), Kind::real_band, "auto", constant.unit, constant.low,
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
       "a row sees no token behind its position", S::none, O::run, ""},
      {"attention.window", K::integer, "none", "tokens", 1, million, "none",
       "tokens that a row sees up to its position, and without causal as many from there on",
       S::none, O::run, ""},
      {"attention.segments", K::integer_list, "none", "tokens", 1, million, "none",
       "lengths of sequences packed into one, each of which sees itself alone", S::none, O::run,
       ""},
      {"attention.first_row", K::integer, "0", "rows", 0, million, "",
       "position of the first row of Q, for masks", S::none, O::run, ""},
      {"attention.placement", K::choice, "blocked", "", 0, 0, words<Placement>(),
       "which crossbar holds a token: one after the other, or in turn", S::others, O::assumption,
       project},
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
      {"crossbar.gate_empty", K::boolean, "true", "", 0, 0, "",
       "crossbars and AV arrays in which no token takes part rest", S::others, O::assumption,
       project},
      {"score.query_bits", K::integer, "5", "bits", 2, 8, "", "signed width of Q", S::less,
       O::published, paper},
      {"score.key_cells", K::integer, "3", "cells", 1, 6, "",
       "ternary cells per value of K^T, weights 1, 2, 4, ...", S::less, O::derived,
       "192 rows for d_k 64"},
      {"score.weighting", K::choice, "drive", "", 0, 0, words<Weighting>(),
       "how a cell's weight acts: cell current, or pulse length", S::others, O::assumption,
       project},
      {"score.precharge_cycles", K::integer, "1", "cycles", 0, 1024, "",
       "the precharge of the bit lines before a score", S::none, O::assumption, project},
      {"score.adder_cycles", K::integer, "2", "cycles", 0, 1024, "",
       "what adding up the codes of a column in several arrays takes, behind full ramps", S::none,
       O::assumption, project},
      {"score.row_split", K::choice, "none", "", 0, 0, words<RowSplit>(),
       "columns too long for an array: none, or bit lines of several joined to one", S::others,
       O::assumption, project},
      {"score.join_max", K::integer, "4", "arrays", 1, 64, "",
       "arrays whose bit lines may be joined", S::none, O::assumption, project},
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
       "columns of each crossbar of a head; auto: full crossbars, then the rest; interleaved: even "
       "parts",
       S::none, O::published, paper},
      {"topk.sub_k", K::integer_list, "auto", "winners", 1, 65536, "auto",
       "winners of each crossbar, overrides k; auto: k shared out, see topk.sub_k_by", S::none,
       O::derived, "256 and 128 columns take 3 and 2 of k = 5"},
      {"topk.sub_k_by", K::choice, "participants", "", 0, 0, words<SubKBy>(),
       "k is shared out in proportion to a row's participants, or to the columns", S::others,
       O::assumption, project},
      {"topk.scope", K::choice, "crossbar", "", 0, 0, words<Scope>(),
       "what one counter grants: a crossbar's columns, or those of a whole head", S::others,
       O::published, paper},
      {"topk.tree_cycles", K::integer, "auto", "cycles", 0, 1024, "auto",
       "scope head: registers of the tree that joins the crossbars; auto: log2 of their number",
       S::none, O::assumption, project},
      {"topk.reach", K::integer, "0", "steps", 0, 4095, "",
       "the ramp also stops so many steps below its first crossing; 0: it does not", S::none,
       O::assumption, as_published},
      {"topk.stop_when_exhausted", K::boolean, "true", "", 0, 0, "",
       "the ramp stops behind the last participant where there are fewer than k", S::others,
       O::assumption, project},
      {"topk.grants_per_cycle", K::integer, "1", "grants", 1, 64, "",
       "columns that the arbiter grants in one cycle", S::twice, O::assumption, project},
      {"topk.step_cycles", K::integer, "0", "cycles", 0, 1024, "",
       "what each executed ramp step takes, beside the cycles of its grants", S::none,
       O::assumption, project},
      {"topk.start_cycles", K::integer, "0", "cycles", 0, 1024, "",
       "what a conversion takes before its first ramp step", S::none, O::assumption, project},
      {"topk.grant_cycles", K::integer, "0", "cycles", 0, 1024, "",
       "what a ramp step that grants takes more, beside the cycles of its grants", S::none,
       O::assumption, project},
      {"topk.union_cycles", K::integer, "1", "cycles", 0, 1024, "",
       "what joining the winners of the crossbars takes", S::none, O::assumption, project},
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
       "what selects winners: a ramp that stops early, nothing behind a full ramp (every column "
       "wins), "
       "or a digital sorter behind one",
       S::none, O::published, paper},
      {"softmax.prob_bits", K::integer, "5", "bits", 1, 8, "", "unsigned width of a probability",
       S::less, O::derived, "input width of the arrays"},
      {"softmax.score_step", K::real_list, "auto", "", 0, 1e300, "auto",
       "real value of one code step; auto: ramp_lsb * scale_Q * scale_K * score_scale", S::none,
       O::derived, "scale-free attention"},
      {"softmax.exponent_cycles", K::integer, "2", "cycles", 0, 1024, "",
       "what the exponents of a row take, beside exponent_interval for each winner", S::none,
       O::assumption, project},
      {"softmax.exponent_interval", K::integer, "1", "cycles/winner", 1, 1024, "",
       "the exponent table takes a winner every so many cycles", S::half, O::assumption, project},
      {"softmax.divide_cycles", K::integer, "auto", "cycles", 0, 1024, "auto",
       "what the divisions of a row take, beside divide_interval for each winner; auto: prob_bits "
       "+ 1",
       S::none, O::assumption, project},
      {"softmax.divide_interval", K::integer, "1", "cycles/winner", 1, 1024, "",
       "the divider takes a winner every so many cycles", S::half, O::assumption, project},
      {"av.value_bits", K::integer, "5", "bits", 2, 8, "", "signed width of V", S::less,
       O::published, paper},
      {"av.bits", K::integer, "5", "bits", 1, 12, "", "resolution of the AV arrays' ramp", S::less,
       O::published, paper},
      {"av.lsb", K::integer, "auto", "probability units", 1, million, "auto",
       "step of the AV arrays' ramp, as a sum of probability codes; auto: the smallest odd one "
       "with "
       "which the largest probability does not saturate",
       S::none, O::assumption, project},
      {"av.rows", K::integer, "auto", "rows", 1, 65536, "auto",
       "token rows of an AV array; auto: those that the ramp leaves free", S::half, O::assumption,
       project},
      {"av.precharge_cycles", K::integer, "1", "cycles", 0, 1024, "",
       "the precharge of the bit lines before a row is weighted", S::none, O::assumption, project},
      {"av.shift_add_cycles", K::integer, "2", "cycles", 0, 1024, "",
       "shifting and adding the codes of the column slices", S::none, O::assumption, project},
      {"write.key_cycles", K::integer, "1", "cycles/word line", 0, 1024, "",
       "writing one word line of K^T", S::none, O::assumption, project, with_memory},
      {"write.value_cycles", K::integer, "1", "cycles/token", 0, 1024, "", "writing one token of V",
       S::none, O::assumption, project, with_memory},
      {"projection.input_bits", K::integer, "8", "bits", 2, 8, "", "signed width of X", S::less,
       O::assumption, project, with_memory},
      {"projection.weight_bits", K::integer, "8", "bits", 2, 8, "",
       "signed width of projection weights", S::less, O::published, paper, with_memory},
      {"projection.column_mux", K::integer, "8", "columns", 1, 1024, "",
       "columns of an RRAM array that share one ADC", S::half, O::assumption, project, with_memory},
      {"projection.precharge_cycles", K::integer, "1", "cycles", 0, 1024, "",
       "the precharge of the bit lines before each bit of the input", S::none, O::assumption,
       project, with_memory},
      {"projection.adder_cycles", K::integer, "2", "cycles", 0, 1024, "",
       "what the adder tree takes behind the last bit of the input", S::none, O::assumption,
       project, with_memory},
      {"rram.cell_bits", K::integer, "1", "bits", 1, 4, "", "bits per RRAM cell", S::twice,
       O::assumption, project, with_memory},
      {"rram.rows", K::integer, "256", "rows", 1, 65536, "", "word lines of an RRAM array", S::both,
       O::published, paper, with_memory},
      {"rram.adc_bits", K::integer, "auto", "bits", 1, 24, "auto",
       "resolution of the ADC of an array's sums; auto: whatever loses nothing", S::less,
       O::assumption, project, with_memory},
      {"bus.bytes_per_cycle", K::integer, "16", "bytes/cycle", 1, 4096, "",
       "what the bus moves in a cycle, in each direction", S::twice, O::assumption, project,
       with_memory},
      {"bus.latency_cycles", K::integer, "20", "cycles", 0, million, "",
       "latency of memory and bus; further accesses follow meanwhile", S::half, O::assumption,
       project, with_memory},
      {"dma.prefetch_rows", K::integer, "2", "rows", 1, 1024, "",
       "rows that the DMA reads ahead per channel", S::twice, O::assumption, project, with_memory},
      {"pipeline.schedule", K::choice, "fine", "", 0, 0, words<Schedule>(),
       "how far the stages overlap (docs/timing.md)", S::others, O::published, paper},
      {"pipeline.queue_depth", K::integer, "2", "rows", 0, 1024, "",
       "rows waiting before a stage, beside the one in service", S::twice, O::assumption, project},
      {"pipeline.banks", K::integer, "2", "banks", 1, 2, "", "banks of K^T and AV arrays", S::both,
       O::assumption, project, with_memory},
      {"pipeline.sequences", K::integer, "1", "sequences", 1, 65536, "",
       "sequences streamed through the module", S::none, O::run, "", with_memory},
      {"noise.seed", K::integer, "1", "", 0, 4294967295.0, "",
       "seed of all that is random in the circuits: noise.* and fault.*", S::none, O::run, ""},
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
       "factor on the ramp steps that the model was trained with", S::none, O::run, "", in_encoder},
      {"cosim.heads", K::integer_list, "all", "", 0, 4095, "all",
       "heads in which model.* holds; the others stay with the model", S::none, O::run, ""},
      {"cosim.stall", K::real, "0", "", 0, 0.95, "",
       "share of the cycles in which a handshake between the ramp and the AV arrays is held up",
       S::none, O::run, ""},
      {"cosim.compare", K::choice, "cycles", "", 0, 0, words<Compare>(),
       "what of RTL beside a model must agree with it: values and their times, or values alone",
       S::none, O::run, "", in_any, true},
      {"cosim.on_divergence", K::choice, "stop", "", 0, 0, words<OnDivergence>(),
       "end the run at the first divergence, or go on and count", S::none, O::run, "", in_any,
       true},
      {"cosim.timeout_cycles", K::integer, "10000", "cycles", 1, million, "",
       "RTL that has not answered for so long has failed", S::none, O::run, "", in_any, true},
      {"cosim.directory", K::directory, "auto", "", 0, 0, "auto",
       "where RTL libraries lie; auto: those that come with the tool", S::none, O::run, "", in_any,
       true},
      {"wave.mv_per_unit", K::real, "1", "mV", 1e-6, million, "",
       "bit-line voltage of one score unit, in waveforms alone", S::none, O::assumption, project,
       in_any, true},
      {"vector.lanes", K::integer, "32", "elements/cycle", 1, 65536, "",
       "elements that a vector unit takes in a cycle", S::twice, O::assumption, project,
       in_encoder},
      {"vector.latency_cycles", K::integer, "4", "cycles", 0, 1024, "",
       "depth of a vector unit's pipeline, beside its passes over a row", S::none, O::assumption,
       project, in_encoder},
      {"vector.root_cycles", K::integer, "24", "cycles", 0, 1024, "",
       "what the square root and the reciprocal of a normalisation take", S::none, O::assumption,
       project, in_encoder},
      {"workload.seed", K::integer, "1", "", 0, 4294967295.0, "",
       "seed of the synthetic tensors and of stalls", S::none, O::run, ""},
      {"report.float_reference", K::boolean, "true", "", 0, 0, "",
       "the run is compared with exact float attention", S::none, O::run, ""},
      {"energy.technology", K::file, "auto", "", 0, 0, technology_words(),
       "whose constants of energy and area: one that is shipped, or a file; auto: the node at "
       "which "
       "the paper tells the machine's figures",
       S::none, O::published, paper},
      {"energy.interval_us", K::real, "1", "us", 0, million, "",
       "length of the intervals of power over time; 0: no power over time", S::none, O::run, ""},
  };
}

}  // namespace

std::vector<Parameter> parameter_rows() {
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

}  // namespace topkima::config
