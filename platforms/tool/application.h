#pragma once
// What both tools do around a simulation: command line, configuration, inputs, outputs, exit codes.

#include "tool/tool.h"

namespace topkima::platforms {

/// Runs the tool; returns the exit code: 0, 2 for usage and configuration, 3 for input data, 4 for
/// a simulation that failed.
int run_tool(const Tool& tool, int argc, char** argv);

}  // namespace topkima::platforms
