// SPDX-License-Identifier: Apache-2.0
#include "tool/point_line.h"

#include <algorithm>
#include <cstddef>
#include <regex>
#include <set>

#include "config/errors.h"
#include "tool/utf8.h"

namespace topkima::platforms {
namespace {

using json = nlohmann::ordered_json;

constexpr int deepest = 8;  // of what is nested in a point
const std::string no_object = "not a JSON object";

/// Where the value of a member begins and ends.
struct Place {
  std::string name;
  std::size_t begin, end;
};

/// Goes through the members of an object without understanding their values.
class Walk {
 public:
  /// Behind a byte order mark, which readers of JSON skip.
  explicit Walk(const std::string& text)
      : text_(text), at_(text.rfind("\xEF\xBB\xBF", 0) == 0 ? 3 : 0) {}

  /// Those that there are, as far as the text can be followed.
  std::vector<Place> places() {
    std::vector<Place> places;
    if (!take('{')) return places;
    do {
      skip_space();
      const std::size_t key = at_;
      if (!skip_string()) break;
      const auto name = json::parse(text_.substr(key, at_ - key), nullptr, false);
      if (!take(':')) break;
      skip_space();
      const std::size_t begin = at_;
      skip_value();
      if (name.is_string()) places.push_back({name.get<std::string>(), begin, at_});
    } while (take(','));
    ended_ = take('}');
    return places;
  }
  /// What comes behind the object; npos: nothing, or the object has no end.
  std::size_t behind() {
    skip_space();
    return ended_ && at_ < text_.size() ? at_ : std::string::npos;
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
  std::size_t at_;
  bool ended_ = false;
};

/// Of any size: the number is not read.
bool is_number(const std::string& text) {
  static const std::regex number(R"(-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)");
  constexpr std::size_t longest = 1000;
  return text.size() <= longest && std::regex_match(text, number);
}

std::string column(std::size_t at) { return "column " + std::to_string(at + 1); }

/// Where the line is no JSON, and why, without what nlohmann's messages begin with.
std::string reason_in(const std::string& message) {
  const auto column = message.find("column ");
  return echoed(message.substr(column < message.find(": ") ? column : message.find("] ") + 2));
}

/// What is wrong with a line of which the id is known to be JSON; empty: nothing.
std::string fault_of(const std::string& line, std::size_t behind) {
  if (const auto nul = line.find('\0'); nul != std::string::npos)
    return no_object + ": " + column(nul) + " is a NUL";
  if (const auto at = no_utf8_in(line); at != std::string::npos)
    return no_object + ": " + column(at) + " is no UTF-8";
  bool deep = false;
  try {
    const auto point =
        json::parse(line.substr(0, behind), [&](int depth, json::parse_event_t, json&) {
          deep = deep || depth > deepest;
          return !deep;
        });
    if (!deep && !point.is_object()) return no_object + ", but of type " + point.type_name();
  } catch (const json::exception& error) {
    if (!deep) return no_object + ": " + reason_in(error.what());
  }
  if (deep) return "nested deeper than " + std::to_string(deepest) + " levels, as no point is";
  if (behind != std::string::npos) return column(behind) + ": something is behind the object";
  return "";
}

}  // namespace

std::vector<PointMember> members_of(const std::string& object) {
  std::vector<PointMember> members;
  for (const auto& [name, begin, end] : Walk(object).places()) {
    const std::string written = object.substr(begin, end - begin);
    members.push_back({name, json::parse(written), written});
  }
  return members;
}

const std::string* given_twice(const std::vector<PointMember>& members) {
  std::set<std::string> seen;
  for (const auto& member : members)
    if (!seen.insert(member.name).second) return &member.name;
  return nullptr;
}

PointLine read_point_line(const std::string& line) {
  PointLine read;
  Walk walk(line);
  // The id is opaque: in its place stands as long a number.
  std::string rest = line;
  for (const auto& [name, begin, end] : walk.places()) {
    const std::string id = line.substr(begin, end - begin);
    if (name != "id" || !(is_number(id) || json::accept(id))) continue;
    read.id = id;
    rest.replace(begin, id.size(), "0" + std::string(id.size() - 1, ' '));
  }
  read.fault = fault_of(rest, walk.behind());
  if (!read.fault.empty()) return read;
  read.members = members_of(rest);
  if (const auto* name = given_twice(read.members))
    read.fault = "'" + echoed(*name) + "' is given twice";
  read.members.erase(std::remove_if(read.members.begin(), read.members.end(),
                                    [](const auto& member) { return member.name == "id"; }),
                     read.members.end());
  return read;
}

}  // namespace topkima::platforms
