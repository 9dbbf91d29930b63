// SPDX-License-Identifier: Apache-2.0
#include "stage/kinds.h"

#include <algorithm>
#include <utility>

#include "config/errors.h"
#include "config/machine_config.h"

namespace topkima::stage {

config::Fidelity StageKind::fidelity_in(const config::BlockFidelity& ways) const {
  if (!blocks)
    throw SimulationError(std::string("stage kind '") + name +
                          "' has no fidelity (modules/stage/kinds.h)");
  return ways.*blocks;
}

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

std::vector<const StageKind*> head_kinds(const config::MachineConfig& config) {
  const bool early = config.softmax.stops_early();
  const std::pair<const StageKind*, bool> all[] = {
      {&kinds::fold, config.attention.keys_are_inputs()},
      {&kinds::score, true},
      {&kinds::unite, early},
      {&kinds::latch, !early},
      {&kinds::shifter, config.attention.shifts()},
      {&kinds::sorter, config.softmax.sorts()},
      {&kinds::exponent, true},
      {&kinds::divider, true},
      {&kinds::av, true},
      {&kinds::store, true}};
  std::vector<const StageKind*> found;
  for (const StageKind* kind : kinds::all) {
    if (kind->part != Part::head) continue;
    const auto* known = std::find_if(std::begin(all), std::end(all),
                                     [&](const auto& each) { return each.first == kind; });
    if (known == std::end(all))
      throw SimulationError(std::string("head_kinds does not say which machines have '") +
                            kind->name + "' (modules/stage/kinds.cpp)");
    if (known->second) found.push_back(kind);
  }
  return found;
}

bool has(const config::MachineConfig& config, const StageKind& kind) {
  const auto all = head_kinds(config);
  return std::find(all.begin(), all.end(), &kind) != all.end();
}

const NamedAccount& named_account(const std::string& name) {
  for (const NamedAccount& account : named_accounts)
    if (account.name == name) return account;
  throw SimulationError("'" + name + "' is not among the named accounts (modules/stage/kinds.h)");
}

}  // namespace topkima::stage
