// SPDX-License-Identifier: Apache-2.0
#pragma once
// A place in the course of a run at which a test can have the process wait for a signal, so that it
// meets a state and never a moment (docs/stop-points.md).

namespace topkima::files {

/// Stops the process, as SIGSTOP does, if TOPKIMA_STOP_POINT holds "NAME:N" and the point `name` is
/// passed for the N-th time. Throws ConfigError when the variable holds anything else.
void stop_point(const char* name);

}  // namespace topkima::files
