// SPDX-License-Identifier: Apache-2.0
#pragma once
// What test vectors of blocks in a crossbar have in common: they come from the ramp steps that a
// counter or a bank of latches serves.

#include "cosim/pin_contract.h"
#include "cosim/vector_set.h"
#include "stage/clock.h"
#include "stage/row_range.h"
#include "topk/step_observer.h"

namespace topkima::cosim {

/// A transaction is a step. A step that the ramp's end leaves unfinished is not written.
class StepVectors : public BlockVectors, public topk::StepObserver {
 public:
  void armed(const stage::RampStep& step, const arith::TopkConfig& config, bool over) override;
  void begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void ended(bool stop) override;

 protected:
  StepVectors(VectorSet& set, const stage::Clock& clock, const stage::RowRange& rows)
      : set_(set), clock_(clock), rows_(rows) {}

  virtual void put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) = 0;
  virtual void put_end(bool stop, std::int64_t cycles) = 0;

  /// Whether the present step is to be written.
  bool asked_for() const { return rows_.holds(row_); }

  VectorSet& set_;
  arith::TopkConfig conversion_;  ///< The present conversion's.
  bool first_ = true;             ///< The present step is the first of its conversion.

 private:
  const stage::Clock& clock_;
  stage::RowRange rows_;
  stage::RowTag row_;
  std::int64_t begun_ = 0;
};

}  // namespace topkima::cosim
