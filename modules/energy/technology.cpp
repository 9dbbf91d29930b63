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

using Sections = std::map<std::string, std::map<std::string, std::string>>;

constexpr std::size_t longest_citation = 280;
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

/// The keys of a section, which must be these.
const std::map<std::string, std::string>& section(const Sections& sections, const std::string& name,
                                                  const std::vector<std::string>& keys,
                                                  const std::string& path) {
  const auto found = sections.find(name);
  if (found == sections.end()) throw ConfigError(path + ": section [" + name + "] is missing");
  for (const auto& [key, value] : found->second)
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      throw ConfigError(path + ": [" + echoed(name) + "] unknown key '" + echoed(key) + "'" +
                        config::did_you_mean(key, keys));
  for (const auto& key : keys)
    if (found->second.count(key) == 0)
      throw ConfigError(path + ": [" + name + "] " + key + " is missing");
  return found->second;
}

bool is_citation(const std::string& text) {
  return !text.empty() && text.size() <= longest_citation &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

double number(const config::TechnologyConstant& constant, const std::string& text,
              const std::string& where) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value) || value < constant.low ||
      value > constant.high)
    throw ConfigError(where + "value = '" + echoed(text) + "' is not valid; expected " +
                      files::number_text(constant.low) + ".." + files::number_text(constant.high));
  return value;
}

Technology::Value value_of(const config::TechnologyConstant& constant, const Sections& sections,
                           const std::string& path) {
  const auto& keys =
      section(sections, constant.name, {"value", "unit", "provenance", "citation"}, path);
  const std::string where = path + ": [" + constant.name + "] ";
  if (keys.at("unit") != constant.unit)
    throw ConfigError(where + "unit = '" + echoed(keys.at("unit")) + "'; expected '" +
                      constant.unit + "'");
  const auto provenance = provenance_of(keys.at("provenance"));
  if (!provenance || *provenance == Provenance::given)
    throw ConfigError(where + "provenance = '" + echoed(keys.at("provenance")) +
                      "' is not valid; expected literature, derived, measured or assumption");
  if (!is_citation(keys.at("citation")))
    throw ConfigError(where + "citation: expected 1.." + std::to_string(longest_citation) +
                      " printable ASCII characters");
  return {number(constant, keys.at("value"), where), *provenance, keys.at("citation")};
}

/// What a run was given for a constant: "literature: NeuroSim V1.3, ...".
Technology::Value given_value(const config::Settings& settings, const std::string& parameter) {
  Technology::Value value;
  value.value = settings.real(parameter);
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

Traced Technology::operator[](const std::string& constant) const {
  const std::size_t place = config::technology_constant(constant);
  const Value& value = values.at(place);
  return {value.value, value.provenance == Provenance::assumption, place};
}

Technology parse_technology(const std::string& text, const std::string& path) {
  const auto sections = sections_of(text, path);
  Technology technology;
  technology.name = section(sections, general, {"name"}, path).at("name");
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
    if (!settings.is(name, "auto")) value = given_value(settings, name);
    settings.resolve(name, config::exact_text(value.value),
                     std::string(name_of(value.provenance)) + ": " + value.citation);
  }
  return technology;
}

}  // namespace topkima::energy
