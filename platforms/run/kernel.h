// SPDX-License-Identifier: Apache-2.0
#pragma once
// SystemC's kernel, as runs use it.

#include <functional>

namespace topkima::platforms {

/// A kernel without modules, for one more machine in this process. The old one must not be running,
/// and its modules must be gone.
void fresh_kernel();

/// Simulates until nothing can happen any more or somebody stops it. Calls `between` now and then,
/// where a signal ends the run as well. Throws SimulationError for an error of the kernel's own,
/// std::bad_alloc where memory does not suffice for it or for what a process does.
void run_kernel(double frequency_mhz, const std::function<void()>& between);

}  // namespace topkima::platforms
