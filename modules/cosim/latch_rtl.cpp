// SPDX-License-Identifier: Apache-2.0
#include "cosim/latch_rtl.h"

#include <algorithm>

#include "arith/ramp.h"
#include "cosim/fits.h"
#include "cosim/pin_contract.h"
#include "cosim/row_vectors.h"
#include "cosim/topk_rtl.h"

namespace topkima::cosim {

LatchPins::LatchPins(RtlInstance& rtl, int columns)
    : rtl_(rtl),
      columns_(columns),
      step_valid_(rtl.pin("step_valid")),
      step_first_(rtl.pin("step_first")),
      step_last_(rtl.pin("step_last")),
      step_code_(rtl.pin("step_code")),
      crossing_(rtl.pin("crossing")),
      out_ready_(rtl.pin("out_ready")),
      step_ready_(rtl.pin("step_ready")),
      out_valid_(rtl.pin("out_valid")),
      out_latched_(rtl.pin("out_latched")),
      out_code_(rtl.pin("out_code")) {
  const PinWidths widths(rtl.parameters());
  code_bits_ = widths.code;
  most_columns_ = widths.columns;
}

void LatchPins::arm(const stage::RowTag& row, int participants) {
  row_ = row;
  enabled_ = participants;
  first_ = true;
  crossed_.clear();
}

void LatchPins::drive(const stage::RampStep& step) {
  step_first_.set(first_);
  step_last_.set(step.kind == stage::RampStep::Kind::last);
  step_code_.set(static_cast<std::uint64_t>(step.code));
  const int given = std::min(static_cast<int>(64 * fired_.size()), most_columns_);
  crossing_.set_bits(0, fired_.data(), given);
  if (given < most_columns_) crossing_.clear_bits(given, most_columns_ - given);
  for (Pin* pin : {&step_first_, &step_last_, &step_code_, &crossing_}) rtl_.show(*pin);
}

std::int64_t LatchPins::step(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  fired_ = fired;
  crossed_.resize(std::max(crossed_.size(), fired.size()));
  for (std::size_t word = 0; word < fired.size(); ++word) crossed_[word] |= fired[word];
  rtl_.hold(row_);
  rtl_.pass_edge();
  if (!first_ && out_valid_.value()) fail("has codes", "the ramp still falls");
  drive(step);
  const std::int64_t most = rtl_.timeout();
  std::int64_t cycles = 0;
  for (bool over = false; !over;) {
    rtl_.pulse(step_valid_);
    rtl_.middle_of_cycle();
    over = step_ready_.value() != 0;
    if (++cycles > most)
      fail("does not take the step of code " + std::to_string(step.code) + " in " +
               std::to_string(most) + " cycles",
           "it is due");
    if (over) rtl_.release();
    rtl_.next_cycle();
  }
  first_ = false;
  return cycles;
}

std::int64_t LatchPins::read(std::vector<std::int16_t>& codes) {
  rtl_.hold(row_);
  rtl_.pass_edge();
  const std::int64_t most = rtl_.timeout();
  std::int64_t cycles = 0;
  while (!out_valid_.value()) {
    if (++cycles > most)
      fail("gives no codes in " + std::to_string(most) + " cycles", "they are due");
    rtl_.next_cycle();
  }
  answer_ = codes = this->codes();
  rtl_.release();
  return cycles;
}

std::vector<std::int16_t> LatchPins::codes() {
  std::vector<std::int16_t> codes(static_cast<std::size_t>(columns_), arith::comparator_off);
  for (int column = 0; column < columns_; ++column) {
    const auto word = static_cast<std::size_t>(column) / 64;
    const bool crossed = word < crossed_.size() && (crossed_[word] >> column % 64 & 1) != 0;
    const bool latched = out_latched_.field(column, 1) != 0;
    if (crossed && !latched)
      fail("has no code for column " + std::to_string(column), "it has crossed");
    if (latched && !crossed)
      fail("has a code for column " + std::to_string(column), "it has not crossed");
    if (latched)
      codes[static_cast<std::size_t>(column)] =
          static_cast<std::int16_t>(out_code_.signed_field(column * code_bits_, code_bits_));
  }
  return codes;
}

void LatchPins::taken() {
  rtl_.hold(row_);
  rtl_.pass_edge();
  if (!out_valid_.value() || codes() != answer_)
    fail("changes or withdraws its codes", "they must stay until they are taken");
  rtl_.pulse(out_ready_);
  rtl_.release();
}

void LatchPins::fail(const std::string& does, const std::string& expected) const {
  rtl_.fail(row_, crossing_text(fired_) + ", " + std::to_string(enabled_) + " participants", does,
            expected);
}

std::string fits_latch(const RtlParameters& parameters, int columns, int code_bits) {
  return Fit(parameters).at_least("COLUMNS", columns).at_least("CODE_BITS", code_bits).text();
}

RtlParameters LatchVectors::parameters(const Config& config) {
  return RtlParameters(parameter("COLUMNS", config.columns) +
                       parameter("CODE_BITS", config.code_bits));
}

VectorSet::Layout LatchVectors::layout(const Config& config) {
  const PinWidths w(parameters(config));
  return {{{"step_first", 1}, {"step_last", 1}, {"step_code", w.code}, {"crossing", w.columns}},
          {{"cycles", cycle_bits}, {"out_latched", w.columns}, {"out_code", w.columns * w.code}}};
}

LatchVectors::LatchVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                           const stage::RowRange& rows, topk::CodeLatch& latch)
    : StepVectors(set, clock, rows), widths_(parameters(config)) {
  latch.observe(*this);
}

void LatchVectors::put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  auto& line = set_.stimulus();
  line.set("step_first", first_);
  line.set("step_last", step.kind == stage::RampStep::Kind::last);
  line.set("step_code", static_cast<std::uint64_t>(step.code));
  // Comparators that are off have no bits.
  const int given = std::min(static_cast<int>(64 * fired.size()), widths_.columns);
  line.set_bits("crossing", fired.data(), given);
}

void LatchVectors::latched(const std::vector<std::int16_t>& codes) {
  if (!asked_for()) return;
  auto& line = set_.expected();
  for (int column = 0; column < widths_.columns; ++column) {
    const auto code = codes[static_cast<std::size_t>(column)];
    if (code == arith::comparator_off) continue;
    line.set("out_latched", column, 1, 1);
    line.set("out_code", column, widths_.code, static_cast<std::uint64_t>(code));
  }
}

void LatchVectors::put_end(bool, std::int64_t cycles) {
  set_.expected().set("cycles", static_cast<std::uint64_t>(cycles));
}

}  // namespace topkima::cosim
