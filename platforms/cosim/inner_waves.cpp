// SPDX-License-Identifier: Apache-2.0
#include "cosim/inner_waves.h"

#include <algorithm>
#include <utility>

#include "config/errors.h"

namespace topkima::platforms {
namespace {

const std::string option = "command line: --cosim.inner";

/// Levels of a path within RTL, with the module that has the pins.
int depth_of(const std::string& path) {
  return path.empty() ? 1 : 2 + static_cast<int>(std::count(path.begin(), path.end(), '.'));
}

}  // namespace

InnerWaves::InnerWaves(const sc_core::sc_module_name& name, const InnerOptions& options,
                       std::string top, std::vector<Rtl> rtl, Scopes scopes)
    : sc_core::sc_module(name),
      options_(options),
      top_(std::move(top)),
      rtl_(std::move(rtl)),
      scopes_(std::move(scopes)),
      filter_(options.globs) {
  if (!scopes_) return;
  for (const auto& one : rtl_)
    if (one.instance->info().shows_inside) one.instance->follow_inner();
}

void InnerWaves::start_of_simulation() {
  for (const auto& one : rtl_) declare(one);
  expect_all_used();
}

void InnerWaves::declare(const Rtl& rtl) {
  const auto& info = rtl.instance->info();
  const std::string whole = top_ + "." + rtl.scope;
  if (!info.shows_inside && filter_.takes(whole))
    throw ConfigError(option + ": RTL " + info.name + " of " + whole +
                      " does not show what is within it: it was built with VERILATOR_ARGS "
                      "--no-trace (docs/cosimulation.md)");
  if (!info.shows_inside) return;
  rtl.instance->inner().declare([&](const std::string& path,
                                    const stage::Signal& signal) -> stage::ProbeScope* {
    const std::string scope = rtl.scope + (path.empty() ? "" : "." + path);
    stage::ProbeScope*& place = places_[scope];
    const bool chosen =
        depth_of(path) <= options_.depth && filter_.takes(top_ + "." + scope + "." + signal.name);
    if (!chosen || !scopes_) return nullptr;
    if (!place) place = &scopes_(scope);
    return place;
  });
}

void InnerWaves::expect_all_used() const {
  const std::string idle = filter_.idle();
  if (idle.empty()) return;
  constexpr std::size_t most_told = 12;
  std::string known;
  std::size_t told = 0;
  for (const auto& [scope, place] : places_)
    if (told++ < most_told) known += (known.empty() ? "" : ", ") + top_ + "." + scope;
  if (told > most_told) known += " and " + std::to_string(told - most_told) + " more";
  throw ConfigError(
      option + ": no signal within RTL matches '" + echoed(idle) + "'" +
      (options_.depth == INT_MAX ? "" : " to a depth of " + std::to_string(options_.depth)) +
      "; scopes are " + (known.empty() ? "none" : known));
}

}  // namespace topkima::platforms
