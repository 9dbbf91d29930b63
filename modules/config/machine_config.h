// SPDX-License-Identifier: Apache-2.0
#pragma once
// The resolved configuration of one machine running one workload: every `auto` replaced, every
// combination checked. Cycle counts are in cycles of the machine's clock.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "config/cosim.h"
#include "config/fidelity.h"
#include "config/nonidealities.h"
#include "config/settings.h"

namespace topkima::config {

/// How each kind of block goes through time. No result depends on it.
struct BlockFidelity {
  Fidelity score = Fidelity::row, topk = Fidelity::row, unite = Fidelity::row,
           softmax = Fidelity::row, values = Fidelity::row;
  Fidelity projection = Fidelity::row, write = Fidelity::row, bus = Fidelity::row;
};

enum class Schedule { sequential, coarse, fine, buffered };

/// What selects a row's winners (docs/baselines.md).
enum class SoftmaxMacro { topkima, conventional, digital_topk };
/// Where the score scale is applied.
enum class Scaling { scale_free, left_shift, in_k_weights };

/// Shapes of the tensors that the machine works on.
struct Shape {
  int heads = 0;
  int query_rows = 0;  ///< rows of Q
  int tokens = 0;      ///< rows of K and V
  int d_k = 0;
  bool projected = false;  ///< Q, K, V come from X by projection
  /// Sequences have rows of their own; else all are the same.
  bool distinct = false;

  int d_model() const { return heads * d_k; }
};

struct MachineConfig {
  Shape shape;
  Schedule schedule;
  int queue_depth, banks, sequences;
  double frequency_mhz;

  int valid_tokens;
  bool causal;
  int first_row;
  double score_scale;
  double applied_scale;  ///< what the machine makes of it: a shifter only has powers of two
  Scaling scaling;
  SoftmaxMacro macro;
  bool sorter_per_crossbar;           ///< digital_topk
  int sort_interval, shift_interval;  ///< cycles per element

  int crossbar_rows, ramp_rows;  ///< word lines of an SRAM array, and those of its ramp

  int query_bits;
  int query_max, key_max, value_max;  ///< largest magnitudes of Q, K and V
  int key_cells;                      ///< ternary cells per value of K^T
  bool pulse_weighting;               ///< a cell's weight is the length of its pulse
  int pulse_window;                   ///< longest word-line pulse of a score, in cycles
  int score_precharge;
  int score_adder_cycles;  ///< for the codes of more than one row block

  int ramp_bits;
  double saturate_share;
  std::vector<int> split, sub_k;  ///< per crossbar of a head
  int winners;                    ///< most of a row: sum of sub_k, k, or all tokens
  bool stop_when_exhausted;
  int grants_per_cycle;
  int step_cycles, start_cycles;  ///< of a ramp step, beside its grants; of a conversion
  int union_cycles;

  int prob_bits;
  int exponent_cycles, divide_cycles;      ///< beside the intervals of the winners
  int exponent_interval, divide_interval;  ///< cycles per winner

  int value_slices, value_rows, value_ramp_bits, value_lsb;
  int value_precharge, shift_add_cycles;

  int key_write_cycles, value_write_cycles;
  int input_bits, weight_bits, column_mux, projection_precharge, adder_cycles;
  int cell_bits, rram_rows, adc_bits;
  int bus_bytes, bus_latency, prefetch_rows;

  Nonidealities nonidealities;
  Cosim cosim;
  BlockFidelity fidelity;
  /// Heads that nobody watches: at row fidelity, whatever `fidelity` says.
  std::vector<char> unwatched;
  int stepped_head = -1;  ///< whose counters someone watches step by step: they are clocked
  double mv_per_unit;     ///< bit-line voltage of one score unit, in waveforms

  BlockFidelity fidelity_of(int head) const {
    const auto h = static_cast<std::size_t>(head);
    BlockFidelity blocks = h < unwatched.size() && unwatched[h] ? BlockFidelity{} : fidelity;
    // RTL, the stalls of grants and who watches them go clock by clock.
    const auto clocked = [&](Block block) { return cosim.in(head) && !cosim.of(block).is_tlm(); };
    if (clocked(Block::topk) || clocked(Block::ramp) || cosim.stall > 0 || head == stepped_head)
      blocks.topk = Fidelity::cycle;
    if (clocked(Block::unite)) blocks.unite = Fidelity::cycle;
    if (clocked(Block::softmax)) blocks.softmax = Fidelity::cycle;
    return blocks;
  }
  int prob_max() const { return (1 << prob_bits) - 1; }
  /// Values of a query as it reaches the score, and of a column of the arrays: d_k, or d_model
  /// where X^T is in them.
  int score_width() const { return scaling == Scaling::in_k_weights ? shape.d_model() : shape.d_k; }
  /// A column's values lie in that many arrays, that many in each but the last; block_width by
  /// the array's rows.
  int block_width, row_blocks;
  /// Distances between two codes of columns, each the sum over its row blocks.
  int code_distances() const { return row_blocks * ((1 << ramp_bits) - 1) + 1; }
  /// Word lines that hold K^T in one array.
  int key_rows() const { return std::min(block_width, score_width()) * key_cells; }
  /// A conversion that runs through the whole ramp with at most one cycle of grants per step.
  int full_ramp_cycles() const { return start_cycles + (1 << ramp_bits) * (1 + step_cycles); }
  /// Service of one row, without the conversion of a score and the winners of a softmax.
  int score_cycles() const { return score_precharge + pulse_window; }
  int weighted_value_cycles() const {
    return value_precharge + prob_max() + (1 << value_ramp_bits) + shift_add_cycles;
  }
  int projection_cycles() const {
    return input_bits * (projection_precharge + column_mux) + adder_cycles;
  }
  /// A query times W_K^T, bit-serially.
  int fold_cycles() const {
    return query_bits * (projection_precharge + column_mux) + adder_cycles;
  }
  int key_write_total() const { return key_rows() * key_write_cycles; }
};

/// Resolves `settings` for `shape` and writes what each `auto` became back into `settings` (but for
/// ramp_lsb and score_step, which need the data). Throws ConfigError when the workload does not fit
/// the machine.
MachineConfig resolve(Settings& settings, const Shape& shape);

}  // namespace topkima::config
