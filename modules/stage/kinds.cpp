// SPDX-License-Identifier: Apache-2.0
#include "stage/kinds.h"

#include <algorithm>

#include "config/errors.h"

namespace topkima::stage {

const StageKind& listed(const StageKind& kind) {
  if (std::find(kinds::all.begin(), kinds::all.end(), &kind) == kinds::all.end())
    throw SimulationError(std::string("stage kind '") + kind.name +
                          "' is not in the table of kinds (modules/stage/kinds.h)");
  return kind;
}

const StageKind* find_kind(const std::string& name) {
  const auto* found = std::find_if(kinds::all.begin(), kinds::all.end(),
                                   [&](const StageKind* kind) { return kind->name == name; });
  return found == kinds::all.end() ? nullptr : *found;
}

std::vector<const StageKind*> stage_kinds(Has machine) {
  std::vector<const StageKind*> found;
  for (const StageKind* kind : kinds::all)
    if (kind->has_account() && kind->is_in(machine)) found.push_back(kind);
  return found;
}

bool counts(Has machine, Component component) {
  return std::any_of(kinds::all.begin(), kinds::all.end(), [&](const StageKind* kind) {
    return kind->is_in(machine) && kind->counts(component);
  });
}

int step_of(const std::string& kind) {
  int step = 0;
  for (const StageKind* each : kinds::all) {
    if (each->part != Part::head) continue;
    if (each->name == kind) return step;
    ++step;
  }
  return -1;
}

const TokenStage& token_stage(const std::string& name) {
  for (const TokenStage& stage : token_stages)
    if (stage.name == name) return stage;
  throw SimulationError("token stage '" + name +
                        "' is not in the table of token stages (modules/stage/kinds.h)");
}

}  // namespace topkima::stage
