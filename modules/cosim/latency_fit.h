// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the timing parameters of the model that explain how long transactions took: exactly, or
// with the least sum of deviations (docs/annotation.md).

#include <cstdint>
#include <map>
#include <tuple>

namespace topkima::cosim {

constexpr int most_lanes = 64, most_cycles = 1024;  ///< that the parameters can say

/// How often a kind of transaction took so many cycles.
struct StepKind {
  bool first;  ///< of its conversion
  int grants;
  std::int64_t cycles;
  bool operator<(const StepKind& b) const {
    return std::tie(first, grants, cycles) < std::tie(b.first, b.grants, b.cycles);
  }
};
struct RowKind {
  int winners;
  std::int64_t cycles;
  bool operator<(const RowKind& b) const {
    return std::tie(winners, cycles) < std::tie(b.winners, b.cycles);
  }
};
using StepCounts = std::map<StepKind, std::int64_t>;
using RowCounts = std::map<RowKind, std::int64_t>;

/// What a fit leaves unexplained.
struct Deviation {
  std::int64_t transactions = 0, deviating = 0;
  std::int64_t most = 0, total = 0;  ///< cycles

  void add(std::int64_t cycles, std::int64_t count);
  void add(const Deviation& other);
};

struct StepFit {
  int lanes, step_cycles, start_cycles;
  Deviation deviation;
  int most_grants = 0;   ///< of a step
  bool goes_on = false;  ///< some step is not the first of its conversion
};
/// cycles = [first] start_cycles + step_cycles + max(1, grants / lanes rounded up), lanes from
/// `least` to `most`; the smallest number of lanes that is as good as any. Where every conversion
/// has one step, all that is left is taken for start_cycles.
StepFit fit_steps(const StepCounts& counts, int least = 1, int most = most_lanes);

struct RowFit {
  int cycles, interval;
  Deviation deviation;
  bool varies = false;  ///< rows differ in winners; else `interval` is what was given
};
/// cycles = `cycles` + winners * `interval`.
RowFit fit_rows(const RowCounts& counts, int given_interval);
/// The same for an interval of 0: a time that does not depend on the winners.
RowFit fit_constant(const RowCounts& counts);

}  // namespace topkima::cosim
