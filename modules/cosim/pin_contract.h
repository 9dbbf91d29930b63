// SPDX-License-Identifier: Apache-2.0
#pragma once
// The pins of each kind of block: names, directions, and widths in terms of the parameters that the
// RTL is compiled with (docs/pins/). This is compiled into the block's own library as well, where a
// port that is missing is an error of the compiler that names it, and so is a block without a
// contract.

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

// A member of the Verilated class and the pin have the same name.
#define TOPKIMA_PIN(name, bits) model.add(#name, model.top.name, {1, bits})
#define TOPKIMA_FIELDS(name, count, bits) model.add(#name, model.top.name, {count, bits})
#define TOPKIMA_CODES(name, count, bits) model.add(#name, model.top.name, {count, bits, true})

template <typename V>
void connect_clock(PinnedModel<V>& model) {
  model.expect(Direction::input);
  TOPKIMA_PIN(clk, 1);
  TOPKIMA_PIN(rst, 1);
}

/// The steps of `n` crossbars go in, and their grants come out.
template <typename V>
void connect_counters(PinnedModel<V>& model, const PinWidths& w, int n) {
  model.expect(Direction::input);
  TOPKIMA_FIELDS(step_valid, n, 1);
  TOPKIMA_FIELDS(step_first, n, 1);
  TOPKIMA_FIELDS(step_last, n, 1);
  TOPKIMA_CODES(step_code, n, w.code);
  TOPKIMA_FIELDS(crossing, n, w.columns);
  TOPKIMA_FIELDS(k, n, w.count);
  TOPKIMA_PIN(stop_when_exhausted, 1);
  TOPKIMA_FIELDS(participants, n, w.count);
  TOPKIMA_FIELDS(grant_ready, n, 1);
  model.expect(Direction::output);
  TOPKIMA_FIELDS(step_ready, n, 1);
  TOPKIMA_FIELDS(stop, n, 1);
  TOPKIMA_FIELDS(grant_valid, n * w.grants, 1);
  TOPKIMA_FIELDS(grant_column, n * w.grants, w.column);
  TOPKIMA_CODES(grant_code, n, w.code);
  TOPKIMA_FIELDS(count, n, w.count);
}

/// Exponents with their sum come out, and then probabilities.
template <typename V>
void connect_softmax_outputs(PinnedModel<V>& model, const PinWidths& w) {
  model.expect(Direction::input);
  TOPKIMA_PIN(table_write, 1);
  TOPKIMA_PIN(table_address, w.code);
  TOPKIMA_PIN(table_data, 16);
  TOPKIMA_PIN(exponents_ready, 1);
  TOPKIMA_PIN(out_ready, 1);
  model.expect(Direction::output);
  TOPKIMA_PIN(exponents_valid, 1);
  TOPKIMA_PIN(exponents_count, w.winner_count);
  TOPKIMA_FIELDS(exponents_token, w.winners, w.token);
  TOPKIMA_FIELDS(exponents, w.winners, 16);
  TOPKIMA_PIN(exponents_sum, w.sum);
  TOPKIMA_PIN(out_valid, 1);
  TOPKIMA_PIN(out_count, w.winner_count);
  TOPKIMA_FIELDS(out_token, w.winners, w.token);
  TOPKIMA_FIELDS(out_prob, w.winners, w.probability);
}

template <typename V>
void connect_topk(PinnedModel<V>& model, const PinWidths& w) {
  connect_counters(model, w, 1);
}

template <typename V>
void connect_ramp(PinnedModel<V>& model, const PinWidths& w) {
  model.expect(Direction::input);
  TOPKIMA_PIN(start, 1);
  TOPKIMA_PIN(step_ready, 1);
  TOPKIMA_PIN(stop, 1);
  model.expect(Direction::output);
  TOPKIMA_PIN(start_ready, 1);
  TOPKIMA_PIN(step_valid, 1);
  TOPKIMA_PIN(step_first, 1);
  TOPKIMA_PIN(step_last, 1);
  TOPKIMA_CODES(step_code, 1, w.code);
}

template <typename V>
void connect_union(PinnedModel<V>& model, const PinWidths& w) {
  model.expect(Direction::input);
  TOPKIMA_PIN(in_valid, 1);
  TOPKIMA_FIELDS(in_count, w.crossbars, w.sub_count);
  TOPKIMA_FIELDS(in_column, w.crossbars * w.sub_k, w.column);
  TOPKIMA_CODES(in_code, w.crossbars * w.sub_k, w.code);
  TOPKIMA_FIELDS(first_column, w.crossbars, w.token);
  TOPKIMA_PIN(out_ready, 1);
  model.expect(Direction::output);
  TOPKIMA_PIN(in_ready, 1);
  TOPKIMA_PIN(out_valid, 1);
  TOPKIMA_PIN(out_count, w.winner_count);
  TOPKIMA_FIELDS(out_token, w.winners, w.token);
  TOPKIMA_CODES(out_code, w.winners, w.code);
  TOPKIMA_CODES(out_max, 1, w.code);
}

template <typename V>
void connect_softmax(PinnedModel<V>& model, const PinWidths& w) {
  model.expect(Direction::input);
  TOPKIMA_PIN(in_valid, 1);
  TOPKIMA_PIN(in_count, w.winner_count);
  TOPKIMA_CODES(in_max, 1, w.code);
  TOPKIMA_FIELDS(in_token, w.winners, w.token);
  TOPKIMA_CODES(in_code, w.winners, w.code);
  model.expect(Direction::output);
  TOPKIMA_PIN(in_ready, 1);
  connect_softmax_outputs(model, w);
}

/// A macro is the whole digital part of a head's softmax: counters, union and softmax unit.
template <typename V>
void connect_macro(PinnedModel<V>& model, const PinWidths& w) {
  connect_counters(model, w, w.crossbars);
  model.expect(Direction::input);
  TOPKIMA_FIELDS(skip, w.crossbars, 1);
  TOPKIMA_PIN(crossbars_used, clog2(w.crossbars + 1));
  TOPKIMA_FIELDS(first_column, w.crossbars, w.token);
  TOPKIMA_PIN(row_ready, 1);
  TOPKIMA_PIN(winners_ready, 1);
  model.expect(Direction::output);
  TOPKIMA_PIN(row_valid, 1);
  TOPKIMA_PIN(winners_valid, 1);
  TOPKIMA_PIN(winners_count, w.winner_count);
  TOPKIMA_FIELDS(winners_token, w.winners, w.token);
  TOPKIMA_CODES(winners_code, w.winners, w.code);
  TOPKIMA_CODES(winners_max, 1, w.code);
  connect_softmax_outputs(model, w);
}

#undef TOPKIMA_PIN
#undef TOPKIMA_FIELDS
#undef TOPKIMA_CODES

}  // namespace topkima::cosim
