// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs another program, or this one once more, for the file that it makes.

#include <string>
#include <vector>

namespace topkima::files {

/// Runs `program`, looked up in PATH unless its name holds a slash, without input and output, and
/// waits for it. `arguments`: from its own name on. Returns its exit status, 128 + N if signal N
/// has ended it, or -1, with errno set, when it could not be run.
int run_quietly(const std::string& program, std::vector<std::string> arguments);

}  // namespace topkima::files
