// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which instances are shown: globs on full names.

#include <string>
#include <vector>

namespace topkima::observe {

class ScopeFilter {
 public:
  /// '*' stands for any characters, dots too, '?' for one. None: everything is taken.
  explicit ScopeFilter(std::vector<std::string> globs = {});

  /// Whether a glob matches `instance` or what it lies in: "soc.head3" takes "soc.head3.score".
  bool takes(const std::string& instance);
  /// Globs that took nothing yet, separated by commas.
  std::string idle() const;

 private:
  std::vector<std::string> globs_;
  std::vector<bool> used_;
};

}  // namespace topkima::observe
