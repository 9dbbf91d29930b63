// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs in processes of their own, as many at a time as there are processors: those of a Monte Carlo
// run, and the steps of --what-if.

#include <functional>
#include <nlohmann/json.hpp>

namespace topkima::platforms {

/// Has `work` done for every number below `count`, each in a child process of its own, and hands
/// its answers to `take` in order. An Error that it throws is an answer {"exit", "message"}; so is
/// want of memory or its death, with {"died", true}. Throws what `take` does, or Interrupted;
/// children that are left are ended.
void in_children(int count, const std::function<nlohmann::ordered_json(int)>& work,
                 const std::function<void(int, const nlohmann::ordered_json&)>& take);

}  // namespace topkima::platforms
