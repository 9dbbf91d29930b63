// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ctrl-C and its like: a run ends at the next opportunity and tidies up, instead of on the spot.

#include <optional>

namespace topkima::platforms {

/// A signal has asked the run to end.
struct Interrupted {
  int signal;
};

/// From now on the first signal that asks a process to end is noted: SIGINT, SIGTERM, SIGHUP,
/// SIGUSR1 (of batch systems), or SIGXCPU and SIGXFSZ, of a limit on time and size of files. A
/// second one of those who ask ends the process at once. Not before there is something to tidy up:
/// a process that waits for its input ends by the first.
void catch_interrupts();
/// Gives signals their usual effect back: in a child, and where nothing is left to tidy up.
void release_interrupts();
/// The signal that has been noted.
std::optional<Interrupted> noted_interrupt();
/// Throws the signal that has been noted, if there is one.
void check_interrupt();
/// Ends the process by the signal that it had asked for, as shells expect it.
[[noreturn]] void end_by(const Interrupted& interrupted);

}  // namespace topkima::platforms
