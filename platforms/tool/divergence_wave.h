// SPDX-License-Identifier: Apache-2.0
#pragma once
// The waveform of a divergence. A run that compares has no observers and is fast; where model and
// RTL differ, it is simulated once more, up to there and a little further, with a waveform around
// the row: the same run, since a run is a function of its inputs.

#include <string>

#include "config/errors.h"

namespace topkima::platforms {

/// Runs this program again in a process of its own, with the arguments that it was given but for
/// observers, and those of a waveform at `path`, in the layer where it was if the run has
/// `layers`. Returns what to tell the user about it.
std::string record_divergence(const Diverged& diverged, int argc, char** argv, bool layers,
                              const std::string& path);

}  // namespace topkima::platforms
