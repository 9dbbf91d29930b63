// SPDX-License-Identifier: Apache-2.0
#include "observe/scope_filter.h"

#include "observe/glob.h"

namespace topkima::observe {
ScopeFilter::ScopeFilter(std::vector<std::string> globs)
    : globs_(std::move(globs)), used_(globs_.size()) {}

bool ScopeFilter::takes(const std::string& instance) {
  bool taken = globs_.empty();
  for (std::size_t i = 0; i < globs_.size(); ++i) {
    std::string scope = instance;
    bool hit = matches(globs_[i], scope);
    for (std::size_t dot; !hit && (dot = scope.rfind('.')) != std::string::npos;) {
      scope.erase(dot);
      hit = matches(globs_[i], scope);
    }
    if (hit) taken = used_[i] = true;
  }
  return taken;
}

std::string ScopeFilter::idle() const {
  std::string text;
  for (std::size_t i = 0; i < globs_.size(); ++i)
    if (!used_[i]) text += (text.empty() ? "" : ", ") + globs_[i];
  return text;
}

}  // namespace topkima::observe
