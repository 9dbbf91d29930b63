// SPDX-License-Identifier: Apache-2.0
#include "cosim/row_pins.h"

#include <algorithm>
#include <cstring>

#include "cosim/fits.h"

namespace topkima::cosim {
namespace {

bool is_macro(const RtlInstance& rtl) { return std::string(rtl.info().block) == "macro"; }

int count_of(const std::vector<unsigned char>& row) {
  return stage::EntryRow(row.data()).header.count;
}

/// What comes into a union, by crossbar.
std::vector<std::vector<arith::Winner>> winners_of(const std::vector<unsigned char>& input,
                                                   std::size_t crossbars) {
  std::vector<std::vector<arith::Winner>> winners(crossbars);
  const auto* at = input.data();
  for (auto& those : winners) {
    std::int32_t count = 0;
    std::memcpy(&count, at, sizeof count);
    at += sizeof count;
    those.resize(static_cast<std::size_t>(count));
    if (count > 0) std::memcpy(those.data(), at, those.size() * sizeof those[0]);
    at += those.size() * sizeof those[0];
  }
  return winners;
}

}  // namespace

RowPins::RowPins(RtlInstance& rtl, Pin* offered, Pin* accepted, Pin& valid, Pin& ready)
    : rtl_(rtl),
      widths_(rtl.parameters()),
      offered_(offered),
      accepted_(accepted),
      valid_(valid),
      ready_(ready) {}

void RowPins::serve(const stage::RowTag& row, const std::vector<unsigned char>& input,
                    std::vector<unsigned char>& output) {
  row_ = row;
  in_rtl_ = !passes_by(input);
  if (!in_rtl_) {
    stage::make_entry_row(output, {});
    return;
  }
  rtl_.hold();
  rtl_.pass_edge();
  if (offered_) {
    drive(input);
    std::int64_t waited = 0;
    for (;;) {
      rtl_.pulse(*offered_);
      rtl_.settle();
      if (!accepted_ || accepted_->value()) break;
      if (++waited > rtl_.timeout()) fail("does not take a row");
      rtl_.next_cycle();
    }
  }
  wait_for_result();
  read(output);
  answer_ = output;
  open_ = accepted_ && accepted_->name == "in_ready" && accepted_->value();
  rtl_.release();  // what waits for the next stage needs no clock
}

void RowPins::wait_for_result() {
  // What is valid in the first cycle is the row before, on its way out.
  rtl_.next_cycle();
  std::int64_t waited = 0;
  while (!valid_.value()) {
    if (++waited > rtl_.timeout()) fail("gives no result");
    rtl_.next_cycle();
  }
}

void RowPins::taken(const stage::RowTag&) {
  if (!in_rtl_) return;
  rtl_.hold();
  rtl_.pass_edge();
  std::vector<unsigned char> now;
  if (valid_.value()) read(now);
  if (now != answer_) fail("changes or withdraws its result before it is taken");
  check();
  rtl_.pulse(ready_);
  rtl_.release();
}

void RowPins::read_entries(const Fields& fields, int most, int tokens,
                           std::vector<unsigned char>& output) {
  const auto count = static_cast<int>(fields.count.value());
  if (count > most)
    fail("answers " + std::to_string(count) + " winners; expected at most " + std::to_string(most));
  auto* entry = stage::make_entry_row(output, {count, 0});
  for (int w = 0; w < count; ++w) {
    const auto token =
        static_cast<int>(fields.token.field(w * fields.token_bits, fields.token_bits));
    if (token >= tokens) fail("answers token " + std::to_string(token));
    const int offset = w * fields.code_bits;
    entry[w] = {token, static_cast<std::int32_t>(
                           fields.is_signed ? fields.code.signed_field(offset, fields.code_bits)
                                            : static_cast<std::int64_t>(
                                                  fields.code.field(offset, fields.code_bits)))};
  }
}

void RowPins::check_rest(const Fields& fields) {
  const auto count = static_cast<int>(fields.count.value());
  for (int w = count; w < widths_.winners; ++w)
    if (fields.token.field(w * fields.token_bits, fields.token_bits) != 0 ||
        fields.code.field(w * fields.code_bits, fields.code_bits) != 0)
      fail("answers " + std::to_string(count) + " winners, but field " + std::to_string(w) +
           " is not 0");
}

UnionPins::UnionPins(RtlInstance& rtl, const std::vector<int>& first_columns,
                     const RowLimits& limits)
    : RowPins(rtl, &rtl.pin(is_macro(rtl) ? "row_ready" : "in_valid"),
              &rtl.pin(is_macro(rtl) ? "row_valid" : "in_ready"),
              rtl.pin(is_macro(rtl) ? "winners_valid" : "out_valid"),
              rtl.pin(is_macro(rtl) ? "winners_ready" : "out_ready")),
      inside_(is_macro(rtl)),
      first_columns_(first_columns),
      limits_(limits),
      result_{rtl.pin(inside_ ? "winners_count" : "out_count"),
              rtl.pin(inside_ ? "winners_token" : "out_token"),
              rtl.pin(inside_ ? "winners_code" : "out_code"),
              widths_.token,
              widths_.code,
              true},
      max_(rtl.pin(inside_ ? "winners_max" : "out_max")) {
  if (inside_) rtl.pin("crossbars_used").set(first_columns.size());
  Pin& first = rtl_.pin("first_column");
  for (std::size_t c = 0; c < first_columns_.size(); ++c)
    first.set_field(static_cast<int>(c) * widths_.token, widths_.token,
                    static_cast<std::uint64_t>(first_columns_[c]));
}

void UnionPins::drive(const std::vector<unsigned char>& input) {
  const auto winners = winners_of(input, first_columns_.size());
  std::vector<std::int32_t> first_codes;
  for (const auto& those : winners)
    if (!those.empty()) first_codes.push_back(those.front().code);
  largest_ = first_codes.empty() ? 0 : *std::max_element(first_codes.begin(), first_codes.end());
  if (inside_) return;
  Pin &counts = rtl_.pin("in_count"), &columns = rtl_.pin("in_column"),
      &codes = rtl_.pin("in_code");
  for (std::size_t c = 0; c < winners.size(); ++c) {
    counts.set_field(static_cast<int>(c) * widths_.sub_count, widths_.sub_count, winners[c].size());
    int place = static_cast<int>(c) * widths_.sub_k;
    for (const auto& winner : winners[c]) {
      columns.set_field(place * widths_.column, widths_.column,
                        static_cast<std::uint64_t>(winner.column));
      codes.set_field(place++ * widths_.code, widths_.code,
                      static_cast<std::uint64_t>(winner.code));
    }
  }
  for (Pin* pin : {&counts, &columns, &codes}) rtl_.show(*pin);
}

void UnionPins::read(std::vector<unsigned char>& output) {
  read_entries(result_, limits_.winners, limits_.tokens, output);
}

void UnionPins::taken(const stage::RowTag& row) {
  RowPins::taken(row);
  ++rtl_.rows_left;
}

void UnionPins::check() {
  check_rest(result_);
  const auto largest = max_.signed_field(0, widths_.code);
  if (largest != largest_)
    fail("answers " + std::to_string(largest) + " as the largest code, not " +
         std::to_string(largest_));
}

ExponentPins::ExponentPins(RtlInstance& rtl, Table table, const RowLimits& limits)
    : RowPins(rtl, is_macro(rtl) ? nullptr : &rtl.pin("in_valid"),
              is_macro(rtl) ? nullptr : &rtl.pin("in_ready"), rtl.pin("exponents_valid"),
              rtl.pin("exponents_ready")),
      table_(std::move(table)),
      limits_(limits),
      result_{rtl.pin("exponents_count"),
              rtl.pin("exponents_token"),
              rtl.pin("exponents"),
              widths_.token,
              16,
              false} {
  rtl.configure([this] { return write_table(); });
}

bool ExponentPins::passes_by(const std::vector<unsigned char>& input) const {
  return count_of(input) == 0;
}

/// Asked while nobody uses the RTL.
bool ExponentPins::write_table() {
  if (next_ == 0 && loaded_ == table_.writes()) return false;
  Pin &write = rtl_.pin("table_write"), &address = rtl_.pin("table_address"),
      &data = rtl_.pin("table_data");
  const bool more = next_ >> table_.bits == 0;
  write.set(more);
  if (more) {
    address.set(next_);
    data.set(table_.exponent(next_++));
  } else {
    next_ = 0;
    loaded_ = table_.writes();
  }
  for (Pin* pin : {&write, &address, &data}) rtl_.show(*pin);
  return more;
}

void ExponentPins::drive(const std::vector<unsigned char>& input) {
  if (loaded_ != table_.writes()) fail("holds rows while its exponent table changes");
  const stage::EntryRow winners(input.data());
  Pin &count = rtl_.pin("in_count"), &max = rtl_.pin("in_max"), &token = rtl_.pin("in_token"),
      &code = rtl_.pin("in_code");
  // As a union leaves them behind its count.
  for (Pin* pin : {&token, &code}) pin->clear_bits(0, pin->width);
  std::int32_t largest = winners.entries[0].code;
  for (int w = 0; w < winners.header.count; ++w) {
    const auto& entry = winners.entries[w];
    largest = std::max(largest, entry.code);
    token.set_field(w * widths_.token, widths_.token, static_cast<std::uint64_t>(entry.token));
    code.set_field(w * widths_.code, widths_.code, static_cast<std::uint64_t>(entry.code));
  }
  count.set(static_cast<std::uint64_t>(winners.header.count));
  max.set(static_cast<std::uint64_t>(largest));
  for (Pin* pin : {&count, &max, &token, &code}) rtl_.show(*pin);
}

void ExponentPins::read(std::vector<unsigned char>& output) {
  read_entries(result_, limits_.winners, limits_.tokens, output);
  reinterpret_cast<stage::RowHeader*>(output.data())->sum =
      static_cast<std::uint32_t>(rtl_.pin("exponents_sum").value());
}

DividerPins::DividerPins(RtlInstance& rtl, const RowLimits& limits)
    : RowPins(rtl, nullptr, nullptr, rtl.pin("out_valid"), rtl.pin("out_ready")),
      limits_(limits),
      result_{rtl.pin("out_count"), rtl.pin("out_token"), rtl.pin("out_prob"),
              widths_.token,        widths_.probability,  false} {}

bool DividerPins::passes_by(const std::vector<unsigned char>& input) const {
  return count_of(input) == 0;
}

void DividerPins::read(std::vector<unsigned char>& output) {
  read_entries(result_, limits_.winners, limits_.tokens, output);
}

std::string fits_union(const RtlParameters& parameters, const std::vector<int>& split,
                       const std::vector<int>& sub_k, int tokens, int code_bits) {
  return Fit(parameters)
      .at_least("CROSSBARS", static_cast<int>(split.size()))
      .at_least("SUB_K", *std::max_element(sub_k.begin(), sub_k.end()))
      .at_least("COLUMN_BITS", clog2(*std::max_element(split.begin(), split.end())))
      .at_least("TOKEN_BITS", clog2(tokens))
      .at_least("CODE_BITS", code_bits)
      .text();
}

std::string fits_macro(const RtlParameters& parameters, const std::vector<int>& split,
                       const std::vector<int>& sub_k, int tokens, int code_bits, int prob_bits,
                       int queue_depth) {
  return Fit(parameters)
      .at_least("CROSSBARS", static_cast<int>(split.size()))
      .at_least("COLUMNS", *std::max_element(split.begin(), split.end()))
      .at_least("SUB_K", *std::max_element(sub_k.begin(), sub_k.end()))
      .at_least("TOKEN_BITS", clog2(tokens))
      .at_least("CODE_BITS", code_bits)
      .exactly("PROB_BITS", prob_bits)
      // Waiting, in service, and being converted.
      .at_least("ROWS", queue_depth + 2)
      .text();
}

std::string fits_softmax(const RtlParameters& parameters, int winners, int tokens, int code_bits,
                         int prob_bits) {
  return Fit(parameters)
      .at_least("WINNERS", winners)
      .at_least("TOKEN_BITS", clog2(tokens))
      .at_least("CODE_BITS", code_bits)
      .exactly("PROB_BITS", prob_bits)
      .text();
}

}  // namespace topkima::cosim
