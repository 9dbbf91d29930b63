// SPDX-License-Identifier: Apache-2.0
#include "pipeline/estimate.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "arith/fixed_point.h"
#include "arith/split.h"
#include "pipeline/schedule.h"

namespace topkima::pipeline {
namespace {

struct Stages {
  double chain;    ///< one row through all stages of a head
  double slowest;  ///< the stage that limits a head's rate
};

double mean_participants(const config::MachineConfig& c) {
  double sum = 0;
  for (int row = 0; row < c.shape.query_rows; ++row)
    sum += arith::participants(c.shape.tokens, c.attention.valid_tokens, c.attention.causal,
                               long{c.attention.first_row} + row);
  return sum / c.shape.query_rows;
}

/// Service of one row in the stages between score and softmax.
std::vector<double> selection_of(const config::MachineConfig& c, const MeanRow& row) {
  const bool topkima = c.softmax.macro == config::SoftmaxMacro::topkima;
  std::vector<double> stages{double(topkima                  ? c.topk.union_cycles
                                    : c.score.row_blocks > 1 ? c.score.adder_cycles
                                                             : 0)};
  if (c.attention.scaling == config::Scaling::left_shift)
    stages.push_back((topkima ? row.winners : mean_participants(c)) * c.shift.element_cycles);
  if (c.softmax.macro == config::SoftmaxMacro::digital_topk) {
    const bool joined = c.sort.per_crossbar();
    const int longest =
        joined ? *std::max_element(c.topk.split.begin(), c.topk.split.end()) : c.shape.tokens;
    stages.push_back(std::min(longest, c.shape.tokens) * double(c.sort.element_cycles) +
                     (joined ? c.topk.union_cycles : 0));
  }
  return stages;
}

Stages stages_of(const config::MachineConfig& c, const MeanRow& row) {
  const bool skipped = row.winners == 0;
  const double fold = c.attention.scaling == config::Scaling::in_k_weights ? c.fold_cycles() : 0;
  const double score = c.score_cycles() + row.conversion_cycles;
  const std::vector<double> selection = selection_of(c, row);
  const double exponent =
      skipped ? 0 : c.softmax.exponent_cycles + row.winners * c.softmax.exponent_interval;
  const double divider =
      skipped ? 0 : c.softmax.divide_cycles + row.winners * c.softmax.divide_interval;
  const double av = skipped ? 0 : c.av_cycles();
  return {
      std::accumulate(selection.begin(), selection.end(), fold + score) + exponent + divider + av,
      std::max({fold, score, *std::max_element(selection.begin(), selection.end()), exponent,
                divider, av})};
}

/// One pass over the rows of a sequence.
struct Pass {
  double cycles;  ///< from its first row's arrival on
  double beats;   ///< of the bus
};

Pass pass_of(const config::MachineConfig& c, std::uint32_t destinations, double row_beats,
             double projection) {
  const double rows = c.shape.query_rows, tokens = c.shape.tokens;
  const auto read = [&](Destination each, double count) { return destinations & each ? count : 0; };
  if (!c.shape.projected) {
    const double beats = (read(to_q, rows) + read(to_k, tokens) + read(to_v, tokens)) * row_beats;
    return {beats, beats};
  }
  // A row of X is read once, whatever it is projected to. Where X^T lies in the arrays it goes to
  // the K^T writer as it is.
  const bool projects = (destinations & ~std::uint32_t(c.keys_are_inputs() ? to_k : 0)) != 0;
  return {tokens * std::max(projects ? projection : 0, row_beats), tokens * row_beats};
}

}  // namespace

double estimate_macro(const config::MachineConfig& c, const MeanRow& row) {
  const Stages stages = stages_of(c, row);
  if (!Schedule::of(c.pipeline.schedule).rows_overlap()) return c.shape.query_rows * stages.chain;
  return stages.chain + (c.shape.query_rows - 1) * stages.slowest;
}

double estimate_soc(const config::MachineConfig& c, const MeanRow& row) {
  const Stages stages = stages_of(c, row);
  const Schedule& schedule = Schedule::of(c.pipeline.schedule);
  const auto transfer = [&](int bytes) {
    return double(arith::ceil_div(bytes, c.bus.bytes_per_cycle));
  };
  const double row_beats = transfer(c.shape.d_model());
  const double read = row_beats + c.bus.latency_cycles;
  const double store = c.shape.heads * transfer(c.shape.d_k);
  const double projection = c.shape.projected ? c.projection_cycles() : 0;
  const double rows = c.shape.query_rows;
  const double finish = store + c.bus.latency_cycles;
  const double slowest = std::max(stages.slowest, store);
  // A row's time where it enters the module: its projection, or its reads.
  const double q_row = std::max(projection, row_beats);

  double load = c.key_write_total(), beats = 0;
  for (const std::uint32_t destinations : schedule.passes()) {
    const Pass pass = pass_of(c, destinations, row_beats, projection);
    load += read + pass.cycles;
    beats += pass.beats;
  }
  double compute = rows * std::max(stages.chain, store);
  if (schedule.rows_overlap()) {
    // Rows that are projected as they come may be slower than the head's stages.
    const bool follow = !schedule.buffers_queries();
    compute = (follow ? read + projection : 0) + stages.chain +
              (rows - 1) * (follow ? std::max(q_row, slowest) : slowest);
    if (follow) beats += rows * row_beats;
  }
  const double one = load + compute + finish;
  const bool overlapped = schedule.sequences_overlap() && c.pipeline.banks > 1;
  // In a stream, loads and queries share the bus's reading direction.
  return one + (c.pipeline.sequences - 1) * (overlapped ? std::max({load, compute, beats}) : one);
}

}  // namespace topkima::pipeline
