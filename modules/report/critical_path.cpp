// SPDX-License-Identifier: Apache-2.0
#include "report/critical_path.h"

#include <algorithm>
#include <set>
#include <vector>

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
  std::set<std::string> kinds;
  for (const auto& account : accounts)
    if (account.accounted) kinds.insert(account.kind);
  std::vector<std::int64_t> times;
  for (const auto& kind : kinds) {
    // Whatever is not on the path may take no time at all and the path stays as long.
    path.latency_if_twice_as_fast[kind] = nodes[std::size_t(finish)].time;
    if (path.cycles.count(kind) == 0) continue;
    std::vector<char> faster;
    for (const auto& account : accounts) faster.push_back(account.kind == kind);
    path.latency_if_twice_as_fast[kind] = replay(nodes, faster, finish, times);
  }
  return path;
}

}  // namespace topkima::report
