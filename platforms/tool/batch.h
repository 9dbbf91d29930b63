// SPDX-License-Identifier: Apache-2.0
#pragma once
// --batch: many runs of one program, without the start of a process, the reading of inputs and the
// exact float attention for each. The protocol is in docs/batch.md.

#include "tool/command_line.h"

namespace topkima::platforms {

/// Answers points from standard input until its end, one line each, in order. A point is simulated
/// in a child process: whatever becomes of it, the next one is answered. Throws ConfigError,
/// Interrupted, or SimulationError when standard output cannot be written.
void run_batch(const Program& program, int argc, char** argv, const Arguments& arguments);

}  // namespace topkima::platforms
