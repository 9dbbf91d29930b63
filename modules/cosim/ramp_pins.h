// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pin adapter of a ramp controller (docs/pins/ramp.md). The comparators stay with the model: the
// RTL says where the ramp stands, the adapter tells it when the counter has taken the step.

#include "cosim/rtl_instance.h"
#include "ima/ramp_ima.h"

namespace topkima::cosim {

class RampPins : public ima::StepCircuit {
 public:
  explicit RampPins(RtlInstance& rtl);

  void start(const stage::RowTag& row) override;
  Step step() override;
  void accepted(bool stop) override;

 private:
  RtlInstance& rtl_;
  int code_bits_;
  Pin &start_, &start_ready_, &step_ready_, &stop_, &step_valid_, &step_first_, &step_last_,
      &step_code_;
  stage::RowTag row_;
  bool held_ = false;
};

std::string fits_ramp(const RtlParameters& parameters, int code_bits);

}  // namespace topkima::cosim
