#include "trace/scope_filter.h"

#include <string_view>

namespace topkima::trace {
namespace {

bool matches(std::string_view glob, std::string_view name) {
  std::size_t g = 0, n = 0, star = std::string_view::npos, retry = 0;
  while (n < name.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      retry = n;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n])) {
      ++g;
      ++n;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace

ScopeFilter::ScopeFilter(std::vector<std::string> globs)
    : globs_(std::move(globs)), used_(globs_.size()) {}

bool ScopeFilter::takes(const std::string& instance) {
  bool taken = globs_.empty();
  for (std::size_t i = 0; i < globs_.size(); ++i) {
    std::string_view scope = instance;
    bool hit = matches(globs_[i], scope);
    for (std::size_t dot; !hit && (dot = scope.rfind('.')) != std::string_view::npos;) {
      scope = scope.substr(0, dot);
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

}  // namespace topkima::trace
