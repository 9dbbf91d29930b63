// SPDX-License-Identifier: Apache-2.0
#pragma once
// A machine that is one attention module, whatever is around its heads: its tensors come from files
// or are synthetic, and all its runs have the same results.

#include "report/run_result.h"
#include "run/machine.h"
#include "workload/workload.h"

namespace topkima::platforms {

class AttentionModule : public Machine {
 public:
  using Simulate = report::RunResult (*)(config::Settings&, const workload::Workload&,
                                         const Observation&);

  /// `projects`: synthetic tensors are X and weights; otherwise Q, K and V.
  AttentionModule(config::MachineKind of, bool projects, Simulate simulate)
      : Machine(std::move(of)), projects_(projects), simulate_(simulate) {}

  bool takes_model() const override { return false; }
  std::vector<report::MetricText> metrics() const override;
  std::unique_ptr<Runner> runner() const override;

 private:
  bool projects_;
  Simulate simulate_;
};

}  // namespace topkima::platforms
