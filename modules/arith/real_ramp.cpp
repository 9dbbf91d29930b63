// SPDX-License-Identifier: Apache-2.0
#include "arith/real_ramp.h"

#include <algorithm>
#include <limits>

#include "arith/fixed_point.h"

namespace topkima::arith {

RealRamp::RealRamp(const RampDefects& defects, const RampEffects& effects, int bits, int columns)
    : bits_(bits),
      noise_sigma_(defects.noise_sigma),
      place_(defects.place),
      first_sequence_(defects.first_sequence),
      noise_(defects.key, effects.noise),
      levels_(std::size_t{1} << bits) {
  const std::size_t last = levels_.size() - 1;
  std::vector<double> uneven(last, 0.0);
  if (defects.ramp_sigma > 0)
    Draws(defects.key, effects.ramp).gaussians({0, place_, 0}, int(last), uneven.data());
  double drift = 0;  // what the steps so far were higher than ideal ones
  for (std::size_t step = 0; step < last; ++step) {
    drift += defects.ramp_sigma * uneven[step];
    const double ideal =
        defects.thresholds.empty() ? highest() - int(step) - 0.5 : defects.thresholds[step];
    levels_[step] = ideal - drift;
  }
  levels_[last] = last > 0 ? levels_[last - 1] - 1 : 0;
  reach_ = levels_;
  for (std::size_t step = 1; step < last; ++step)
    reach_[step] = std::min(reach_[step], reach_[step - 1]);
  reach_[last] = -std::numeric_limits<double>::infinity();
  if (defects.comparator_sigma > 0) {
    offsets_.resize(std::size_t(columns));
    Draws(defects.key, effects.comparator).gaussians({0, place_, 0}, columns, offsets_.data());
    for (double& offset : offsets_) offset *= defects.comparator_sigma;
  }
}

namespace {

TOPKIMA_SIMD_CLONES
void in_steps(const std::int32_t* values, int count, double lsb, double* seen) {
  for (int i = 0; i < count; ++i) seen[i] = values[i] / lsb;
}

/// The same, with noise of which `seen` holds the draws.
TOPKIMA_SIMD_CLONES
void in_steps(const std::int32_t* values, int count, double lsb, double sigma, double* seen) {
  for (int i = 0; i < count; ++i) seen[i] = values[i] / lsb + sigma * seen[i];
}

TOPKIMA_SIMD_CLONES
void add(const double* offsets, int count, double* seen) {
  for (int i = 0; i < count; ++i) seen[i] += offsets[i];
}

}  // namespace

void RealRamp::disturb(const std::int32_t* values, int count, int lsb, std::uint32_t sequence,
                       std::uint32_t row, double* seen) const {
  if (noise_sigma_ > 0) {
    noise_.gaussians({row, place_, first_sequence_ + sequence}, count, seen);
    in_steps(values, count, lsb, noise_sigma_, seen);
  } else {
    in_steps(values, count, lsb, seen);
  }
  if (!offsets_.empty()) add(offsets_.data(), count, seen);
}

TOPKIMA_SIMD_CLONES
static void search(const double* reach, int bits, const double* seen, int count,
                   std::int16_t* codes) {
  for (int i = 0; i < count; ++i) {
    int above = 0;  // levels that the ramp has left behind before it comes down to the value
    for (int half = 1 << (bits - 1); half > 0; half /= 2)
      above += reach[above + half - 1] > seen[i] ? half : 0;
    codes[i] = static_cast<std::int16_t>((1 << (bits - 1)) - 1 - above);
  }
}

void RealRamp::codes(const double* seen, int count, std::int16_t* codes) const {
  search(reach_.data(), bits_, seen, count, codes);
}

}  // namespace topkima::arith
