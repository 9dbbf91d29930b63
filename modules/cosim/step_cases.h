// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cases of blocks in a crossbar, whose transactions are the ramp steps that a counter serves.

#include "cosim/cases.h"
#include "stage/clock.h"
#include "topk/topk_counter.h"

namespace topkima::cosim {

/// A step that has been served.
struct ServedStep {
  int columns;  ///< Of the RTL.
  int own;      ///< Of the crossbar.
  int k, participants;
  int participants_before;  ///< Of the conversion before; -1 for a first one.
  bool stops_exhausted;     ///< The counter is told to stop at the last participant.
  int reach;                ///< 0 where the conversion does not end by it.
  int below_first;          ///< Steps behind the conversion's first one with a crossing.
  bool first, last, stop;
  int crossings, lowest, highest;  ///< Of all crossings, and of the columns granted; -1: none.
  int grants, count;               ///< Of the step, and of the conversion with it.

  /// The step is the last within reach.
  bool ends_reach() const { return stop && reach > 0 && below_first == reach; }

  std::int64_t cycles;
  bool held;      ///< Grants had to wait.
  bool late;      ///< It came later than at the end of the step before.
  bool held_too;  ///< Grants of the step before had to wait.
};

using StepTable = CountedCases<ServedStep>::Table;
const StepTable& topk_cases();
const StepTable& ramp_cases();

/// Counts the cases of a table.
class StepCases : public CountedCases<ServedStep>,
                  public topk::StepObserver,
                  public tlm::tlm_analysis_if<stage::GrantRecord> {
 public:
  /// Observes `counter` from now on, which must be clocked. `columns`: of the RTL, and of the
  /// crossbar.
  StepCases(const StepTable& table, int columns, int own, const stage::Clock& clock,
            topk::TopkCounter& counter);

  void armed(const stage::RampStep& step, const arith::TopkConfig& config, bool over) override;
  void begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void write(const stage::GrantRecord& grant) override;
  void held() override { step_.held = true; }
  void ended(bool stop) override;

 private:
  const stage::Clock& clock_;
  ServedStep step_{};
  std::int64_t begun_ = 0, ended_ = 0;
};

}  // namespace topkima::cosim
