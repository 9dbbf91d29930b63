// SPDX-License-Identifier: Apache-2.0
#include "cosim/topk_rtl.h"

#include <algorithm>

#include "cosim/fits.h"
#include "cosim/pin_contract.h"

namespace topkima::cosim {

std::string crossing_text(const std::vector<std::uint64_t>& fired) {
  std::string columns;
  for (std::size_t word = 0; word < fired.size(); ++word)
    for (std::uint64_t left = fired[word]; left != 0; left &= left - 1)
      columns += " " + std::to_string(64 * word + std::size_t(__builtin_ctzll(left)));
  return columns.empty() ? "no crossing" : "crossing" + columns;
}

std::uint64_t reach_at_pins(int reach, int code_bits) {
  return reach < 1 << code_bits ? static_cast<std::uint64_t>(reach) : 0;
}

std::string step_inputs(const std::vector<std::uint64_t>& fired, int k, int participants) {
  return crossing_text(fired) + ", k " + std::to_string(k) + ", " + std::to_string(participants) +
         " participants";
}

TopkPins::TopkPins(RtlInstance& rtl, int lane, int columns, const stage::Stall& stall)
    : rtl_(rtl),
      lane_(lane),
      columns_(columns),
      stall_(stall),
      step_valid_(rtl.pin("step_valid")),
      step_first_(rtl.pin("step_first")),
      step_last_(rtl.pin("step_last")),
      step_code_(rtl.pin("step_code")),
      crossing_(rtl.pin("crossing")),
      k_(rtl.pin("k")),
      exhaust_(rtl.pin("stop_when_exhausted")),
      participants_(rtl.pin("participants")),
      reach_(rtl.pin("reach")),
      grant_ready_(rtl.pin("grant_ready")),
      step_ready_(rtl.pin("step_ready")),
      stop_(rtl.pin("stop")),
      grant_valid_(rtl.pin("grant_valid")),
      grant_column_(rtl.pin("grant_column")),
      grant_code_(rtl.pin("grant_code")),
      count_(rtl.pin("count")) {
  const PinWidths widths(rtl.parameters());
  code_bits_ = widths.code;
  column_bits_ = widths.column;
  count_bits_ = widths.count;
  grants_ = widths.grants;
  most_columns_ = widths.columns;
  if (rtl.block() == config::Block::topk) return;
  skip_ = &rtl.pin("skip");
  row_valid_ = &rtl.pin("row_valid");
}

bool TopkPins::arm(const stage::RowTag& row, const arith::TopkConfig& config, int participants) {
  row_ = row;
  limit_ = config.k;
  enabled_ = participants;
  first_ = true;
  grant_cycles_ = granted_ = 0;
  most_grants_ = std::min(config.k, columns_);
  const bool over = config.stop_when_exhausted && participants == 0;
  if (over && !skip_) return true;
  rtl_.hold(row_);
  rtl_.pass_edge();
  // A limit beyond all columns is never reached, whatever its value.
  const int k = std::min(config.k, most_columns_ + 1);
  k_.set_field(lane_ * count_bits_, count_bits_, static_cast<std::uint64_t>(k));
  exhaust_.set(config.stop_when_exhausted);
  participants_.set_field(lane_ * count_bits_, count_bits_,
                          static_cast<std::uint64_t>(participants));
  reach_.set(reach_at_pins(config.reach, code_bits_));
  for (Pin* pin : {&k_, &exhaust_, &participants_, &reach_}) rtl_.show(*pin);
  if (over) {
    rtl_.pulse(*skip_, lane_);
    ++converted_;
  }
  rtl_.release();
  return over;
}

void TopkPins::drive(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  step_first_.set_field(lane_, 1, first_);
  step_last_.set_field(lane_, 1, step.kind == stage::RampStep::Kind::last);
  step_code_.set_field(lane_ * code_bits_, code_bits_, static_cast<std::uint64_t>(step.code));
  const int base = lane_ * most_columns_;
  const int given = std::min(static_cast<int>(64 * fired.size()), most_columns_);
  crossing_.set_bits(base, fired.data(), given);
  if (given < most_columns_) crossing_.clear_bits(base + given, most_columns_ - given);
  for (Pin* pin : {&step_first_, &step_last_, &step_code_, &crossing_}) rtl_.show(*pin);
}

topk::GrantCircuit::Result TopkPins::step(const stage::RampStep& step,
                                          const std::vector<std::uint64_t>& fired, Sink& sink) {
  fired_ = fired;
  rtl_.hold(row_);
  rtl_.pass_edge();
  if (grant_valid_.field(lane_ * grants_, grants_) != 0) fail("grants", "no step is offered");
  if (row_valid_ && converted_ == rtl_.rows_left && row_valid_->value() != 0)
    fail("has a row", "crossbars still convert");
  drive(step, fired);
  const std::int64_t most = rtl_.timeout();
  Result result{false, 0};
  for (bool over = false; !over;) {
    rtl_.pulse(step_valid_, lane_);
    if (stall_.any()) rtl_.settle();  // a grant can be held back only where there is one
    const bool asks = grant_valid_.field(lane_ * grants_, grants_) != 0;
    const bool held = stall_.any() && asks && stall_.holds(row_, grant_cycles_++);
    if (!held) rtl_.pulse(grant_ready_, lane_);
    rtl_.middle_of_cycle();
    if (held)
      sink.held();
    else
      take_grants(sink);
    ++result.cycles;
    over = step_ready_.field(lane_, 1) != 0;
    if (over) {
      result.stop = stop_.field(lane_, 1) != 0;
      first_ = false;
      if (step.listener) step.listener->accepted(result.stop);
      rtl_.release();
    }
    if (result.cycles > most)
      fail("does not take the step of code " + std::to_string(step.code) + " in " +
               std::to_string(most) + " cycles",
           "it is due");
    rtl_.next_cycle();
  }
  if (result.stop || step.kind == stage::RampStep::Kind::last) ++converted_;
  return result;
}

void TopkPins::fail(const std::string& does, const std::string& expected) const {
  rtl_.fail(row_, step_inputs(fired_, limit_, enabled_), does, expected);
}

void TopkPins::take_grants(Sink& sink) {
  const int before = granted_, last = columns_ - 1;
  for (int g = 0; g < grants_; ++g) {
    const int place = lane_ * grants_ + g;
    if (!grant_valid_.field(place, 1)) continue;
    const auto column = static_cast<int>(grant_column_.field(place * column_bits_, column_bits_));
    if (column > last)
      fail("grants column " + std::to_string(column), std::to_string(last) + " is the last");
    if (++granted_ > most_grants_)
      fail("makes grant " + std::to_string(granted_),
           "at most " + std::to_string(most_grants_) + " are possible");
    sink.granted(column,
                 static_cast<int>(grant_code_.signed_field(lane_ * code_bits_, code_bits_)));
  }
  const auto count = static_cast<int>(count_.field(lane_ * count_bits_, count_bits_));
  if (granted_ > before && count != granted_)
    fail("counts " + std::to_string(count) + " grants", "it has made " + std::to_string(granted_));
}

std::string fits_topk(const RtlParameters& parameters, int columns, int code_bits) {
  return Fit(parameters).at_least("COLUMNS", columns).at_least("CODE_BITS", code_bits).text();
}

RtlParameters TopkVectors::parameters(const Config& config) {
  return RtlParameters("COLUMNS=" + std::to_string(config.columns) +
                       " CODE_BITS=" + std::to_string(config.code_bits) +
                       " MOST_GRANTS=" + std::to_string(config.winners));
}

VectorSet::Layout TopkVectors::layout(const Config& config) {
  const PinWidths w(parameters(config));
  return {{{"step_first", 1},
           {"step_last", 1},
           {"step_code", w.code},
           {"crossing", w.columns},
           {"k", w.count},
           {"stop_when_exhausted", 1},
           {"participants", w.count},
           {"reach", w.code}},
          {{"cycles", cycle_bits},
           {"stop", 1},
           {"count", w.count},
           {"grants", w.count},
           {"grant_code", w.code},
           {"grant_column", config.winners * w.column}}};
}

TopkVectors::TopkVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                         const stage::RowRange& rows, topk::TopkCounter& counter)
    : StepVectors(set, clock, rows), config_(config), widths_(parameters(config)) {
  counter.observe(*this);
  counter.grants.bind(*this);
}

void TopkVectors::put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  if (first_) counted_ = 0;
  grants_ = 0;
  auto& line = set_.stimulus();
  line.set("step_first", first_);
  line.set("step_last", step.kind == stage::RampStep::Kind::last);
  line.set("step_code", static_cast<std::uint64_t>(step.code));
  // Comparators that are off have no bits.
  const int given = std::min(static_cast<int>(64 * fired.size()), widths_.columns);
  line.set_bits("crossing", fired.data(), given);
  // A limit beyond all columns is never reached, whatever its value.
  line.set("k", static_cast<std::uint64_t>(std::min(conversion_.k, widths_.columns + 1)));
  line.set("stop_when_exhausted", conversion_.stop_when_exhausted);
  line.set("participants", static_cast<std::uint64_t>(step.participants));
  line.set("reach", reach_at_pins(conversion_.reach, widths_.code));
}

void TopkVectors::write(const stage::GrantRecord& grant) {
  if (!asked_for()) return;
  auto& line = set_.expected();
  line.set("grant_code", static_cast<std::uint64_t>(grant.code));
  line.set("grant_column", grants_, widths_.column, static_cast<std::uint64_t>(grant.column));
  ++grants_;
  ++counted_;
}

void TopkVectors::put_end(bool stop, std::int64_t cycles) {
  auto& line = set_.expected();
  line.set("cycles", static_cast<std::uint64_t>(cycles + (first_ ? config_.start_cycles : 0)));
  line.set("stop", stop);
  line.set("count", static_cast<std::uint64_t>(counted_));
  line.set("grants", static_cast<std::uint64_t>(grants_));
}

}  // namespace topkima::cosim
