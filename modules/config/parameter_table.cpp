// SPDX-License-Identifier: Apache-2.0
#include "config/parameter_table.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>

#include "config/choices.h"
#include "config/cosim.h"
#include "files/text.h"

namespace topkima::config {
namespace {

const std::map<Origin, std::string>& origin_names() {
  static const std::map<Origin, std::string> names{
      {Origin::published, "published"}, {Origin::derived, "derived"},
      {Origin::measured, "measured"},   {Origin::assumption, "assumption"},
      {Origin::given, "given"},         {Origin::run, "run"}};
  return names;
}

std::string number(double value) { return files::number_text(value, 12); }

std::vector<long long> numbers_from(Step step, long long value) {
  const long long half = value / 2, twice = value == 0 ? 1 : 2 * value;
  switch (step) {
    case Step::none:
    case Step::others: return {};
    case Step::half: return {half};
    case Step::twice: return {twice};
    case Step::both: return {half, twice};
    case Step::less: return {value - 1};
  }
  throw std::logic_error("a step of a parameter");
}

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

std::string name(Kind kind) {
  switch (kind) {
    case Kind::integer: return "integer";
    case Kind::real: return "real";
    case Kind::boolean: return "boolean";
    case Kind::choice: return "choice";
    case Kind::text: return "text";
    case Kind::file: return "file";
    case Kind::directory: return "directory";
    case Kind::integer_list: return "integer_list";
    case Kind::real_list: return "real_list";
    case Kind::real_band: return "real_band";
  }
  throw std::logic_error("the kind of a parameter");
}

std::string Parameter::range_in(const std::string& with_unit) const {
  if (kind == Kind::boolean) return "true or false";
  if (kind == Kind::choice || kind == Kind::text) return words;
  if (kind == Kind::file) return words + ", or a file (a name with a / or .)";
  if (kind == Kind::directory) return words + ", or a directory";
  std::string text = number(low) + ".." + number(high) + with_unit;
  if (kind == Kind::integer_list || kind == Kind::real_list) text += " or a list of such";
  if (kind == Kind::real_band) text += " or value,low,high with low <= value <= high";
  if (!words.empty()) text += ", or " + words;
  return text;
}

bool Parameter::is_word(const std::string& text) const {
  const auto all = files::parts_of(words);
  return std::find(all.begin(), all.end(), text) != all.end();
}

std::vector<std::string> Parameter::steps_from(const std::string& present) const {
  std::vector<std::string> values;
  if (step == Step::others) {
    for (const auto& word : files::parts_of(kind == Kind::boolean ? "false,true" : words))
      if (word != present) values.push_back(word);
    return values;
  }
  char* end = nullptr;
  const long long value = std::strtoll(present.c_str(), &end, 10);
  if (present.empty() || *end != '\0') return values;
  for (const long long next : numbers_from(step, value))
    if (next != value && double(next) >= low && double(next) <= high)
      values.push_back(std::to_string(next));
  return values;
}

std::string Parameter::provenance() const {
  return origin_names().at(origin) + (source.empty() ? "" : ": " + source);
}

Origin origin_of(const std::string& provenance) {
  for (const auto& [origin, name] : origin_names())
    if (origin != Origin::run && provenance.rfind(name, 0) == 0) return origin;
  return Origin::given;
}

const std::vector<Parameter>& parameter_table() {
  static const std::vector<Parameter> table = parameter_rows();
  return table;
}

const Parameter* find_parameter(const std::string& name) {
  for (const auto& parameter : parameter_table())
    if (parameter.name == name) return &parameter;
  return nullptr;
}

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

std::string did_you_mean_parameter(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& parameter : parameter_table()) names.push_back(parameter.name);
  return did_you_mean(name, names);
}

}  // namespace topkima::config
