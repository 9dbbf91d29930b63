// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ramp ADC of an array with noise, offsets and uneven steps: real-valued bit lines against
// real-valued thresholds, all in steps of the ideal ramp. The closed form beside the FallingRamp
// that walks down the same levels.

#include <cstdint>
#include <vector>

#include "arith/defects.h"

namespace topkima::arith {

/// What the draws of one kind of ramp are for.
struct RampEffects {
  Effect noise, comparator, ramp;
};
constexpr RampEffects score_ramp_effects{Effect::score_noise, Effect::score_comparator,
                                         Effect::score_ramp};
constexpr RampEffects value_ramp_effects{Effect::value_noise, Effect::value_comparator,
                                         Effect::av_ramp};

class RealRamp {
 public:
  /// A ramp of `bits` bits (1..15) in front of `columns` comparators.
  RealRamp(const RampDefects& defects, const RampEffects& effects, int bits, int columns);

  /// What the first `count` comparators see of `values`: value / lsb, noise and offset added.
  void disturb(const std::int32_t* values, int count, int lsb, std::uint32_t sequence,
               std::uint32_t row, double* seen) const;
  /// The codes at which they fire: of the first step at which the ramp stands at or below what a
  /// comparator sees, else of the last.
  void codes(const double* seen, int count, std::int16_t* codes) const;

  /// Where the ramp stands at the step of `code`; at the last step one below the step before.
  double level(int code) const { return levels_[std::size_t(highest() - code)]; }
  /// The lowest level down to the step of `code`; minus infinity at the last step.
  double reach(int code) const { return reach_[std::size_t(highest() - code)]; }

 private:
  int highest() const { return (1 << (bits_ - 1)) - 1; }

  int bits_;
  double noise_sigma_;
  std::uint32_t place_, first_sequence_;
  Draws noise_;
  std::vector<double> levels_, reach_;  ///< by step, 2^bits
  std::vector<double> offsets_;         ///< by column; empty where there are none
};

}  // namespace topkima::arith
