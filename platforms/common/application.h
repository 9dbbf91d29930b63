#pragma once
// What both tools do around a simulation: command line, configuration, inputs, outputs, exit codes.

#include <functional>
#include <string>

#include "observation.h"
#include "observe/run_result.h"
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
};

/// Runs the tool; returns the exit code: 0, 2 for usage and configuration, 3 for input data, 4 for
/// a simulation that failed.
int run_tool(const Tool& tool, int argc, char** argv);

}  // namespace topkima::platforms
