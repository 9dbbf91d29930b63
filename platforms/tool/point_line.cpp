// SPDX-License-Identifier: Apache-2.0
#include "tool/point_line.h"

#include <algorithm>
#include <cstddef>
#include <regex>

namespace topkima::platforms {
namespace {

using json = nlohmann::ordered_json;

constexpr int deepest = 8;  // of what is nested in a point
const std::string no_object = "not a JSON object";

/// Goes through the members of an object without understanding their values.
class Members {
 public:
  explicit Members(const std::string& text) : text_(text) {}

  /// Where the value of the last member of this name begins and ends; npos: there is none, as far
  /// as the text can be followed.
  std::pair<std::size_t, std::size_t> find(const std::string& name) {
    std::pair<std::size_t, std::size_t> found{std::string::npos, std::string::npos};
    if (!take('{')) return found;
    do {
      skip_space();
      const std::size_t key = at_;
      if (!skip_string()) break;
      const auto parsed = json::parse(text_.substr(key, at_ - key), nullptr, false);
      if (!take(':')) break;
      skip_space();
      const std::size_t begin = at_;
      skip_value();
      if (parsed == name) found = {begin, at_};
    } while (take(','));
    return found;
  }

 private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r", at_), text_.size()); }
  bool take(char wanted) {
    skip_space();
    if (here() != wanted) return false;
    ++at_;
    return true;
  }
  bool skip_string() {
    if (here() != '"') return false;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    if (at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void skip_value() {
    for (int depth = 0; at_ < text_.size();) {
      const char c = text_[at_];
      if (c == '"') {
        if (!skip_string()) return;
      } else if (c == '{' || c == '[') {
        ++depth, ++at_;
        continue;
      } else if (depth > 0) {
        depth -= c == '}' || c == ']';
        ++at_;
      } else {
        at_ = std::min(text_.find_first_of(" \t\r,}]", at_), text_.size());
      }
      if (depth == 0) return;
    }
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

/// Of any size: the number is not read.
bool is_number(const std::string& text) {
  static const std::regex number(R"(-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)");
  constexpr std::size_t longest = 1000;
  return text.size() <= longest && std::regex_match(text, number);
}

/// Discarded unless it is JSON; `deep`: it is nested deeper than a point is.
json parse(const std::string& text, bool& deep) {
  return json::parse(
      text,
      [&](int depth, json::parse_event_t, json&) {
        deep = deep || depth > deepest;
        return !deep;
      },
      false);
}

}  // namespace

PointLine read_point_line(const std::string& line) {
  PointLine read;
  std::string rest = line;
  if (const auto [begin, end] = Members(line).find("id"); begin != std::string::npos) {
    const std::string id = line.substr(begin, end - begin);
    if (is_number(id) || json::accept(id)) {
      read.id = id;
      rest.replace(begin, end - begin, "null");
    }
  }
  bool deep = false;
  read.point = parse(rest, deep);
  if (const auto nul = line.find('\0'); nul != std::string::npos)
    read.fault = no_object + ": column " + std::to_string(nul + 1) + " is a NUL";
  else if (deep)
    read.fault = "nested deeper than " + std::to_string(deepest) + " levels, as no point is";
  else if (!read.point.is_object())
    read.fault = no_object;
  else
    read.point.erase("id");
  return read;
}

}  // namespace topkima::platforms
