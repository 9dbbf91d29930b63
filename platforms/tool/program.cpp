// SPDX-License-Identifier: Apache-2.0
#include "tool/program.h"

#include <algorithm>

namespace topkima::platforms {

const Machine& Program::machine_for(const Sources& sources) const {
  for (const auto* machine : machines)
    if (machine->runs(sources)) return *machine;
  throw ConfigError(name() + (sources.model.empty() ? " needs a model" : " runs no models"));
}

bool Program::takes_model() const {
  return std::any_of(machines.begin(), machines.end(),
                     [](const Machine* machine) { return machine->takes_model(); });
}

bool Program::takes(const config::Parameter& parameter) const {
  return std::any_of(machines.begin(), machines.end(),
                     [&](const Machine* machine) { return parameter.is_in(machine->kind); });
}

}  // namespace topkima::platforms
