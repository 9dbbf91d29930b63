// SPDX-License-Identifier: Apache-2.0
#pragma once
// A program of the tools: the machines that it simulates.

#include <functional>
#include <string>
#include <vector>

#include "run/machine.h"

namespace topkima::platforms {

struct Program {
  std::string purpose;                   ///< one line for --help
  std::vector<const Machine*> machines;  ///< not empty; all say that they are of this program
  /// Something that it prints, beside what all programs do.
  struct Printout {
    std::string option, meaning;
    std::function<std::string()> text;
  };
  std::vector<Printout> printouts;

  const std::string& name() const { return machines.front()->kind.tool; }
  /// The one machine that runs what comes from `sources`. Throws ConfigError.
  const Machine& machine_for(const Sources& sources) const;
  bool takes_model() const;
  /// Whether a parameter has an effect in any of its machines.
  bool takes(const config::Parameter& parameter) const;
};

}  // namespace topkima::platforms
