// SPDX-License-Identifier: Apache-2.0
#include "report/limits.h"

#include <algorithm>
#include <cmath>

#include "report/metrics.h"
#include "report/report_parts.h"

namespace topkima::report {
namespace {

/// Shares are told, and compared, to a tenth of a percent.
long tenths(double share) { return std::lround(1000 * share); }

std::string text(const Gain& gain) { return gain.what + line(" -%.1f%%", 100 * gain.share); }

}  // namespace

std::vector<Gain> gains(const RunResult& run) {
  std::vector<Gain> all;
  const auto share = [&](std::int64_t latency) {
    return run.latency == 0 ? 0 : double(run.latency - latency) / double(run.latency);
  };
  const auto& alone = run.path.latency_if_twice_as_fast;
  for (const auto& [kind, latency] : alone) all.push_back({kind, share(latency)});
  for (const auto& group : run.path.groups) {
    const double together = share(group.latency_if_twice_as_fast);
    if (std::all_of(group.kinds.begin(), group.kinds.end(), [&](const std::string& kind) {
          return tenths(together) > tenths(share(alone.at(kind)));
        }))
      all.push_back({group.label, together});
  }
  all.erase(std::remove_if(all.begin(), all.end(),
                           [](const Gain& gain) { return tenths(gain.share) <= 0; }),
            all.end());
  // Of equals a kind is before the groups that it is in, and a small group before a large one.
  std::stable_sort(all.begin(), all.end(),
                   [](const Gain& a, const Gain& b) { return tenths(a.share) > tenths(b.share); });
  return all;
}

std::string limit(const RunResult& run) {
  const auto all = gains(run);
  return all.empty() ? bottleneck(run) : text(all.front());
}

std::string limits_text(const RunResult& run) {
  constexpr std::size_t most = 3;
  std::string list;
  const auto all = gains(run);
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i)
    list += (i ? ", " : "") + text(all[i]);
  if (!list.empty())
    return "limited by      " + list + " if twice as fast (parameters: --what-if)\n";
  const std::string most_of_it = bottleneck(run);
  return most_of_it.empty() ? "" : "limited by      " + most_of_it + "\n";
}

}  // namespace topkima::report
