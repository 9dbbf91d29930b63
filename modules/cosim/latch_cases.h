// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cases of a bank of code latches, whose transactions are the ramp steps that it serves.

#include "cosim/cases.h"
#include "topk/code_latch.h"

namespace topkima::cosim {

/// A step that has been served; of a conversion's last one the codes have gone on, too.
struct LatchedStep {
  int columns;  ///< Of the RTL.
  int own;      ///< Of the array.
  bool first, last;
  int crossings, lowest, highest;  ///< Of the step; -1: none.
  int latched;                     ///< Codes of the conversion, with those of the step.
  int latched_before;              ///< Of the whole conversion before; -1 for a first one.
  bool late;                       ///< It came later than at the end of the step before.
  bool waited;                     ///< The codes waited until they went on.
};

class LatchCases : public CountedCases<LatchedStep>, public topk::StepObserver {
 public:
  /// Observes `latch` from now on, which must be clocked. `columns`: of the RTL, and of the array.
  LatchCases(int columns, int own, const stage::Clock& clock, topk::CodeLatch& latch);

  void armed(const stage::RampStep& step, const arith::TopkConfig& config, bool over) override;
  void begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void ended(bool stop) override;
  void taken() override;

 private:
  static const Table& cases();

  const stage::Clock& clock_;
  LatchedStep step_{};
  std::int64_t ended_ = 0;
};

}  // namespace topkima::cosim
