// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of a ramp controller (docs/pins/ramp.md): its pin adapter, which machines it holds, and test
// vectors for it elsewhere.

#include "cosim/rtl_instance.h"
#include "cosim/step_vectors.h"
#include "ima/ramp_ima.h"
#include "topk/topk_counter.h"

namespace topkima::cosim {

/// The comparators stay with the model: the RTL says where the ramp stands, and the adapter tells
/// it when the counter has taken the step.
class RampPins : public ima::StepCircuit {
 public:
  explicit RampPins(RtlInstance& rtl);

  void start(const stage::RowTag& row) override;
  Step step() override;
  void accepted(bool stop) override;

 private:
  void expect_started();
  void leave_step();
  [[noreturn]] void fail(const std::string& does, const std::string& expected) const;

  RtlInstance& rtl_;
  int code_bits_;
  Pin &start_, &start_ready_, &step_ready_, &stop_, &step_valid_, &step_first_, &step_last_,
      &step_code_;
  stage::RowTag row_;
  bool held_ = false;
  bool leaving_ = false;  ///< The edge that takes the last step is still to come.
  bool refused_ = false;  ///< It has offered the first step, but has not taken the start.
};

/// Empty where RTL with these parameters holds a ramp of so many bits, else what is wrong.
std::string fits_ramp(const RtlParameters& parameters, int code_bits);

class RampVectors : public StepVectors {
 public:
  static RtlParameters parameters(int code_bits);
  static VectorSet::Layout layout(int code_bits);
  /// Observes the steps that `counter` serves from now on. `set` must have this layout.
  RampVectors(VectorSet& set, const stage::Clock& clock, const stage::RowRange& rows,
              topk::TopkCounter& counter);

 private:
  void put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void put_end(bool stop, std::int64_t cycles) override;
};

}  // namespace topkima::cosim
