// SPDX-License-Identifier: Apache-2.0
#include "tool/held_reference.h"

namespace topkima::platforms {

constexpr double most_held_bytes = 512e6;

std::unique_ptr<observe::FloatReference> hold_reference(const config::Settings& settings,
                                                        const config::MachineConfig& config,
                                                        const workload::Workload& workload) {
  if (!settings.flag("report.float_reference") || workload.integers() ||
      observe::FloatReference::size(config.shape) > most_held_bytes)
    return nullptr;
  auto reference = std::make_unique<observe::FloatReference>(workload, observe::float_mask(config));
  reference->hold();
  return reference;
}

}  // namespace topkima::platforms
