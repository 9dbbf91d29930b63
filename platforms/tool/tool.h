// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the two tools differ in.

#include <functional>
#include <string>

#include "observe/encoder_result.h"
#include "observe/run_result.h"
#include "run/observation.h"
#include "workload/samples.h"
#include "workload/workload.h"

namespace topkima::platforms {

struct Tool {
  std::string name;
  std::string purpose;       ///< one line for --help
  bool projected_synthetic;  ///< without --input: X and weights, or Q, K, V
  bool is_soc;               ///< has parameters and registers that the macro lacks
  std::function<observe::RunResult(config::Settings&, const workload::Workload&,
                                   const Observation& observation)>
      simulate;
  /// A whole encoder; empty where the tool runs none.
  std::function<observe::EncoderResult(config::Settings&, const workload::ModelPackage&,
                                       const workload::Samples&, const Observation&)>
      simulate_encoder;
};

}  // namespace topkima::platforms
