// SPDX-License-Identifier: Apache-2.0
#include "report/critical_path.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "stage/kinds.h"

namespace topkima::report {
namespace {

std::int64_t replay(const std::vector<stage::Node>& nodes, const std::vector<char>& faster,
                    stage::NodeId finish, std::vector<std::int64_t>& times) {
  times.resize(nodes.size());
  // Nodes are recorded after their predecessors: one pass in order settles all times.
  for (std::size_t i = 1; i <= std::size_t(finish); ++i) {
    const auto& node = nodes[i];
    const bool half = node.stage != stage::nobody && faster[std::size_t(node.stage)];
    const std::int64_t cycles = half ? (node.cycles + 1) / 2 : node.cycles;
    times[i] = std::max(times[std::size_t(node.a)], times[std::size_t(node.b)]) + cycles;
  }
  return times[std::size_t(finish)];
}

}  // namespace

CriticalPath find_critical_path(const stage::Ledger& ledger, stage::NodeId finish) {
  CriticalPath path;
  const auto& nodes = ledger.nodes();
  if (finish == stage::Ledger::start) return path;
  path.known = true;
  const auto& accounts = ledger.accounts();
  for (stage::NodeId at = finish; at != stage::Ledger::start;) {
    const auto& node = nodes[std::size_t(at)];
    if (node.cycles > 0) path.cycles[accounts[std::size_t(node.stage)].kind] += node.cycles;
    const bool a_later = nodes[std::size_t(node.a)].time >= nodes[std::size_t(node.b)].time;
    at = a_later ? node.a : node.b;
  }
  std::vector<std::string> kinds;  // as they first occur
  for (const auto& account : accounts)
    if (account.accounted && std::find(kinds.begin(), kinds.end(), account.kind) == kinds.end())
      kinds.push_back(account.kind);
  std::vector<std::int64_t> times;
  const auto latency_if = [&](const auto& is_faster) {
    // Whatever is not on the path may take no time at all and the path stays as long.
    if (std::none_of(path.cycles.begin(), path.cycles.end(),
                     [&](const auto& part) { return is_faster(part.first); }))
      return nodes[std::size_t(finish)].time;
    std::vector<char> faster;
    for (const auto& account : accounts) faster.push_back(is_faster(account.kind));
    return replay(nodes, faster, finish, times);
  };
  for (const auto& kind : kinds)
    path.latency_if_twice_as_fast[kind] =
        latency_if([&](const std::string& other) { return other == kind; });
  for (const auto& group : stage::kinds::groups) {
    const auto has = [&](const std::string& kind) {
      const auto* found = stage::find_kind(kind);
      return found && found->has_account() && group.has(*found);
    };
    CriticalPath::Group found{group.name, group.label, {}, 0};
    std::copy_if(kinds.begin(), kinds.end(), std::back_inserter(found.kinds), has);
    if (found.kinds.size() < 2) continue;
    found.latency_if_twice_as_fast = latency_if(has);
    path.groups.push_back(found);
  }
  return path;
}

}  // namespace topkima::report
