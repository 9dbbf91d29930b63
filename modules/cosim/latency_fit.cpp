// SPDX-License-Identifier: Apache-2.0
#include "cosim/latency_fit.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace topkima::cosim {
namespace {

/// Values and how often each occurs.
using Sample = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// The number of cycles from which the sum of distances is least.
int nearest_cycles(Sample sample) {
  std::sort(sample.begin(), sample.end());
  std::int64_t all = 0, below = 0;
  for (const auto& [value, count] : sample) all += count;
  for (const auto& [value, count] : sample) {
    below += count;
    if (2 * below >= all) return static_cast<int>(std::clamp<std::int64_t>(value, 0, most_cycles));
  }
  return 0;
}

/// The best start and step where a step that grants takes so many cycles in addition.
StepFit fit_with(const StepCounts& counts, int lanes, int grant_cycles) {
  const auto granting = [=](const StepKind& step) {
    return std::max(1, (step.grants + lanes - 1) / lanes) + (step.grants > 0 ? grant_cycles : 0);
  };
  Sample first, later, all;
  for (const auto& [step, count] : counts) {
    all.emplace_back(step.cycles - granting(step), count);
    (step.first ? first : later).push_back(all.back());
  }
  StepFit fit{lanes, nearest_cycles(later), 0, grant_cycles, {}};
  fit.start_cycles = nearest_cycles(first) - fit.step_cycles;
  if (fit.start_cycles < 0) {  // no start takes less than any step
    fit.start_cycles = 0;
    fit.step_cycles = nearest_cycles(all);
  }
  fit.goes_on = !later.empty();
  for (const auto& [step, count] : counts) {
    const int fitted = (step.first ? fit.start_cycles : 0) + fit.step_cycles + granting(step);
    fit.deviation.add(step.cycles - fitted, count);
    fit.most_grants = std::max(fit.most_grants, step.grants);
    fit.differs = fit.differs || (step.grants > 0) != (counts.begin()->first.grants > 0);
  }
  return fit;
}

/// The sum of deviations is convex over grant_cycles: beyond the first that is no better there is
/// none that is.
StepFit fit_lanes(const StepCounts& counts, int lanes) {
  StepFit best = fit_with(counts, lanes, 0);
  while (best.differs && best.grant_cycles < most_cycles) {
    const StepFit fit = fit_with(counts, lanes, best.grant_cycles + 1);
    if (fit.deviation.total >= best.deviation.total) break;
    best = fit;
  }
  return best;
}

RowFit fit_interval(const RowCounts& counts, int interval) {
  Sample rest;
  for (const auto& [row, count] : counts)
    rest.emplace_back(row.cycles - std::int64_t{row.winners} * interval, count);
  RowFit fit{nearest_cycles(rest), interval, {}};
  for (const auto& [row, count] : counts)
    fit.deviation.add(row.cycles - fit.cycles - std::int64_t{row.winners} * interval, count);
  return fit;
}

}  // namespace

void Deviation::add(std::int64_t cycles, std::int64_t count) {
  const std::int64_t size = std::abs(cycles);
  transactions += count;
  if (size > 0) deviating += count;
  most = std::max(most, size);
  total += size * count;
}

void Deviation::add(const Deviation& other) {
  transactions += other.transactions;
  deviating += other.deviating;
  most = std::max(most, other.most);
  total += other.total;
}

StepFit fit_steps(const StepCounts& counts, int least, int most) {
  StepFit best = fit_lanes(counts, least);
  for (int lanes = least + 1; lanes <= std::min(most, std::max(best.most_grants, least)); ++lanes) {
    const StepFit fit = fit_lanes(counts, lanes);
    if (fit.deviation.total < best.deviation.total) best = fit;
  }
  return best;
}

RowFit fit_rows(const RowCounts& counts, int given_interval) {
  RowFit best = fit_interval(counts, given_interval);
  if (counts.empty() || counts.begin()->first.winners == counts.rbegin()->first.winners)
    return best;
  std::int64_t longest = 1;
  for (const auto& entry : counts) longest = std::max(longest, entry.first.cycles);
  best = fit_interval(counts, 1);
  for (int interval = 2; interval <= std::min<std::int64_t>(longest, most_cycles); ++interval) {
    const RowFit fit = fit_interval(counts, interval);
    if (fit.deviation.total < best.deviation.total) best = fit;
  }
  best.varies = true;
  return best;
}

RowFit fit_constant(const RowCounts& counts) { return fit_interval(counts, 0); }

}  // namespace topkima::cosim
