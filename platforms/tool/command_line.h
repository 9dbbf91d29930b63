// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line of a program, and what it answers by itself: help, version, lists.

#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "tool/observation_options.h"
#include "tool/program.h"

namespace topkima::platforms {

struct Arguments {
  std::vector<std::string> configs;
  Sources sources;
  std::string output;
  std::string coverage;  ///< Directory; unlike other observation it is for many runs, too.
  bool quiet = false, batch = false, what_if = false;
  int runs = 0;                                                 ///< of --runs; 0: one run
  std::vector<std::pair<std::string, std::string>> parameters;  ///< in the order given
  GivenOptions observation;
};

/// Fills `arguments`; returns false when an option has already been answered on standard output.
/// Throws ConfigError.
bool parse(const Program& program, int argc, char** argv, Arguments& arguments);

/// Defaults, what `sources` say of the hardware, files and options, later ones winning.
config::Settings gather(const Arguments& arguments, const Sources& sources, Runner& runner);

/// What is said wherever memory does not suffice.
inline constexpr const char* out_of_memory = "not enough memory for this workload";

}  // namespace topkima::platforms
