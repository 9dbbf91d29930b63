// SPDX-License-Identifier: Apache-2.0
#pragma once
// The resolved configuration of one machine running one workload: every `auto` replaced, every
// combination checked. Cycle counts are in cycles of the machine's clock.

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "arith/column_map.h"
#include "arith/mask.h"
#include "config/choices.h"
#include "config/cosim.h"
#include "config/fidelity.h"
#include "config/nonidealities.h"
#include "config/settings.h"

namespace topkima::config {

/// Shapes of the tensors that the machine works on.
struct Shape {
  int heads = 0;       ///< of queries
  int kv_heads = 0;    ///< of K and V; neighbouring heads of queries share one
  int query_rows = 0;  ///< rows of Q
  int tokens = 0;      ///< rows of K and V
  int d_k = 0;
  bool projected = false;  ///< Q, K, V come from X by projection
  /// Sequences have rows of their own; else all are the same.
  bool distinct = false;

  int d_model() const { return heads * d_k; }
  /// Values of a row of K or V, of all its heads.
  int kv_width() const { return kv_heads * d_k; }
  /// Heads of queries with the same K and V.
  int group() const { return heads / kv_heads; }
  /// The head of K and V that a head of queries works on.
  int kv_head(int head) const { return head / group(); }
};

/// Nested as the sections of the parameter table are: a parameter keeps its name, and what follows
/// from several stands with those that it describes.
struct MachineConfig {
  struct Attention {
    arith::Mask mask;
    arith::ColumnMap columns;  ///< where a head's tokens lie
    double score_scale;
    double applied_scale;  ///< what the machine makes of it: a shifter only has powers of two
    Scaling scaling;
    KvSharing kv_sharing;

    /// A shifter scales the scores.
    bool shifts() const {
      switch (scaling) {
        case Scaling::left_shift: return true;
        case Scaling::scale_free:
        case Scaling::in_k_weights: return false;
      }
      throw std::logic_error("attention.scaling");
    }
    /// The scale is in W_K^T: the arrays hold X^T in place of K^T, and a query is multiplied by
    /// its head's W_K^T.
    bool keys_are_inputs() const {
      switch (scaling) {
        case Scaling::in_k_weights: return true;
        case Scaling::scale_free:
        case Scaling::left_shift: return false;
      }
      throw std::logic_error("attention.scaling");
    }
  };
  struct Clock {
    double frequency_mhz;
  };
  /// An SRAM array.
  struct Crossbar {
    int rows, ramp_rows;  ///< word lines, and those of its ramp
    bool gate_empty;      ///< arrays without a participant rest
  };
  struct Score {
    int query_bits;
    int query_max, key_max;  ///< largest magnitudes of Q and K
    int key_cells;           ///< ternary cells per value of K^T
    Weighting weighting;
    int precharge_cycles;
    int pulse_window;  ///< longest word-line pulse of a score, in cycles
    int adder_cycles;  ///< for the codes of more than one row block
    /// A column's values lie in `arrays` arrays, `block_width` in each but the last: row blocks
    /// that convert for themselves, or joined bit lines with one ramp.
    int block_width, arrays;
    bool joined;

    int row_blocks() const { return joined ? 1 : arrays; }
    int joined_arrays() const { return joined ? arrays : 1; }
  };
  struct Ima {
    int bits;
    double saturate_share;
  };
  struct Topk {
    int k;
    std::vector<int> split, sub_k;  ///< per crossbar of a head
    bool sub_k_follows;             ///< a row's participants say how k is shared out, not sub_k
    Scope scope;
    int winners;  ///< most of a row: the largest sum of shares, k, or all tokens
    int reach;    ///< ramp steps below the first crossing; 0: all
    int tree_cycles;
    bool stop_when_exhausted;
    int grants_per_cycle;
    int step_cycles, start_cycles;  ///< of a ramp step, beside its grants; of a conversion
    int grant_cycles;               ///< of a ramp step that grants, beside its grants
    int union_cycles;

    /// One counter for all crossbars of a head.
    bool joins_crossbars() const {
      switch (scope) {
        case Scope::crossbar: return false;
        case Scope::head: return true;
      }
      throw std::logic_error("topk.scope");
    }
  };
  struct Sort {
    Sorters sorters;
    int element_cycles;

    bool per_crossbar() const {
      switch (sorters) {
        case Sorters::head: return false;
        case Sorters::crossbar: return true;
      }
      throw std::logic_error("sort.sorters");
    }
  };
  struct Shift {
    int element_cycles;
  };
  struct Softmax {
    SoftmaxMacro macro;

    /// The ramp stops at the last winner. Else it runs through, and every column is latched.
    bool stops_early() const {
      switch (macro) {
        case SoftmaxMacro::topkima: return true;
        case SoftmaxMacro::conventional:
        case SoftmaxMacro::digital_topk: return false;
      }
      throw std::logic_error("softmax.macro");
    }
    /// A digital sorter selects the winners among the latched columns.
    bool sorts() const {
      switch (macro) {
        case SoftmaxMacro::digital_topk: return true;
        case SoftmaxMacro::topkima:
        case SoftmaxMacro::conventional: return false;
      }
      throw std::logic_error("softmax.macro");
    }

    int prob_bits;
    int exponent_cycles, divide_cycles;      ///< beside the intervals of the winners
    int exponent_interval, divide_interval;  ///< cycles per winner
  };
  struct Av {
    int value_max;  ///< largest magnitude of V
    int slices;     ///< of columns, one per bit of a magnitude
    int rows, bits, lsb;
    int precharge_cycles, shift_add_cycles;
  };
  struct Write {
    int key_cycles, value_cycles;
  };
  struct Projection {
    int input_bits, weight_bits, column_mux, precharge_cycles, adder_cycles;
  };
  struct Rram {
    int cell_bits, rows, adc_bits;
  };
  struct Bus {
    int bytes_per_cycle, latency_cycles;
  };
  struct Dma {
    int prefetch_rows;
  };
  struct Pipeline {
    Schedule schedule;
    int queue_depth, banks, sequences;
  };
  struct Wave {
    double mv_per_unit;  ///< bit-line voltage of one score unit
  };

  Shape shape;
  Attention attention;
  Clock clock;
  Crossbar crossbar;
  Score score;
  Ima ima;
  Topk topk;
  Sort sort;
  Shift shift;
  Softmax softmax;
  Av av;
  Write write;
  Projection projection;
  Rram rram;
  Bus bus;
  Dma dma;
  Pipeline pipeline;
  Wave wave;
  Nonidealities nonidealities;
  Cosim cosim;
  BlockFidelity fidelity;
  /// Chains that nobody watches: at row fidelity, whatever `fidelity` says.
  std::vector<char> unwatched;
  /// The cases of contracts are counted: what shows them only clock by clock is clocked.
  bool covered = false;
  int recorded_chain = -1;      ///< whose transactions become test vectors,
  std::vector<Block> recorded;  ///< of these blocks, which are clocked

  /// Chains from score to weighted values, each with K^T and V of one head
  /// (docs/grouped-queries.md).
  int chains() const {
    switch (attention.kv_sharing) {
      case KvSharing::multiplexed: return shape.kv_heads;
      case KvSharing::replicated: return shape.heads;
    }
    throw std::logic_error("attention.kv_sharing");
  }
  /// Neighbouring heads of queries that take turns in a chain.
  int heads_per_chain() const { return shape.heads / chains(); }
  int chain_of(int head) const { return head / heads_per_chain(); }
  /// Chains that hold the same K^T and V.
  int kv_copies() const { return chains() / shape.kv_heads; }

  BlockFidelity fidelity_of(int chain) const {
    const auto h = static_cast<std::size_t>(chain);
    BlockFidelity ways = h < unwatched.size() && unwatched[h] ? BlockFidelity{} : fidelity;
    // The stalls of grants and whoever watches a counter's steps need its clock; so does RTL.
    if (cosim.stall > 0 || covered) ways.topk = Fidelity::cycle;
    if (covered) ways.av = Fidelity::cycle;
    if (chain == recorded_chain)
      for (const Block block : recorded)
        if (const auto way = facts_of(block).fidelity) ways.*way = Fidelity::cycle;
    if (cosim.in(chain)) cosim.clock_what_is_rtl(ways);
    return ways;
  }
  int prob_max() const { return (1 << softmax.prob_bits) - 1; }
  /// Values of a query as it reaches the score, and of a column of the arrays: d_k, or d_model
  /// where X^T is in them.
  int score_width() const { return attention.keys_are_inputs() ? shape.d_model() : shape.d_k; }
  /// Counters behind falling ramps, one for all crossbars of a head.
  bool joins_crossbars() const { return softmax.stops_early() && topk.joins_crossbars(); }
  /// Each crossbar selects winners of its own.
  bool selects_per_crossbar() const;
  /// The shares of k follow the participants, and something selects by them.
  bool shares_out() const { return topk.sub_k_follows && selects_per_crossbar(); }
  /// Participants of a row in each crossbar.
  std::vector<int> participants_of(std::int64_t sequence, std::int64_t row) const;
  /// Winners that each crossbar is asked for in a row.
  std::vector<int> shares_of(std::int64_t sequence, std::int64_t row) const;
  /// How many of a row's best tokens its winners are held against: as many as a row without a mask
  /// is asked for, so that masks and shares can be compared.
  int looked_for() const;
  /// Columns that each counter grants: those of a crossbar, or of the head.
  std::vector<int> counter_columns() const {
    return joins_crossbars() ? std::vector<int>{attention.columns.all_columns()} : topk.split;
  }
  /// The most winners that each counter is asked for in any row: of a crossbar, or of the head.
  std::vector<int> most_shares() const;
  /// How many of a row's best scores count where `ima.ramp_lsb = auto` looks at what saturates.
  int calibrated_scores(std::int64_t sequence, std::int64_t row) const;
  /// By how many the most winners of a row exceed topk.k, since `topk.sub_k` says so or each
  /// crossbar has a share of one at least; 0 for macros in which k is not shared out.
  int winners_above_k() const;
  /// How many of the winners that are asked of a row no row has, for want of participants.
  int winners_beyond_participants() const;
  /// Distances between two codes of columns, each the sum over its row blocks.
  int code_distances() const { return score.row_blocks() * ((1 << ima.bits) - 1) + 1; }
  /// Bits of a column's code, the signed sum over its row blocks.
  int code_bits() const {
    int bits = ima.bits;
    while (1 << (bits - ima.bits) < score.row_blocks()) ++bits;
    return bits;
  }
  /// Word lines that hold K^T in one array.
  int key_rows() const { return std::min(score.block_width, score_width()) * score.key_cells; }
  /// Values of a column that convert together, in one array or in all that are joined; further ones
  /// in further row blocks.
  int converted_width() const { return score.joined ? score_width() : score.block_width; }
  /// A conversion that runs through the whole ramp with at most one cycle of grants per step.
  int full_ramp_cycles() const {
    return topk.start_cycles + (1 << ima.bits) * (1 + topk.step_cycles);
  }
  /// Service of one row, without the conversion of a score and the winners of a softmax.
  int score_cycles() const {
    return score.joined_arrays() * score.precharge_cycles + score.pulse_window;
  }
  int av_cycles() const {
    return av.precharge_cycles + prob_max() + (1 << av.bits) + av.shift_add_cycles;
  }
  int projection_cycles() const { return bit_serial_cycles(projection.input_bits); }
  /// A query times W_K^T.
  int fold_cycles() const { return bit_serial_cycles(score.query_bits); }
  int key_write_total() const { return key_rows() * write.key_cycles; }

 private:
  /// A matrix of RRAM, one bit of its input after the other.
  int bit_serial_cycles(int bits) const {
    return bits * (projection.precharge_cycles + projection.column_mux) + projection.adder_cycles;
  }
};

/// Throws ConfigError unless so many heads of K and V are shared evenly by those of queries.
void check_heads(int heads, int kv_heads);

/// Resolves `settings` for `shape` and writes what each `auto` became back into `settings` (but for
/// ramp_lsb and score_step, which need the data). Throws ConfigError when the workload does not fit
/// the machine.
MachineConfig resolve(Settings& settings, const Shape& shape);

}  // namespace topkima::config
