// SPDX-License-Identifier: Apache-2.0
#pragma once
// --what-if: the run once more for each parameter that has a step (config/parameter_table.h), with
// this step alone, and what it gains, costs, and leaves as the limit (docs/what-if.md).

#include <functional>
#include <string>
#include <vector>

#include "run/machine.h"

namespace topkima::platforms {

class WhatIf {
 public:
  /// Simulates all steps from `given`, which `runner` has prepared, as many at once as there are
  /// processors; calls `progress`, where there is one, with the share that is done. A step that no
  /// machine can take is an answer, too. Throws ConfigError or DataError where `given` itself is
  /// refused, SimulationError where a run dies, as for want of memory, or Interrupted.
  WhatIf(const Machine& machine, Runner& runner, const Sources& sources,
         const config::Settings& given, const std::function<void(double)>& progress);

  /// what_if.json (docs/files.md); `base`: the run that no step was taken from.
  std::string json(const Outcome& base) const;
  /// Those that change anything, for a terminal, the largest gain first.
  std::string text(const Outcome& base) const;

 private:
  struct Step {
    const config::Parameter* parameter;
    std::string from, to;
    std::vector<double> values;  ///< one per figure
    std::string limit;
    std::string refused;  ///< why, where there are no values
  };
  /// A metric that has a role, in the order of roles.
  struct Figure {
    report::MetricText metric;
    std::size_t place;  ///< among the machine's metrics
  };

  config::Settings following(const config::Settings& given) const;
  void list_steps(const config::Settings& resolved);
  std::vector<double> values_of(const Outcome& outcome) const;
  std::string row(const Step& step, const std::vector<double>& base, std::size_t width) const;

  const Machine& machine_;
  Runner& runner_;
  std::vector<Figure> figures_;
  std::vector<Step> steps_;
};

}  // namespace topkima::platforms
