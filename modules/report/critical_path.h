// SPDX-License-Identifier: Apache-2.0
#pragma once
// The chain of causes that decided the latency, and what a faster stage would change.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "stage/ledger.h"

namespace topkima::report {

struct CriticalPath {
  bool known = false;  ///< false when the run was too long to keep its causes
  /// Cycles of the chain spent in each kind of stage; they add up to the latency.
  std::map<std::string, std::int64_t> cycles;
  /// Latency if all stages of a kind took half their cycles (rounded up), everything else, grants
  /// of the bus included, in the same order.
  std::map<std::string, std::int64_t> latency_if_twice_as_fast;

  /// The same of kinds that are faster together (stage::kinds::groups), those of the machine that
  /// are more than one.
  struct Group {
    std::string name, label;
    std::vector<std::string> kinds;
    std::int64_t latency_if_twice_as_fast;
  };
  std::vector<Group> groups;
};

/// `finish`: the event whose time is the latency.
CriticalPath find_critical_path(const stage::Ledger& ledger, stage::NodeId finish);

}  // namespace topkima::report
