// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sees the ramp steps that the block behind a ramp serves: a counter, or a bank of code latches.

#include <cstdint>
#include <vector>

#include "arith/topk.h"
#include "stage/link.h"
#include "stage/ramp_step.h"

namespace topkima::topk {

/// Is called in the process that brings the steps.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  /// `config`: what a counter counts to; latches count nothing. `over`: there is no step.
  virtual void armed(const stage::RampStep& step, const arith::TopkConfig& config, bool over) {}
  virtual void begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {}
  /// A cycle of the step in which grants wait, since nobody takes them.
  virtual void held() {}
  /// Is called in the step's last cycle.
  virtual void accepted(bool stop) {}
  /// Of latches, before their last step ends: every column's code.
  virtual void latched(const std::vector<std::int16_t>& codes) {}
  virtual void ended(bool stop) {}
  /// Of latches: their codes have gone on, in this cycle.
  virtual void taken() {}
};

}  // namespace topkima::topk
