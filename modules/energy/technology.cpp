// SPDX-License-Identifier: Apache-2.0
#include "energy/technology.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>

#include "config/errors.h"
#include "config/ini.h"
#include "config/shipped_technologies.h"
#include "files/text.h"

namespace topkima::energy {
namespace {

using Section = std::map<std::string, std::string>;  ///< values by key
using Sections = std::map<std::string, Section>;

constexpr std::size_t longest_citation = 280;
const char* const any_node = "any";
const char* const general = "technology";
/// What a file may say, and behind that what a run says of itself.
constexpr Provenance provenances[] = {Provenance::literature, Provenance::derived,
                                      Provenance::measured, Provenance::assumption,
                                      Provenance::given};

std::optional<Provenance> provenance_of(const std::string& word) {
  for (const auto provenance : provenances)
    if (word == name_of(provenance)) return provenance;
  return {};
}

std::vector<std::string> section_names() {
  std::vector<std::string> names{general};
  for (const auto& constant : config::technology_constants()) names.push_back(constant.name);
  return names;
}

Sections sections_of(const std::string& text, const std::string& path) {
  const auto known = section_names();
  Sections sections;
  for (const auto& [name, value] : config::parse_ini(text, path, files::technology_file)) {
    const std::size_t point = name.rfind('.');
    const std::string section = point == std::string::npos ? "" : name.substr(0, point);
    if (section.empty()) throw ConfigError(path + ": '" + echoed(name) + "' belongs to no section");
    if (std::find(known.begin(), known.end(), section) == known.end())
      throw ConfigError(path + ": unknown section [" + echoed(section) + "]" +
                        config::did_you_mean(section, known));
    const std::string key = name.substr(point + 1);
    if (!sections[section].emplace(key, value).second)
      throw ConfigError(path + ": [" + section + "] " + echoed(key) + " is given twice");
  }
  return sections;
}

using Keys = std::vector<std::string>;

/// The keys of a section, which must be `needed`, and may be `more`.
const Section& section(const Sections& sections, const std::string& name, const Keys& needed,
                       const Keys& more, const std::string& path) {
  const auto found = sections.find(name);
  if (found == sections.end()) throw ConfigError(path + ": section [" + name + "] is missing");
  Keys known = needed;
  known.insert(known.end(), more.begin(), more.end());
  for (const auto& [key, value] : found->second)
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw ConfigError(path + ": [" + echoed(name) + "] unknown key '" + echoed(key) + "'" +
                        config::did_you_mean(key, known));
  for (const auto& key : needed)
    if (found->second.count(key) == 0)
      throw ConfigError(path + ": [" + name + "] " + key + " is missing");
  return found->second;
}

bool is_citation(const std::string& text) {
  return !text.empty() && text.size() <= longest_citation &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// The number that a section has under `key`.
double number(const Section& keys, const char* key, double low, double high,
              const std::string& where, const std::string& otherwise = "") {
  const std::string& text = keys.at(key);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value) || value < low || value > high)
    throw ConfigError(where + key + " = '" + echoed(text) + "' is not valid; expected " +
                      files::number_text(low) + ".." + files::number_text(high) + otherwise);
  return value;
}

/// Value and bounds; of one source, where the section has no bounds.
Band band_of(const config::TechnologyConstant& constant, const Section& keys,
             const std::string& where) {
  const double value = number(keys, "value", constant.low, constant.high, where);
  if (keys.count("low") != keys.count("high")) {
    const bool low = keys.count("low") > 0;
    throw ConfigError(where + (low ? "high" : "low") + " is missing; expected both low and high, " +
                      "or neither where there is one source");
  }
  if (keys.count("low") == 0) return {value, value, value};
  const double low = number(keys, "low", constant.low, constant.high, where);
  const double high = number(keys, "high", constant.low, constant.high, where);
  const auto misplaced = [&](const char* key, const char* than) {
    return ConfigError(where + key + " = '" + echoed(keys.at(key)) +
                       "' is not valid; expected at " + than + " the value, " +
                       echoed(keys.at("value")));
  };
  if (low > value) throw misplaced("low", "most");
  if (high < value) throw misplaced("high", "least");
  return {value, low, high};
}

/// The process in which the source has its figure.
std::string node_of(const Section& keys, const std::string& where) {
  const auto found = keys.find("node");
  if (found == keys.end()) return "";
  if (found->second == any_node) return any_node;
  const auto& range = config::technology_constants()[config::technology_constant("process.node")];
  return files::number_text(
      number(keys, "node", range.low, range.high, where, std::string(" nm, or ") + any_node));
}

void expect_text(const Section& keys, const char* key, const std::string& where) {
  const auto found = keys.find(key);
  if (found != keys.end() && !is_citation(found->second))
    throw ConfigError(where + key + ": expected 1.." + std::to_string(longest_citation) +
                      " printable ASCII characters");
}

Technology::Value value_of(const config::TechnologyConstant& constant, const Sections& sections,
                           const std::string& path) {
  const auto& keys = section(sections, constant.name, {"value", "unit", "provenance", "citation"},
                             {"low", "high", "node", "conditions"}, path);
  const std::string where = path + ": [" + constant.name + "] ";
  if (keys.at("unit") != constant.unit)
    throw ConfigError(where + "unit = '" + echoed(keys.at("unit")) + "'; expected '" +
                      constant.unit + "'");
  const auto provenance = provenance_of(keys.at("provenance"));
  if (!provenance || *provenance == Provenance::given)
    throw ConfigError(where + "provenance = '" + echoed(keys.at("provenance")) +
                      "' is not valid; expected literature, derived, measured or assumption");
  expect_text(keys, "citation", where);
  expect_text(keys, "conditions", where);
  const auto conditions = keys.find("conditions");
  return {band_of(constant, keys, where), node_of(keys, where),
          conditions == keys.end() ? "" : conditions->second, *provenance, keys.at("citation")};
}

/// What a run was given for a constant, with its provenance: "literature: NeuroSim V1.3, ...".
Technology::Value given_value(const config::Settings& settings, const std::string& parameter) {
  Technology::Value value;
  const auto numbers = settings.reals(parameter);
  value.band = {numbers.front(), numbers.front(), numbers.front()};
  if (numbers.size() > 1) value.band = {numbers[0], numbers[1], numbers[2]};
  value.citation = settings.given_provenance(parameter);
  if (value.citation.empty()) {
    value.provenance = Provenance::given;
    value.citation = "for this run";
    return value;
  }
  const std::size_t colon = value.citation.find(": ");
  const auto provenance = provenance_of(value.citation.substr(0, colon));
  value.provenance = provenance.value_or(Provenance::given);
  if (provenance && colon != std::string::npos) value.citation.erase(0, colon + 2);
  return value;
}

/// As a parameter takes it.
std::string text_of(const Band& band) {
  const std::string value = config::exact_text(band.value);
  return band.one_source()
             ? value
             : value + "," + config::exact_text(band.low) + "," + config::exact_text(band.high);
}

}  // namespace

const char* name_of(Provenance provenance) {
  switch (provenance) {
    case Provenance::literature: return "literature";
    case Provenance::derived: return "derived";
    case Provenance::measured: return "measured";
    case Provenance::assumption: return "assumption";
    case Provenance::given: return "given";
  }
  throw std::logic_error("a provenance without a name");
}

std::string Technology::Value::sources() const {
  return std::string(name_of(provenance)) + ": " + citation;
}

Traced Technology::operator[](const std::string& constant) const {
  const std::size_t place = config::technology_constant(constant);
  const Value& value = values.at(place);
  return {value.band, value.provenance == Provenance::assumption, place};
}

Technology parse_technology(const std::string& text, const std::string& path) {
  const auto sections = sections_of(text, path);
  Technology technology;
  technology.name = section(sections, general, {"name"}, {}, path).at("name");
  if (!is_citation(technology.name))
    throw ConfigError(path + ": [technology] name: expected printable ASCII characters");
  for (const auto& constant : config::technology_constants())
    technology.values.push_back(value_of(constant, sections, path));
  return technology;
}

Technology read_technology(const std::string& name_or_path) {
  for (const auto& technology : config::shipped_technologies)
    if (name_or_path == technology.name)
      return parse_technology(technology.text, name_or_path + ".ini");
  return parse_technology(files::read_text(name_or_path, files::technology_file), name_or_path);
}

Technology resolve_technology(config::Settings& settings, const std::string& otherwise) {
  const std::string parameter = "energy.technology";
  if (settings.is(parameter, "auto")) settings.resolve(parameter, otherwise);
  auto technology = read_technology(settings.text(parameter));
  const auto& constants = config::technology_constants();
  for (std::size_t i = 0; i < constants.size(); ++i) {
    const std::string name = constants[i].parameter();
    auto& value = technology.values[i];
    if (!settings.is(name, "auto")) {
      const auto given = given_value(settings, name);
      const bool own =
          text_of(given.band) == text_of(value.band) && given.sources() == value.sources();
      if (!own) value = given;
    }
    settings.resolve(name, text_of(value.band), value.sources());
  }
  return technology;
}

}  // namespace topkima::energy
