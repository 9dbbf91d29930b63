// SPDX-License-Identifier: Apache-2.0
#include "cosim/step_vectors.h"

namespace topkima::cosim {

void StepVectors::armed(const stage::RampStep&, const arith::TopkConfig& config, bool) {
  conversion_ = config;
  first_ = true;
}

void StepVectors::begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  row_ = step.tag;
  begun_ = clock_.now();
  if (asked_for()) put(step, fired);
}

void StepVectors::ended(bool stop) {
  if (asked_for()) {
    put_end(stop, clock_.now() - begun_);
    set_.end_transaction(row_);
  }
  first_ = false;
}

}  // namespace topkima::cosim
