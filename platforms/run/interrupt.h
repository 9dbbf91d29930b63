// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ctrl-C and its like: a run ends at the next opportunity and tidies up, instead of on the spot.

namespace topkima::platforms {

/// A signal has asked the run to end.
struct Interrupted {
  int signal;
};

/// From now on the first SIGINT, SIGTERM or SIGHUP is noted; a second one ends the process at once.
void catch_interrupts();
/// Throws Interrupted if one has been noted.
void check_interrupt();
/// Ends the process by the signal that it had asked for, as shells expect it.
[[noreturn]] void end_by(const Interrupted& interrupted);

}  // namespace topkima::platforms
