// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line's options for looking into a run.

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "run/observation.h"

namespace topkima::platforms {

boost::program_options::options_description observation_options();

/// Given options in their order, name and text.
using GivenOptions = std::vector<std::pair<std::string, std::string>>;

/// What `given` asks for; times are converted at the clock of `settings`. Throws ConfigError.
Observation make_observation(const GivenOptions& given, const config::Settings& settings,
                             const observe::Numbering& numbering);
/// What --cosim.coverage asks for, of a run with this command line and `input`; none: of nothing.
std::optional<CoverageOptions> coverage_of(const std::string& directory, int argc, char** argv,
                                           const std::string& input);
/// Throws ConfigError when two things that the run writes would be one, or one would lie in a
/// directory that another replaces: `output`, or that of vectors.
void check_places(const Observation& observation, const std::string& output);

}  // namespace topkima::platforms
