// SPDX-License-Identifier: Apache-2.0
#include "cosim/row_pins.h"

namespace topkima::cosim {

RowPins::RowPins(RtlInstance& rtl, Pin& offered, Pin* accepted, Pin& valid, Pin& ready)
    : rtl_(rtl),
      widths_(rtl.parameters()),
      offered_(offered),
      accepted_(accepted),
      valid_(valid),
      ready_(ready),
      before_(rtl.hand_off(offered)),
      behind_(rtl.hand_off(ready)) {
  before_.inside = accepted == nullptr;
}

void RowPins::serve(const stage::RowTag& row, const std::vector<unsigned char>& input,
                    std::vector<unsigned char>& output) {
  row_ = row;
  input_ = input;
  in_rtl_ = !passes_by(input);
  if (!in_rtl_) {
    stage::make_entry_row(output, {});
    return;
  }
  rtl_.hold(row_);
  rtl_.pass_edge();
  if (accepted_) {
    give(input);
  } else {
    rtl_.next_cycle();
  }
  wait_for_result();
  read(output);
  answer_ = output;
  open_ = accepted_ && accepted_->name == "in_ready" && accepted_->value();
  rtl_.release();  // what waits for the next stage needs no clock
}

void RowPins::offer() {
  const std::int64_t most = rtl_.timeout();
  std::int64_t waited = 0;
  for (bool taken = false; !taken;) {
    rtl_.pulse(offered_);
    rtl_.middle_of_cycle();
    taken = accepted_->value() != 0;
    if (!taken && ++waited > most)
      fail("does not take a row in " + std::to_string(most) + " cycles", "one waits");
    rtl_.next_cycle();
  }
}

std::string RowPins::inputs(const std::vector<unsigned char>& input) const {
  const stage::EntryRow row(input.data());
  std::string text = std::to_string(row.header.count) + " winners";
  for (int w = 0; w < row.header.count; ++w)
    text += " " + entry_text(row.entries[w].token, row.entries[w].code);
  return text;
}

/// What is valid in the cycle in which the row is taken is the row before, on its way out: this is
/// called in the one behind it.
void RowPins::wait_for_result() {
  const std::int64_t most = rtl_.timeout();
  std::int64_t waited = 0;
  while (!valid_.value()) {
    if (++waited > most)
      fail("gives no result in " + std::to_string(most) + " cycles", "one is due");
    rtl_.next_cycle();
  }
}

void RowPins::taken(const stage::RowTag&) {
  if (!in_rtl_) return;
  wait_for_room();
  rtl_.hold(row_);
  rtl_.pass_edge();
  std::vector<unsigned char> now;
  if (valid_.value()) read(now);
  if (now != answer_) fail("changes or withdraws its result", "it must stay until it is taken");
  check();
  rtl_.pulse(ready_);
  rtl_.release();
  before_.full = false;
  before_.left.notify();
}

/// A row without winners goes no further than the union.
void RowPins::wait_for_room() {
  if (!behind_.inside || count_of(answer_) == 0) return;
  while (behind_.full) sc_core::wait(behind_.left);
  behind_.full = true;
}

void RowPins::read_entries(const Fields& fields, int most, int tokens,
                           std::vector<unsigned char>& output) {
  const auto count = static_cast<int>(fields.count.value());
  if (count > most)
    fail("answers " + std::to_string(count) + " winners",
         "at most " + std::to_string(most) + " are possible");
  const int last = tokens - 1;
  auto* entry = stage::make_entry_row(output, {count, 0});
  for (int w = 0; w < count; ++w) {
    const auto token =
        static_cast<int>(fields.token.field(w * fields.token_bits, fields.token_bits));
    if (token > last)
      fail("answers token " + std::to_string(token), std::to_string(last) + " is the last");
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
      fail("fills field " + std::to_string(w) + " of its answer",
           std::to_string(count) + " winners leave it 0");
}

}  // namespace topkima::cosim
