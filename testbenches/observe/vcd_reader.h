// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads a value change dump back.

#include <cstdint>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace topkima::testbenches {

/// A dump as read: per full name the changes, the first at the window's start.
struct Dump {
  using Changes = std::vector<std::pair<std::uint64_t, std::string>>;

  std::map<std::string, Changes> signals;
  std::map<std::string, std::string> types;
  std::vector<std::uint64_t> times;
  std::uint64_t begin() const { return times.front(); }
  std::uint64_t end() const { return times.back(); }

  /// Changes with times in cycles of `period` ps.
  std::vector<std::pair<double, std::string>> cycles(const std::string& name,
                                                     double period = 5000) const {
    std::vector<std::pair<double, std::string>> changes;
    for (const auto& [time, value] : signals.at(name))
      changes.emplace_back(static_cast<double>(time) / period, value);
    return changes;
  }
};

/// Values: binary without leading zeros, reals in shortest form, texts as they are.
inline Dump read_dump(const std::string& text) {
  Dump dump;
  std::map<std::string, std::string> names;  // by id
  std::vector<std::string> scopes;
  std::istringstream in(text);
  std::string word;
  const auto change = [&](const std::string& id, const std::string& value) {
    dump.signals[names.at(id)].emplace_back(dump.times.back(), value);
  };
  bool defined = false;
  while (in >> word) {
    if (word == "$enddefinitions") defined = true;
    if (word == "$scope") {
      in >> word >> word;
      scopes.push_back(word);
    } else if (word == "$upscope") {
      scopes.pop_back();
    } else if (word == "$var") {
      std::string type, width, id, name, range;
      in >> type >> width >> id >> name >> range;
      std::string full;
      for (const auto& scope : scopes) full += scope + ".";
      full += name + (range == "$end" ? "" : range);
      if (names.count(id) || dump.types.count(full)) throw std::runtime_error("twice: " + full);
      names[id] = full;
      dump.types[full] = type;
    } else if (!defined) {
      continue;
    } else if (word[0] == '#') {
      dump.times.push_back(std::stoull(word.substr(1)));
    } else if (word[0] == 'b') {
      std::string id;
      in >> id;
      std::string bits = word.substr(1);
      const auto first = bits.find_first_not_of(bits[0] == 'x' ? 'x' : '0');
      change(id, bits[0] == 'x' ? "x" : first == std::string::npos ? "0" : bits.substr(first));
    } else if (word[0] == 'r') {
      std::string id;
      in >> id;
      std::ostringstream shortest;
      shortest << std::strtod(word.c_str() + 1, nullptr);
      change(id, shortest.str());
    } else if (word[0] == 's') {
      std::string id;
      in >> id;
      change(id, word.substr(1));
    } else if (word[0] == '0' || word[0] == '1' || word[0] == 'x') {
      change(word.substr(1), word.substr(0, 1));
    }
  }
  return dump;
}

}  // namespace topkima::testbenches
