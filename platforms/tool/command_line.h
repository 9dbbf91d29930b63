// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line of both tools, and what it answers by itself: help, version, lists.

#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "tool/observation_options.h"
#include "tool/tool.h"

namespace topkima::platforms {

struct Arguments {
  std::vector<std::string> configs;
  std::string input, output;
  std::string model;  ///< a package's directory; empty: one attention module
  bool quiet = false, batch = false;
  int runs = 0;                                                 ///< of --runs; 0: one run
  std::vector<std::pair<std::string, std::string>> parameters;  ///< in the order given
  GivenOptions observation;
};

/// Fills `arguments`; returns false when an option has already been answered on standard output.
/// Throws ConfigError.
bool parse(const Tool& tool, int argc, char** argv, Arguments& arguments);

/// Defaults, the hardware of `model` (if not null) or else meta.ini of `input` (if not empty),
/// files and options, later ones winning.
config::Settings gather(const Arguments& arguments, const std::string& input,
                        const workload::ModelPackage* model = nullptr);

/// The tensors of `input`, or synthetic ones of the shape that `settings` give.
workload::Workload load_workload(const Tool& tool, const config::Settings& settings,
                                 const std::string& input);

/// The samples that a model is to run, as `settings` choose them.
workload::Samples load_samples(const config::Settings& settings, const std::string& input,
                               const workload::ModelPackage& model);

/// A message quotes what it was given; control characters in it must not break the line.
std::string one_line(std::string text);

}  // namespace topkima::platforms
