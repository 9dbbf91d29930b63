#pragma once
// The pins of each kind of block: names, directions, widths in the parameters that the RTL is
// compiled with (docs/pins/). Also compiled into the block's own library, where a port that is
// missing is an error of the compiler that names it.

#include "cosim/rtl_model.h"

namespace topkima::cosim {

/// Widths that follow from a block's parameters.
struct PinWidths {
  explicit PinWidths(const RtlParameters& p)
      : crossbars(std::max(p["CROSSBARS"], 1)),
        columns(p["COLUMNS"]),
        code(p["CODE_BITS"]),
        grants(std::max(p["GRANTS"], 1)),
        column(columns > 0 ? std::max(clog2(columns), 1) : p["COLUMN_BITS"]),
        count(clog2(columns + 2)),
        sub_k(p["SUB_K"]),
        winners(p["WINNERS"] > 0 ? p["WINNERS"] : crossbars * sub_k),
        token(p["TOKEN_BITS"]),
        probability(p["PROB_BITS"]),
        sub_count(clog2(sub_k + 1)),
        winner_count(clog2(winners + 1)),
        sum(16 + clog2(winners)) {}

  int crossbars, columns, code, grants, column, count;
  int sub_k, winners, token, probability, sub_count, winner_count, sum;
};

// Member and pin have the same name.
#define TOPKIMA_PIN(name, width) model.add(#name, model.top.name, width)

template <typename V>
void connect_clock(PinnedModel<V>& model) {
  TOPKIMA_PIN(clk, 1);
  TOPKIMA_PIN(rst, 1);
}

/// Steps of `n` crossbars in, their grants out.
template <typename V>
void connect_counters(PinnedModel<V>& model, const PinWidths& w, int n) {
  TOPKIMA_PIN(step_valid, n);
  TOPKIMA_PIN(step_first, n);
  TOPKIMA_PIN(step_last, n);
  TOPKIMA_PIN(step_code, n * w.code);
  TOPKIMA_PIN(crossing, n * w.columns);
  TOPKIMA_PIN(k, n * w.count);
  TOPKIMA_PIN(stop_when_exhausted, 1);
  TOPKIMA_PIN(participants, n * w.count);
  TOPKIMA_PIN(grant_ready, n);
  TOPKIMA_PIN(step_ready, n);
  TOPKIMA_PIN(stop, n);
  TOPKIMA_PIN(grant_valid, n * w.grants);
  TOPKIMA_PIN(grant_column, n * w.grants * w.column);
  TOPKIMA_PIN(grant_code, n * w.code);
  TOPKIMA_PIN(count, n * w.count);
}

/// Exponents and their sum, then probabilities.
template <typename V>
void connect_softmax_outputs(PinnedModel<V>& model, const PinWidths& w) {
  TOPKIMA_PIN(table_write, 1);
  TOPKIMA_PIN(table_address, w.code);
  TOPKIMA_PIN(table_data, 16);
  TOPKIMA_PIN(exponents_ready, 1);
  TOPKIMA_PIN(exponents_valid, 1);
  TOPKIMA_PIN(exponents_count, w.winner_count);
  TOPKIMA_PIN(exponents_token, w.winners * w.token);
  TOPKIMA_PIN(exponents, w.winners * 16);
  TOPKIMA_PIN(exponents_sum, w.sum);
  TOPKIMA_PIN(out_ready, 1);
  TOPKIMA_PIN(out_valid, 1);
  TOPKIMA_PIN(out_count, w.winner_count);
  TOPKIMA_PIN(out_token, w.winners * w.token);
  TOPKIMA_PIN(out_prob, w.winners * w.probability);
}

template <typename V>
void connect_topk(PinnedModel<V>& model, const PinWidths& w) {
  connect_counters(model, w, 1);
}

template <typename V>
void connect_ramp(PinnedModel<V>& model, const PinWidths& w) {
  TOPKIMA_PIN(start, 1);
  TOPKIMA_PIN(step_ready, 1);
  TOPKIMA_PIN(stop, 1);
  TOPKIMA_PIN(start_ready, 1);
  TOPKIMA_PIN(step_valid, 1);
  TOPKIMA_PIN(step_first, 1);
  TOPKIMA_PIN(step_last, 1);
  TOPKIMA_PIN(step_code, w.code);
}

template <typename V>
void connect_union(PinnedModel<V>& model, const PinWidths& w) {
  TOPKIMA_PIN(in_valid, 1);
  TOPKIMA_PIN(in_count, w.crossbars * w.sub_count);
  TOPKIMA_PIN(in_column, w.crossbars * w.sub_k * w.column);
  TOPKIMA_PIN(in_code, w.crossbars * w.sub_k * w.code);
  TOPKIMA_PIN(first_column, w.crossbars * w.token);
  TOPKIMA_PIN(out_ready, 1);
  TOPKIMA_PIN(in_ready, 1);
  TOPKIMA_PIN(out_valid, 1);
  TOPKIMA_PIN(out_count, w.winner_count);
  TOPKIMA_PIN(out_token, w.winners * w.token);
  TOPKIMA_PIN(out_code, w.winners * w.code);
  TOPKIMA_PIN(out_max, w.code);
}

template <typename V>
void connect_softmax(PinnedModel<V>& model, const PinWidths& w) {
  TOPKIMA_PIN(in_valid, 1);
  TOPKIMA_PIN(in_count, w.winner_count);
  TOPKIMA_PIN(in_max, w.code);
  TOPKIMA_PIN(in_token, w.winners * w.token);
  TOPKIMA_PIN(in_code, w.winners * w.code);
  TOPKIMA_PIN(in_ready, 1);
  connect_softmax_outputs(model, w);
}

/// The whole digital part of a head's softmax macro: counters, union and softmax unit.
template <typename V>
void connect_macro(PinnedModel<V>& model, const PinWidths& w) {
  connect_counters(model, w, w.crossbars);
  TOPKIMA_PIN(skip, w.crossbars);
  TOPKIMA_PIN(crossbars_used, clog2(w.crossbars + 1));
  TOPKIMA_PIN(first_column, w.crossbars * w.token);
  TOPKIMA_PIN(row_valid, 1);
  TOPKIMA_PIN(row_ready, 1);
  TOPKIMA_PIN(winners_ready, 1);
  TOPKIMA_PIN(winners_valid, 1);
  TOPKIMA_PIN(winners_count, w.winner_count);
  TOPKIMA_PIN(winners_token, w.winners * w.token);
  TOPKIMA_PIN(winners_code, w.winners * w.code);
  TOPKIMA_PIN(winners_max, w.code);
  connect_softmax_outputs(model, w);
}

#undef TOPKIMA_PIN

}  // namespace topkima::cosim
