// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which of the signals within RTL a waveform is to show.

#include <climits>
#include <string>
#include <vector>

namespace topkima::platforms {

struct InnerOptions {
  /// Globs on full names of signals, or of what they lie in: "soc.head0.topk0.rtl"; none: nothing
  /// is shown.
  std::vector<std::string> globs;
  int depth = INT_MAX;  ///< levels of the hierarchy, 1 for the module that has the pins alone

  bool any() const { return !globs.empty(); }
};

}  // namespace topkima::platforms
