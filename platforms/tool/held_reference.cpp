// SPDX-License-Identifier: Apache-2.0
#include "tool/held_reference.h"

namespace topkima::platforms {

constexpr double most_held_bytes = 512e6;

std::unique_ptr<report::FloatReference> hold_reference(const config::Settings& settings,
                                                       const config::MachineConfig& config,
                                                       const workload::Workload& workload) {
  if (!settings.flag("report.float_reference") || workload.integers() ||
      report::FloatReference::size(config.shape) > most_held_bytes)
    return nullptr;
  auto reference = std::make_unique<report::FloatReference>(workload, report::float_mask(config));
  reference->hold();
  return reference;
}

}  // namespace topkima::platforms
