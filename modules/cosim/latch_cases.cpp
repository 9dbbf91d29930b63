// SPDX-License-Identifier: Apache-2.0
#include "cosim/latch_cases.h"

namespace topkima::cosim {

// clang-format off
const LatchCases::Table& LatchCases::cases() {
  using Step = const LatchedStep&;
  static const Table cases{
      {"a step without a crossing", "latch#behaviour",
       [](Step s) { return s.crossings == 0; }},
      {"several crossings in a step", "latch#behaviour",
       [](Step s) { return s.crossings > 1; }},
      {"all columns cross at once", "latch#behaviour",
       [](Step s) { return s.crossings == s.own && s.own > 1; }},
      {"crossings in the first step", "latch#behaviour",
       [](Step s) { return s.first && s.crossings > 0; }},
      {"crossings in the last step", "latch#behaviour",
       [](Step s) { return s.last && s.crossings > 0; }},
      {"the first column crosses", "latch#pins-of-code-latches",
       [](Step s) { return s.lowest == 0; }},
      {"the last column of the RTL crosses", "latch#pins-of-code-latches",
       [](Step s) { return s.highest == s.columns - 1; }},
      {"all columns of the RTL have a code", "latch#behaviour",
       [](Step s) { return s.last && s.latched == s.columns; }},
      {"columns without a code", "latch#easy-to-get-wrong",
       [](Step s) { return s.last && s.latched > 0 && s.latched < s.own; }},
      {"no column has a code", "latch#easy-to-get-wrong",
       [](Step s) { return s.last && s.latched == 0; }},
      {"fewer codes than in the conversion before", "latch#easy-to-get-wrong",
       [](Step s) { return s.last && s.latched < s.latched_before; }},
      {"an array with fewer columns than the RTL", "latch#easy-to-get-wrong",
       [](Step s) { return s.own < s.columns; }},
      {"a step comes late", "README#stalls",
       [](Step s) { return s.late; }},
      {"the codes wait", "README#stalls",
       [](Step s) { return s.waited; }},
  };
  return cases;
}
// clang-format on

LatchCases::LatchCases(int columns, int own, const stage::Clock& clock, topk::CodeLatch& latch)
    : CountedCases(cases()), clock_(clock) {
  step_.columns = columns;
  step_.own = own;
  step_.latched = -1;
  latch.observe(*this);
}

void LatchCases::armed(const stage::RampStep&, const arith::TopkConfig&, bool) {
  step_.latched_before = step_.latched;
  step_.latched = 0;
  step_.first = true;
}

void LatchCases::begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  step_.last = step.kind == stage::RampStep::Kind::last;
  step_.crossings = 0;
  step_.lowest = step_.highest = -1;
  for (std::size_t word = 0; word < fired.size(); ++word) {
    if (fired[word] == 0) continue;
    const int first = static_cast<int>(64 * word);
    if (step_.lowest < 0) step_.lowest = first + __builtin_ctzll(fired[word]);
    step_.highest = first + 63 - __builtin_clzll(fired[word]);
    step_.crossings += __builtin_popcountll(fired[word]);
  }
  step_.latched += step_.crossings;
  step_.late = !step_.first && clock_.now() > ended_;
  step_.waited = false;
}

void LatchCases::ended(bool) {
  ended_ = clock_.now();
  if (!step_.last) count(step_);
  step_.first = false;
}

void LatchCases::taken() {
  step_.waited = clock_.now() > ended_;
  count(step_);
}

}  // namespace topkima::cosim
