// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the timing parameters of the model that explain how long transactions took: exactly, or
// with the least sum of deviations (docs/annotation.md).

#include <cstdint>
#include <map>
#include <tuple>

namespace topkima::cosim {

/// The largest values that the parameters can have.
constexpr int most_lanes = 64, most_cycles = 1024;

/// Ramp steps that are alike: whether they are the first of their conversion, how many columns they
/// grant, and how many cycles they take.
struct StepKind {
  bool first;
  int grants;
  std::int64_t cycles;
  bool operator<(const StepKind& b) const {
    return std::tie(first, grants, cycles) < std::tie(b.first, b.grants, b.cycles);
  }
};
/// Rows that are alike: their winners, and how many cycles they take.
struct RowKind {
  int winners;
  std::int64_t cycles;
  bool operator<(const RowKind& b) const {
    return std::tie(winners, cycles) < std::tie(b.winners, b.cycles);
  }
};
/// How often each kind came.
using StepCounts = std::map<StepKind, std::int64_t>;
using RowCounts = std::map<RowKind, std::int64_t>;

/// What a fit leaves unexplained.
struct Deviation {
  std::int64_t transactions = 0, deviating = 0;
  std::int64_t most = 0, total = 0;  ///< In cycles.

  void add(std::int64_t cycles, std::int64_t count);
  void add(const Deviation& other);
};

struct StepFit {
  int lanes, step_cycles, start_cycles, grant_cycles;
  Deviation deviation;
  int most_grants = 0;   ///< The most grants that a step had.
  bool goes_on = false;  ///< Some step is not the first of its conversion.
  bool differs = false;  ///< Some step grants, and some other does not.
};
/// Explains steps by cycles = [first] start_cycles + step_cycles + [grants > 0] grant_cycles +
/// max(1, grants / lanes rounded up), with `least` to `most` lanes. Of several that are equally
/// good the smallest number of lanes is taken, and then the fewest grant_cycles. Where every
/// conversion has one step, all that is left is taken for start_cycles.
StepFit fit_steps(const StepCounts& counts, int least = 1, int most = most_lanes);

struct RowFit {
  int cycles, interval;
  Deviation deviation;
  /// Rows differ in their winners; otherwise nothing can be told of the interval, and `interval` is
  /// what was given.
  bool varies = false;
};
/// Explains rows by cycles = `cycles` + winners * `interval`.
RowFit fit_rows(const RowCounts& counts, int given_interval);
/// Explains rows by a time that does not depend on their winners.
RowFit fit_constant(const RowCounts& counts);

}  // namespace topkima::cosim
