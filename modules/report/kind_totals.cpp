// SPDX-License-Identifier: Apache-2.0
#include "report/kind_totals.h"

#include <algorithm>

namespace topkima::report {

std::vector<std::pair<std::string, KindTotal>> totals_by_kind(
    const std::vector<stage::Account>& accounts) {
  std::vector<std::pair<std::string, KindTotal>> kinds;
  for (const auto& account : accounts) {
    if (!account.accounted) continue;
    auto found = std::find_if(kinds.begin(), kinds.end(),
                              [&](const auto& kind) { return kind.first == account.kind; });
    if (found == kinds.end()) found = kinds.insert(kinds.end(), {account.kind, {}});
    KindTotal& total = found->second;
    ++total.stages;
    total.busy += account.busy;
    total.starved += account.starved;
    total.blocked += account.blocked;
    for (const auto* by : {&account.starved_by, &account.blocked_by})
      for (const auto& [id, cycles] : *by)
        total.waits[id == stage::nobody ? "no more rows" : accounts[std::size_t(id)].kind] +=
            cycles;
  }
  return kinds;
}

}  // namespace topkima::report
