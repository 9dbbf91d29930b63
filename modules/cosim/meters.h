// SPDX-License-Identifier: Apache-2.0
#pragma once
// Observers that count how long transactions of blocks take.

#include "cosim/latency_fit.h"
#include "stage/clock.h"
#include "stage/link.h"
#include "stage/ramp_step.h"
#include "stage/stage.h"
#include "topk/step_observer.h"

namespace topkima::cosim {

/// Counts the times of ramp steps, each from the end of the one before: what a ramp needs between
/// two steps counts as the second one's.
class StepMeter : public topk::StepObserver, public tlm::tlm_analysis_if<stage::GrantRecord> {
 public:
  /// Is to observe a block behind a ramp, and a counter's grants. `start_cycles` are those that a
  /// counter has spent before it is armed, and that its first step is to include.
  StepMeter(StepCounts& counts, const stage::Clock& clock, int start_cycles)
      : counts_(counts), clock_(clock), start_cycles_(start_cycles) {}

  void armed(const stage::RampStep&, const arith::TopkConfig&, bool) override {
    since_ = clock_.now() - start_cycles_;
    first_ = true;
  }
  void begun(const stage::RampStep&, const std::vector<std::uint64_t>&) override { grants_ = 0; }
  void write(const stage::GrantRecord&) override { ++grants_; }
  void ended(bool) override {
    ++counts_[{first_, grants_, clock_.now() - since_}];
    since_ = clock_.now();
    first_ = false;
  }

 private:
  StepCounts& counts_;
  const stage::Clock& clock_;
  int start_cycles_;
  bool first_ = true;
  int grants_ = 0;
  std::int64_t since_ = 0;
};

/// Counts the times of rows in a stage whose results are entries.
class RowMeter : public stage::ServiceObserver {
 public:
  /// Observes `seam` from now on; rows without winners only if `all` is set.
  RowMeter(RowCounts& counts, const stage::Clock& clock, bool all, stage::RowSeam& seam)
      : counts_(counts), clock_(clock), all_(all) {
    seam.observe(*this);
  }

  void begun(const stage::RowTag&, const std::vector<unsigned char>&) override {
    begun_ = clock_.now();
  }
  void finished(const stage::RowTag&, const std::vector<unsigned char>& output) override {
    const int winners = winners_of(output);
    if (all_ || winners > 0) ++counts_[{winners, clock_.now() - begun_}];
  }

 private:
  virtual int winners_of(const std::vector<unsigned char>& output) const {
    return stage::EntryRow(output.data()).header.count;
  }

  RowCounts& counts_;
  const stage::Clock& clock_;
  bool all_;
  std::int64_t begun_ = 0;
};

/// The same where results are values, which do not tell how many winners a row had.
class ValueMeter : public RowMeter {
 public:
  ValueMeter(RowCounts& counts, const stage::Clock& clock, stage::RowSeam& seam)
      : RowMeter(counts, clock, true, seam) {}

 private:
  int winners_of(const std::vector<unsigned char>&) const override { return 0; }
};

}  // namespace topkima::cosim
