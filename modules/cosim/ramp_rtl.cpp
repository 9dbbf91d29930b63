// SPDX-License-Identifier: Apache-2.0
#include "cosim/ramp_rtl.h"

#include "cosim/fits.h"
#include "cosim/pin_contract.h"

namespace topkima::cosim {

RampPins::RampPins(RtlInstance& rtl)
    : rtl_(rtl),
      code_bits_(PinWidths(rtl.parameters()).code),
      start_(rtl.pin("start")),
      start_ready_(rtl.pin("start_ready")),
      step_ready_(rtl.pin("step_ready")),
      stop_(rtl.pin("stop")),
      step_valid_(rtl.pin("step_valid")),
      step_first_(rtl.pin("step_first")),
      step_last_(rtl.pin("step_last")),
      step_code_(rtl.pin("step_code")) {}

void RampPins::start(const stage::RowTag& row) {
  expect_started();
  row_ = row;
  rtl_.hold(row_);
  held_ = true;
  rtl_.pass_edge();
  leave_step();
  const std::int64_t most = rtl_.timeout();
  std::int64_t waited = 0;
  for (;;) {
    rtl_.pulse(start_);
    rtl_.settle();
    if (step_valid_.value()) break;
    rtl_.middle_of_cycle();
    if (start_ready_.value()) return;
    if (++waited > most)
      fail("does not start in " + std::to_string(most) + " cycles", "a row waits");
    rtl_.next_cycle();
  }
  rtl_.at_edge([this] { refused_ = start_ready_.value() == 0; });
}

ima::StepCircuit::Step RampPins::step() {
  rtl_.pass_edge();
  leave_step();
  expect_started();
  const std::int64_t most = rtl_.timeout();
  std::int64_t waited = 0;
  while (!step_valid_.value()) {
    if (!held_) fail("ends the ramp", "another step is due");
    if (++waited > most)
      fail("offers no step in " + std::to_string(most) + " cycles", "one is due");
    rtl_.next_cycle();
  }
  return {static_cast<int>(step_code_.signed_field(0, code_bits_)), step_first_.value() != 0,
          step_last_.value() != 0};
}

/// Beside a model that is ahead the next step may be asked for in the cycle in which one is taken.
void RampPins::leave_step() {
  if (leaving_) rtl_.next_cycle();
}

void RampPins::expect_started() {
  if (refused_) fail("offers a step", "it has not taken the start");
}

void RampPins::fail(const std::string& does, const std::string& expected) const {
  rtl_.fail(row_, "", does, expected);
}

void RampPins::accepted(bool stop) {
  rtl_.pass_edge();  // a counter may tell in the very instant in which the cycle begins
  stop_.set(stop);
  rtl_.show(stop_);
  rtl_.pulse(step_ready_);
  leaving_ = true;
  rtl_.at_edge([this] { leaving_ = false; });
  if (held_ && (stop || step_last_.value() != 0)) {
    held_ = false;
    rtl_.release();
  }
}

std::string fits_ramp(const RtlParameters& parameters, int code_bits) {
  return Fit(parameters).exactly("CODE_BITS", code_bits).text();
}

RtlParameters RampVectors::parameters(int code_bits) {
  return RtlParameters("CODE_BITS=" + std::to_string(code_bits));
}

VectorSet::Layout RampVectors::layout(int code_bits) {
  return {{{"start", 1}, {"stop", 1}, {"cycles", cycle_bits}},
          {{"step_first", 1}, {"step_last", 1}, {"step_code", code_bits}}};
}

RampVectors::RampVectors(VectorSet& set, const stage::Clock& clock, const stage::RowRange& rows,
                         topk::TopkCounter& counter)
    : StepVectors(set, clock, rows) {
  counter.observe(*this);
}

void RampVectors::put(const stage::RampStep& step, const std::vector<std::uint64_t>&) {
  set_.stimulus().set("start", first_);
  auto& line = set_.expected();
  line.set("step_first", first_);
  line.set("step_last", step.kind == stage::RampStep::Kind::last);
  line.set("step_code", static_cast<std::uint64_t>(step.code));
}

void RampVectors::put_end(bool stop, std::int64_t cycles) {
  set_.stimulus().set("stop", stop);
  set_.stimulus().set("cycles", static_cast<std::uint64_t>(cycles));
}

}  // namespace topkima::cosim
