// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "config/ini.h"
#include "config/ini_name.h"
#include "files/names.h"
#include "files/text.h"

namespace topkima::config {
namespace {

using files::parts_of;
using files::trimmed;

constexpr std::size_t longest_text = 1000;
const std::string provenance_section = "provenance.";
const std::string given_key = provenance_section + "given";
constexpr std::size_t longest_provenance = 300;
const std::string libraries = "cosim.directory";

bool parse_boolean(const std::string& text, bool& value) {
  static const std::set<std::string> yes{"true", "1", "yes", "on"}, no{"false", "0", "no", "off"};
  value = yes.count(text) > 0;
  return value || no.count(text) > 0;
}

/// "200" of "200 MHz", where that is the parameter's unit.
std::string without_unit(const Parameter& parameter, const std::string& text) {
  const std::size_t length = parameter.unit.size();
  if (length == 0 || text.size() < length ||
      text.compare(text.size() - length, length, parameter.unit) != 0)
    return text;
  return trimmed(text.substr(0, text.size() - length));
}

/// The canonical text of one number, or an empty string when it is none or out of range.
std::string canonical_number(const Parameter& parameter, const std::string& given) {
  const std::string text = without_unit(parameter, given);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool hexadecimal = text.find_first_of("xXnN") != std::string::npos;  // nan and inf as well
  if (text.empty() || *end != '\0' || hexadecimal || !std::isfinite(value)) return "";
  if (value < parameter.low || value > parameter.high) return "";
  const bool whole = parameter.kind == Kind::integer || parameter.kind == Kind::integer_list;
  if (!whole) return exact_text(value + 0.0);  // a negative zero is a zero
  if (value != std::floor(value)) return "";
  return std::to_string(static_cast<long long>(value));
}

/// One line, and not too long a one.
bool is_plain(const std::string& text) {
  return text.size() <= longest_text && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return c >= 0x20 && c != 0x7f;
         });
}

std::string canonical_list(const Parameter& parameter, const std::string& text) {
  std::string list;
  for (const auto& part : parts_of(text)) {
    const std::string one = canonical_number(parameter, part);
    if (one.empty()) return "";
    list += (list.empty() ? "" : ",") + one;
  }
  return list;
}

/// One source's number alone, so three equal ones as well; else value, low and high.
std::string canonical_band(const Parameter& parameter, const std::string& text) {
  std::vector<std::string> numbers;
  for (const auto& part : parts_of(text)) numbers.push_back(canonical_number(parameter, part));
  if (std::count(numbers.begin(), numbers.end(), "") > 0) return "";
  if (numbers.size() == 1) return numbers[0];
  if (numbers.size() != 3) return "";
  const auto at = [&](std::size_t i) { return std::strtod(numbers[i].c_str(), nullptr); };
  if (!(at(1) <= at(0) && at(0) <= at(2))) return "";
  return at(1) == at(2) ? numbers[0] : numbers[0] + "," + numbers[1] + "," + numbers[2];
}

std::string canonical(const Parameter& parameter, const std::string& text) {
  if (parameter.kind == Kind::text) return is_plain(text) ? text : "";
  if (parameter.is_word(text)) return text;
  switch (parameter.kind) {
    case Kind::text:
    case Kind::file:
    case Kind::directory:
    case Kind::choice: return "";
    case Kind::boolean: {
      bool value = false;
      return parse_boolean(text, value) ? (value ? "true" : "false") : "";
    }
    case Kind::integer:
    case Kind::real: return canonical_number(parameter, text);
    case Kind::integer_list:
    case Kind::real_list: return canonical_list(parameter, text);
    case Kind::real_band: return canonical_band(parameter, text);
  }
  throw std::logic_error("the kind of a parameter");
}

/// A word, or where the path leads as seen from `directory`. Without a '/' or '.' a file's name is
/// taken for a word that is misspelt. Every character of a name counts: nothing is trimmed.
std::string canonical_path(const Parameter& parameter, const std::string& text,
                           const std::string& directory) {
  if (parameter.is_word(text)) return text;
  const bool misspelt =
      parameter.kind == Kind::file && text.find_first_of("/.") == std::string::npos;
  const bool fits = !text.empty() && text.size() < PATH_MAX && text.find('\0') == std::string::npos;
  return fits && !misspelt ? files::absolute(text, directory) : "";
}

bool is_default(const Parameter& parameter, const std::string& text) {
  return text == canonical(parameter, parameter.default_value);
}

/// Values that are the user's own. What describes a run has no other source.
const std::string given_for_this_run = "given for this run";
bool can_be_given(const Parameter& parameter) { return parameter.origin != Origin::run; }

bool is_printable(const std::string& text) {
  for (const char c : text)
    if (c < ' ' || c > '~') return false;
  return true;
}

}  // namespace

std::string exact_text(double value) { return files::number_text(value, 17); }

Settings::Settings() {
  for (const auto& parameter : parameter_table())
    values_[parameter.name] = canonical(parameter, parameter.default_value);
}

void Settings::set(const std::string& name, const std::string& value, const std::string& origin,
                   const std::string& directory) {
  const Parameter* parameter = find_parameter(name);
  if (!parameter)
    throw ConfigError(origin + ": unknown parameter '" + echoed(name) + "'" +
                      did_you_mean_parameter(name));
  const std::string text = parameter->is_path() ? canonical_path(*parameter, value, directory)
                                                : canonical(*parameter, trimmed(value));
  if (text.empty())
    throw ConfigError(origin + ": " + name + " = '" + echoed(value) + "' is not valid; expected " +
                      parameter->expected());
  values_[name] = text;
  set_.insert(name);
  given_.insert(name);
  provenance_.erase(name);
  contents_.erase(name);
  if (name == libraries) libraries_origin_.clear();
}

void Settings::set_from_data(const std::string& name, const std::string& value,
                             const std::string& origin, const std::string& directory) {
  set(name, value, origin, directory);
  if (name == libraries && text(name) != find_parameter(name)->default_value)
    libraries_origin_ = origin;
}

void Settings::check_libraries() const {
  if (libraries_origin_.empty()) return;
  throw ConfigError(libraries_origin_ + ": " + libraries + " = '" + echoed(text(libraries)) +
                    "': libraries run inside the program, and are loaded only from where its "
                    "command line says; expected --" +
                    libraries + "=" + text(libraries) + " there, if you trust them");
}

void Settings::set_provenance(const std::string& name, const std::string& text,
                              const std::string& path) {
  const std::string where = path + ": [provenance] " + echoed(name);
  if (!find_parameter(name))
    throw ConfigError(where + ": unknown parameter" + did_you_mean_parameter(name));
  if (text.empty() || text.size() > longest_provenance || !is_printable(text))
    throw ConfigError(where + ": expected 1.." + std::to_string(longest_provenance) +
                      " printable ASCII characters");
  if (set_.count(name) == 0)
    throw ConfigError(where + ": neither this file nor an earlier one sets " + name);
  provenance_[name] = text;
}

void Settings::read_ini(const std::string& path, const std::string& only_section) {
  std::set<std::string> seen;
  std::map<std::string, std::string> provenances;  // they may stand before their values
  std::optional<std::string> given;
  for (auto [name, value] : config::read_ini(path, files::configuration_file)) {
    if (!only_section.empty()) {
      if (name.find('.') == std::string::npos) name = only_section + "." + name;
      if (name.rfind(only_section + ".", 0) != 0)
        throw ConfigError(path + ": '" + echoed(name) + "' does not belong here; only [" +
                          only_section + "] does");
    }
    if (!seen.insert(name).second)
      throw ConfigError(path + ": '" + echoed(name) + "' is given twice");
    const Parameter* parameter = find_parameter(name);
    if (name == given_key)
      given = value;
    else if (name.rfind(provenance_section, 0) == 0)
      provenances[name.substr(provenance_section.size())] = value;
    else if (parameter && parameter->is_path())
      set_from_data(name, name_from_ini(value, path), path,
                    std::filesystem::path(path).parent_path());
    else
      set_from_data(name, value, path);
  }
  if (given) keep_given(seen, *given, path);
  for (const auto& [name, text] : provenances) set_provenance(name, trimmed(text), path);
}

/// Of the parameters that a file has set, those with their defaults were not given, unless listed.
void Settings::keep_given(const std::set<std::string>& names, const std::string& listed,
                          const std::string& path) {
  const auto kept = parts_of(listed);
  for (const auto& name : kept)
    if (names.count(name) == 0 || !find_parameter(name))
      throw ConfigError(path + ": [provenance] given: '" + echoed(name) +
                        "' is no parameter that this file sets");
  for (const auto& name : names) {
    const Parameter* parameter = find_parameter(name);
    if (parameter && is_default(*parameter, text(name)) &&
        std::find(kept.begin(), kept.end(), name) == kept.end())
      given_.erase(name);
  }
}

std::string Settings::given_provenance(const std::string& name) const {
  const auto found = provenance_.find(name);
  return found == provenance_.end() ? "" : found->second;
}

std::string Settings::provenance(const std::string& name) const {
  const std::string given = given_provenance(name);
  if (!given.empty()) return given;
  return is_given(name) ? given_for_this_run : find_parameter(name)->provenance();
}

Origin Settings::origin(const std::string& name) const {
  const std::string given = given_provenance(name);
  if (!given.empty()) return origin_of(given);
  return is_given(name) ? Origin::given : find_parameter(name)->origin;
}

bool Settings::is_given_default(const std::string& name) const {
  return is_given(name) && given_provenance(name).empty() &&
         is_default(*find_parameter(name), text(name));
}

bool Settings::needs_provenance(const std::string& name) const {
  const Parameter& parameter = *find_parameter(name);
  const bool would_be_given =
      is_given_default(name) || (can_be_given(parameter) && !is_default(parameter, text(name)));
  return provenance(name) != (would_be_given ? given_for_this_run : parameter.provenance());
}

bool Settings::is_given(const std::string& name) const {
  return given_.count(name) > 0 && can_be_given(*find_parameter(name));
}

const std::string& Settings::text(const std::string& name) const { return values_.at(name); }

std::string Settings::shown(const Parameter& parameter) const {
  const std::string& value = text(parameter.name);
  if (!parameter.is_path() || parameter.is_word(value)) return value;
  return std::filesystem::path(value).filename();
}

void Settings::set_content(const std::string& name, const std::string& digest) {
  contents_[name] = digest;
}

std::string Settings::content(const std::string& name) const {
  const auto found = contents_.find(name);
  return found == contents_.end() ? "" : found->second;
}

std::int64_t Settings::long_integer(const std::string& name) const {
  return std::strtoll(text(name).c_str(), nullptr, 10);
}

int Settings::integer(const std::string& name) const {
  return static_cast<int>(long_integer(name));
}

double Settings::real(const std::string& name) const {
  return std::strtod(text(name).c_str(), nullptr);
}

bool Settings::flag(const std::string& name) const { return text(name) == "true"; }

std::vector<int> Settings::integers(const std::string& name) const {
  std::vector<int> list;
  for (const auto& part : parts_of(text(name)))
    list.push_back(static_cast<int>(std::strtoll(part.c_str(), nullptr, 10)));
  return list;
}

std::vector<double> Settings::reals(const std::string& name) const {
  std::vector<double> list;
  for (const auto& part : parts_of(text(name))) list.push_back(std::strtod(part.c_str(), nullptr));
  return list;
}

void Settings::resolve(const std::string& name, const std::vector<int>& values) {
  std::string list;
  for (const int value : values) list += (list.empty() ? "" : ",") + std::to_string(value);
  values_.at(name) = list;
}

void Settings::resolve(const std::string& name, const std::vector<double>& values) {
  std::string list;
  for (const double value : values) list += (list.empty() ? "" : ",") + exact_text(value);
  values_.at(name) = list;
}

void Settings::resolve(const std::string& name, const std::string& value,
                       const std::string& provenance) {
  values_.at(name) = value;
  if (!provenance.empty()) provenance_[name] = provenance;
}

}  // namespace topkima::config
