// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the two tools differ in.

#include <functional>
#include <string>

#include "report/encoder_result.h"
#include "report/run_result.h"
#include "run/observation.h"
#include "workload/samples.h"
#include "workload/workload.h"

namespace topkima::platforms {

struct Tool {
  std::string name;
  std::string purpose;       ///< one line for --help
  bool projected_synthetic;  ///< without --input: X and weights, or Q, K, V
  bool is_soc;               ///< has parameters and registers that the macro lacks
  stage::Has kinds() const { return is_soc ? stage::in_soc : stage::in_macro; }
  std::function<report::RunResult(config::Settings&, const workload::Workload&,
                                  const Observation& observation)>
      simulate;
  /// A whole encoder; empty where the tool runs none.
  std::function<report::EncoderResult(config::Settings&, const workload::ModelPackage&,
                                      const workload::Samples&, const Observation&)>
      simulate_encoder;
};

}  // namespace topkima::platforms
