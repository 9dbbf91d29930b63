// SPDX-License-Identifier: Apache-2.0
#include "pipeline/estimate.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "arith/fixed_point.h"
#include "arith/split.h"

namespace topkima::pipeline {
namespace {

using config::Schedule;

struct Stages {
  double chain;    ///< one row through all stages of a head
  double slowest;  ///< the stage that limits a head's rate
};

double mean_participants(const config::MachineConfig& c) {
  double sum = 0;
  for (int row = 0; row < c.shape.query_rows; ++row)
    sum += arith::participants(c.shape.tokens, c.valid_tokens, c.causal, long{c.first_row} + row);
  return sum / c.shape.query_rows;
}

/// Service of one row in the stages between score and softmax.
std::vector<double> selection_of(const config::MachineConfig& c, const MeanRow& row) {
  const bool topkima = c.macro == config::SoftmaxMacro::topkima;
  std::vector<double> stages{double(topkima            ? c.union_cycles
                                    : c.row_blocks > 1 ? c.score_adder_cycles
                                                       : 0)};
  if (c.scaling == config::Scaling::left_shift)
    stages.push_back((topkima ? row.winners : mean_participants(c)) * c.shift_interval);
  if (c.macro == config::SoftmaxMacro::digital_topk) {
    const bool joined = c.sorter_per_crossbar;
    const int longest = joined ? *std::max_element(c.split.begin(), c.split.end()) : c.shape.tokens;
    stages.push_back(std::min(longest, c.shape.tokens) * double(c.sort_interval) +
                     (joined ? c.union_cycles : 0));
  }
  return stages;
}

Stages stages_of(const config::MachineConfig& c, const MeanRow& row) {
  const bool skipped = row.winners == 0;
  const double fold = c.scaling == config::Scaling::in_k_weights ? c.fold_cycles() : 0;
  const double score = c.score_cycles() + row.conversion_cycles;
  const std::vector<double> selection = selection_of(c, row);
  const double exponent = skipped ? 0 : c.exponent_cycles + row.winners * c.exponent_interval;
  const double divider = skipped ? 0 : c.divide_cycles + row.winners * c.divide_interval;
  const double av = skipped ? 0 : c.weighted_value_cycles();
  return {std::accumulate(selection.begin(), selection.end(), fold + score) + exponent + divider +
              av,
          std::max({fold, score, *std::max_element(selection.begin(), selection.end()), exponent,
                    divider, av})};
}

bool one_at_a_time(const config::MachineConfig& c) {
  return c.schedule == Schedule::coarse || c.schedule == Schedule::sequential;
}

}  // namespace

double estimate_macro(const config::MachineConfig& c, const MeanRow& row) {
  const Stages stages = stages_of(c, row);
  if (one_at_a_time(c)) return c.shape.query_rows * stages.chain;
  return stages.chain + (c.shape.query_rows - 1) * stages.slowest;
}

double estimate_soc(const config::MachineConfig& c, const MeanRow& row) {
  const Stages stages = stages_of(c, row);
  const auto transfer = [&](int bytes) { return double(arith::ceil_div(bytes, c.bus_bytes)); };
  const double row_beats = transfer(c.shape.d_model());
  const double read = row_beats + c.bus_latency;
  const double store = c.shape.heads * transfer(c.shape.d_k);
  const double projection = c.shape.projected ? c.projection_cycles() : 0;
  const double rows = c.shape.query_rows, tokens = c.shape.tokens;
  // A row's time where it enters the module: its projection, or its reads.
  const double q_row = std::max(projection, row_beats);
  // Without a K projection, keys come as they are read.
  const bool keys_as_read = c.scaling == config::Scaling::in_k_weights;
  const double k_row = keys_as_read ? row_beats : q_row;
  const double kv_row = std::max(projection, c.shape.projected ? row_beats : 2 * row_beats);
  const double finish = store + c.bus_latency;
  const double slowest = std::max(stages.slowest, store);

  double load = 0, compute = 0;
  switch (c.schedule) {
    case Schedule::sequential:
      load = rows * q_row + tokens * (k_row + q_row) + 3 * read;
      compute = rows * std::max(stages.chain, store);
      break;
    case Schedule::coarse:
    case Schedule::buffered: {
      load = read + (c.shape.projected ? tokens * std::max(projection, row_beats)
                                       : (rows + 2 * tokens) * row_beats);
      compute = c.schedule == Schedule::coarse ? rows * std::max(stages.chain, store)
                                               : stages.chain + (rows - 1) * slowest;
      break;
    }
    case Schedule::fine:
      load = read + tokens * kv_row;
      compute = read + projection + stages.chain + (rows - 1) * std::max(q_row, slowest);
      break;
  }
  load += c.key_write_total();
  const double one = load + compute + finish;
  const bool overlapped = !one_at_a_time(c) && c.banks > 1;
  // In a stream, loads and queries share the bus's reading direction.
  const double reads = (c.shape.projected ? (c.schedule == Schedule::fine ? 1 : 0) * rows + tokens
                                          : rows + 2 * tokens) *
                       row_beats;
  return one + (c.sequences - 1) * (overlapped ? std::max({load, compute, reads}) : one);
}

}  // namespace topkima::pipeline
