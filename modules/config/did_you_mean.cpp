// SPDX-License-Identifier: Apache-2.0
#include "config/did_you_mean.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "files/text.h"

namespace topkima::config {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      auto& least = table[i][j];
      if (i == 0 || j == 0) {
        least = i + j;
        continue;
      }
      least = std::min(
          {table[i - 1][j - 1] + (a[i - 1] != b[j - 1]), table[i - 1][j] + 1, table[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        least = std::min(least, table[i - 2][j - 2] + 1);  // two letters that changed places
    }
  return table[a.size()][b.size()];
}

std::string section_of(const std::string& name) {
  const auto dot = name.find('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

std::string key_of(const std::string& name) {
  std::string key = name.substr(name.find('.') + 1);
  for (char& c : key) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return key;
}

/// Letters to change; who has typed the beginning of a key, or one of its words, needs no more than
/// one.
std::size_t key_distance(const std::string& given, const std::string& key) {
  constexpr std::size_t telling = 3;
  if (given == key) return 0;
  if (given.size() >= telling && key.rfind(given, 0) == 0) return 1;
  const auto words = files::parts_of(key, '_');
  if (given.size() >= telling && std::count(words.begin(), words.end(), given) > 0) return 1;
  return edit_distance(given, key);
}

/// How far a section is from the one that was meant, or from none: less than a key that is another.
std::size_t section_distance(const std::string& given, const std::string& section) {
  if (given.empty() || section.empty()) return given != section;
  return std::min<std::size_t>(2, edit_distance(given, section));
}

/// What still counts as close: some letters are as they were meant.
std::size_t most_changes(const std::string& key) {
  return key.size() < 2 ? 0 : std::max<std::size_t>(1, key.size() / 3);
}

}  // namespace

std::string did_you_mean(const std::string& name, const std::vector<std::string>& names) {
  constexpr std::size_t most = 5, longest = 100;
  if (name.size() > longest) return "";
  const std::string section = section_of(name);
  // By how far off they are, and of equals, if `name` has a section, by the whole names.
  std::map<std::pair<std::size_t, std::size_t>, std::vector<std::string>> close;
  std::vector<std::string> neighbours;
  for (const auto& each : names) {
    if (!section.empty() && section_of(each) == section) neighbours.push_back(each);
    const std::size_t distance = key_distance(key_of(name), key_of(each));
    if (distance > most_changes(key_of(name))) continue;
    close[{distance + section_distance(section, section_of(each)),
           section.empty() ? 0 : edit_distance(name, each)}]
        .push_back(each);
  }
  const auto& meant = close.empty() ? neighbours : close.begin()->second;
  if (meant.empty() || meant.size() > most) return "";
  std::string text;
  for (const auto& each : meant)
    text += (!text.empty()   ? " or '"
             : close.empty() ? "; there is '"
                             : "; did you mean '") +
            each + "'";
  return text + (close.empty() ? "" : "?");
}

}  // namespace topkima::config
