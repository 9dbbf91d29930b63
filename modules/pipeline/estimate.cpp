// SPDX-License-Identifier: Apache-2.0
#include "pipeline/estimate.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "arith/fixed_point.h"
#include "pipeline/schedule.h"
#include "stage/kinds.h"

namespace topkima::pipeline {
namespace {

struct Stages {
  double chain;    ///< one query through all stages of a chain
  double slowest;  ///< the stage that limits a chain's rate
};

double mean_participants(const config::MachineConfig& c) {
  const auto sequences = static_cast<int>(c.attention.mask.different());
  double sum = 0;
  for (int sequence = 0; sequence < sequences; ++sequence)
    for (int row = 0; row < c.shape.query_rows; ++row)
      sum += c.attention.mask.of(sequence, row).size();
  return sum / (double(sequences) * c.shape.query_rows);
}

/// Columns that a sorter sees: of all a head's crossbars, or of the longest.
int sorted_columns(const config::MachineConfig& c) {
  const auto& split = c.topk.split;
  const int longest =
      c.sort.per_crossbar() ? *std::max_element(split.begin(), split.end()) : c.shape.tokens;
  return std::min(longest, c.shape.tokens);
}

/// Service of one row in a stage of a head. Throws std::logic_error for a kind that it does not
/// know.
double service_of(const stage::StageKind& kind, const config::MachineConfig& c,
                  const MeanRow& row) {
  namespace kinds = stage::kinds;
  const auto of_winners = [&](int cycles, int interval) {
    return row.winners == 0 ? 0 : cycles + row.winners * interval;
  };
  if (&kind == &kinds::fold) return c.fold_cycles();
  if (&kind == &kinds::score) return c.score_cycles() + row.conversion_cycles;
  if (&kind == &kinds::unite) return c.topk.union_cycles;
  if (&kind == &kinds::latch) return c.score.row_blocks() > 1 ? c.score.adder_cycles : 0;
  if (&kind == &kinds::shifter)
    return (c.softmax.stops_early() ? row.winners : mean_participants(c)) * c.shift.element_cycles;
  if (&kind == &kinds::sorter)
    return sorted_columns(c) * double(c.sort.element_cycles) +
           (c.sort.per_crossbar() ? c.topk.union_cycles : 0);
  if (&kind == &kinds::exponent)
    return of_winners(c.softmax.exponent_cycles, c.softmax.exponent_interval);
  if (&kind == &kinds::divider)
    return of_winners(c.softmax.divide_cycles, c.softmax.divide_interval);
  if (&kind == &kinds::av) return row.winners == 0 ? 0 : c.av_cycles();
  throw std::logic_error(std::string("the closed-form estimate does not know stage kind '") +
                         kind.name + "' (modules/pipeline/estimate.cpp)");
}

/// Without the store, which waits for its turn on the bus.
Stages stages_of(const config::MachineConfig& c, const MeanRow& row) {
  Stages stages{0, 0};
  for (const auto* kind : stage::head_kinds(c)) {
    if (kind == &stage::kinds::store) continue;
    const double service = service_of(*kind, c, row);
    stages.chain += service;
    stages.slowest = std::max(stages.slowest, service);
  }
  return stages;
}

/// One pass over the rows of a sequence.
struct Pass {
  double cycles;  ///< from its first row's arrival on
  double beats;   ///< of the bus
};

/// Beats of a row of X or Q, and of one of X, K or V.
struct RowBeats {
  double q, kv;
};

Pass pass_of(const config::MachineConfig& c, std::uint32_t destinations, const RowBeats& row,
             double projection) {
  const double rows = c.shape.query_rows, tokens = c.shape.tokens;
  const auto read = [&](Destination each, double count) { return destinations & each ? count : 0; };
  if (!c.shape.projected) {
    const double beats =
        read(to_q, rows) * row.q + (read(to_k, tokens) + read(to_v, tokens)) * row.kv;
    return {beats, beats};
  }
  // A row of X is read once, whatever it is projected to. Where X^T lies in the arrays it goes to
  // the K^T writer as it is.
  const std::uint32_t unprojected = c.attention.keys_are_inputs() ? std::uint32_t(to_k) : 0;
  const bool projects = (destinations & ~unprojected) != 0;
  return {tokens * std::max(projects ? projection : 0, row.q), tokens * row.q};
}

}  // namespace

double estimate_macro(const config::MachineConfig& c, const MeanRow& row) {
  const Stages stages = stages_of(c, row);
  const double queries = double(c.shape.query_rows) * c.heads_per_chain();  // one after the other
  if (!Schedule::of(c.pipeline.schedule).rows_overlap()) return queries * stages.chain;
  return stages.chain + (queries - 1) * stages.slowest;
}

double estimate_soc(const config::MachineConfig& c, const MeanRow& row) {
  const Stages stages = stages_of(c, row);
  const Schedule& schedule = Schedule::of(c.pipeline.schedule);
  const auto transfer = [&](int bytes) {
    return double(arith::ceil_div(bytes, c.bus.bytes_per_cycle));
  };
  const int first = c.shape.projected ? c.shape.d_model() : c.shape.kv_width();
  const RowBeats row_beats{transfer(c.shape.d_model()), transfer(first)};
  const double store = c.shape.heads * transfer(c.shape.d_k);
  const double projection = c.shape.projected ? c.projection_cycles() : 0;
  const double rows = c.shape.query_rows;
  const double finish = store + c.bus.latency_cycles;
  // A row of the module is one query of each head: those of a chain come one after the other.
  const double queries = c.heads_per_chain();
  const double slowest = std::max(queries * stages.slowest, store);
  const double chain = stages.chain + (queries - 1) * stages.slowest;
  // A row's time where it enters the module: its projection, or its reads.
  const double q_row = std::max(projection, row_beats.q);

  double load = c.key_write_total(), beats = 0;
  for (const std::uint32_t destinations : schedule.passes()) {
    const Pass pass = pass_of(c, destinations, row_beats, projection);
    load += (destinations & to_q ? row_beats.q : row_beats.kv) + c.bus.latency_cycles + pass.cycles;
    beats += pass.beats;
  }
  double compute = rows * std::max(queries * stages.chain, store);
  if (schedule.rows_overlap()) {
    // Rows that are projected as they come may be slower than the head's stages.
    const bool follow = !schedule.buffers_queries();
    compute = (follow ? row_beats.q + c.bus.latency_cycles + projection : 0) + chain +
              (rows - 1) * (follow ? std::max(q_row, slowest) : slowest);
    if (follow) beats += rows * row_beats.q;
  }
  const double one = load + compute + finish;
  const bool overlapped = schedule.sequences_overlap() && c.pipeline.banks > 1;
  // In a stream, loads and queries share the bus's reading direction.
  return one + (c.pipeline.sequences - 1) * (overlapped ? std::max({load, compute, beats}) : one);
}

}  // namespace topkima::pipeline
