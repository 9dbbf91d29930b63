// SPDX-License-Identifier: Apache-2.0
#include "cosim/step_cases.h"

#include <algorithm>

namespace topkima::cosim {

StepCases::StepCases(const StepTable& table, int columns, int own, const stage::Clock& clock,
                     topk::TopkCounter& counter)
    : CountedCases(table), clock_(clock) {
  step_.columns = columns;
  step_.own = own;
  step_.participants = -1;
  counter.observe(*this);
  counter.grants.bind(*this);
}

void StepCases::armed(const stage::RampStep& step, const arith::TopkConfig& config, bool) {
  step_.k = config.k;
  step_.stops_exhausted = config.stop_when_exhausted;
  step_.reach = config.reach;
  step_.below_first = 0;
  step_.participants_before = step_.participants;
  step_.participants = step.participants;
  step_.first = true;
  step_.count = 0;
}

void StepCases::begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  begun_ = clock_.now();
  step_.last = step.kind == stage::RampStep::Kind::last;
  step_.crossings = 0;
  for (const auto word : fired) step_.crossings += __builtin_popcountll(word);
  if (step_.count > 0) ++step_.below_first;
  step_.grants = 0;
  step_.lowest = step_.highest = -1;
  step_.late = !step_.first && begun_ > ended_;
  step_.held_too = !step_.first && step_.held;
  step_.held = false;
}

void StepCases::write(const stage::GrantRecord& grant) {
  ++step_.grants;
  ++step_.count;
  step_.lowest = step_.lowest < 0 ? grant.column : std::min(step_.lowest, grant.column);
  step_.highest = std::max(step_.highest, grant.column);
}

void StepCases::ended(bool stop) {
  ended_ = clock_.now();
  step_.cycles = ended_ - begun_;
  step_.stop = stop;
  count(step_);
  step_.first = false;
}

}  // namespace topkima::cosim
