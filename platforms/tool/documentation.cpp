// SPDX-License-Identifier: Apache-2.0
#include "tool/documentation.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "files/json_text.h"
#include "files/names.h"
#include "files/text.h"
#include "tool/json_name.h"
#include "version.h"

namespace topkima::platforms {
namespace {

namespace po = boost::program_options;
using json = nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::string usage(const Program& program) {
  return program.name() + " [options] [--section.key=value ...]";
}

std::vector<const config::Parameter*> parameters_of(const Program& program) {
  std::vector<const config::Parameter*> all;
  for (const auto& parameter : config::parameter_table())
    if (program.takes(parameter)) all.push_back(&parameter);
  return all;
}

std::string list_text(const std::vector<const config::Parameter*>& parameters,
                      const config::Settings& settings) {
  std::string list;
  for (const auto* parameter : parameters) {
    const std::string provenance = settings.provenance(parameter->name);
    // What is known of a value says nothing about the default.
    const bool given = provenance != parameter->provenance();
    list += parameter->name + " = " + files::one_line(settings.text(parameter->name)) +
            (parameter->unit.empty() ? "" : " " + parameter->unit) + "\n    " + parameter->meaning +
            "\n    range: " + parameter->range() + "; default: " + parameter->default_value +
            (given ? "; this value: " : ", ") + provenance + "\n";
  }
  return list;
}

std::string list_json(const std::vector<const config::Parameter*>& parameters,
                      const config::Settings& settings) {
  json list = json::array();
  for (const auto* parameter : parameters) {
    json entry{{"name", parameter->name},
               {"kind", config::name(parameter->kind)},
               {"value", parameter->is_path() ? json_name(settings.text(parameter->name))
                                              : settings.text(parameter->name)},
               {"default", parameter->default_value},
               {"unit", parameter->unit},
               {"words", parameter->words},
               {"range", parameter->range()},
               {"meaning", parameter->meaning},
               {"provenance", settings.provenance(parameter->name)},
               {"affects_results", !parameter->view_only},
               {"steps", parameter->steps_from(settings.text(parameter->name))}};
    if (parameter->is_number()) {
      entry["low"] = parameter->low;
      entry["high"] = parameter->high;
    }
    list.push_back(entry);
  }
  return files::json_text(list, 1) + "\n";
}

/// For roff: no hyphen becomes a dash, and no line of text a request.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else
      escaped += c;
  }
  const bool request = !escaped.empty() && (escaped[0] == '.' || escaped[0] == '\'');
  return (request ? "\\&" : "") + escaped;
}

std::string roff_option(const po::option_description& option, const std::string& description) {
  // "[=text(=text)]" where it may be left out.
  const std::string value = option.semantic()->max_tokens() > 0 ? option.semantic()->name() : "";
  return ".TP\n\\fB" + roff("--" + option.long_name()) + "\\fR" +
         (value.empty() || value[0] == '[' ? "" : "=") +
         (value.empty() ? "" : "\\fI" + roff(value) + "\\fR") + "\n" + roff(description) + "\n";
}

std::string roff_parameter(const po::option_description& option) {
  const auto& parameter = *config::find_parameter(option.long_name());
  return roff_option(option, parameter.meaning + ". " + parameter.expected() + "; default " +
                                 parameter.default_value + ", " + parameter.provenance() + ".");
}

/// Words that bash may offer for an option's value, or -f or -d: names of files or directories.
std::string values_of(const po::option_description& option) {
  if (const auto* parameter = config::find_parameter(option.long_name())) {
    if (parameter->kind == config::Kind::boolean) return "true false";
    if (parameter->kind == config::Kind::text) return "";
    if (parameter->kind == config::Kind::file) return "-f";
    if (parameter->kind == config::Kind::directory) return "-d";
    return joined(files::parts_of(parameter->words), " ");
  }
  std::string shown = option.semantic()->name();
  // "[=arg(=text)]" of a value that may be left out.
  if (shown.find("text|json") != std::string::npos) return "text json";
  if (shown.find("DIR") != std::string::npos) return "-d";
  if (shown.find("FILE") != std::string::npos) return "-f";
  return shown.find('|') == std::string::npos ? "" : joined(files::parts_of(shown, '|'), " ");
}

/// The option of this name, and those that begin with it and a dot.
po::options_description called(const std::string& name, const po::options_description& options) {
  po::options_description found;
  for (const auto& option : options.options())
    if (option->long_name() == name || option->long_name().rfind(name + ".", 0) == 0)
      found.add(option);
  return found;
}

}  // namespace

std::string help_text(const Program& program, const std::vector<OptionGroup>& groups,
                      const std::string& topic) {
  std::ostringstream text;
  text.exceptions(std::ios::badbit);  // else what finds no memory is missing without a word
  std::vector<std::string> topics{"all"}, sections;
  for (const auto& group : groups) {
    topics.push_back(group.topic);
    if (group.parameters) sections.push_back(group.topic);
    if (topic == group.topic)
      text << group.options;
    else if (const auto some = called(topic, group.options); !some.options().empty())
      text << some;
  }
  if (!text.str().empty()) return text.str();
  if (!topic.empty() && topic != "all")
    throw ConfigError("command line: --help: there is no topic '" + echoed(topic) + "' among " +
                      joined(topics, ", ") + config::did_you_mean(topic, topics));
  text << program.name() << ": " << program.purpose << "\n\nusage: " << usage(program) << "\n";
  for (const auto& group : groups)
    if (!group.parameters || topic == "all") text << "\n" << group.options;
  if (topic.empty()) {
    text << "\nParameters, by section (--help SECTION tells of one, --help all of every option):\n";
    std::string line = " ";
    for (const auto& section : sections) {
      if (line.size() + section.size() > 78) {
        text << line << "\n";
        line = " ";
      }
      line += " " + section;
    }
    text << line << "\n";
  }
  return text.str();
}

std::string parameter_list(const Program& program, const config::Settings& settings,
                           const std::string& wanted) {
  const auto all = parameters_of(program);
  std::vector<const config::Parameter*> chosen;
  bool as_json = false, named = false;
  for (const auto& word : files::parts_of(wanted)) {
    if (word == "text" || word == "json") {
      as_json = word == "json";
      continue;
    }
    named = true;
    const std::size_t before = chosen.size();
    for (const auto* parameter : all)
      if (parameter->name == word || parameter->section() == word) chosen.push_back(parameter);
    if (chosen.size() > before) continue;
    std::vector<std::string> names;
    for (const auto* parameter : all) {
      names.push_back(parameter->name);
      names.push_back(parameter->section());
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    throw ConfigError("command line: --list-parameters = '" + echoed(word) +
                      "'; expected text, json, a section or a parameter" +
                      config::did_you_mean(word, names));
  }
  const auto& listed = named ? chosen : all;
  return as_json ? list_json(listed, settings) : list_text(listed, settings);
}

std::string manual_page(const Program& program, const std::vector<OptionGroup>& groups) {
  std::string name = program.name(), capitals = name;
  std::transform(name.begin(), name.end(), capitals.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string page = ".TH " + capitals + " 1 \"\" \"topkima " + version::project +
                     "\" \"User Commands\"\n.SH NAME\n" + roff(name) + " \\- simulates " +
                     roff(program.purpose) + "\n.SH SYNOPSIS\n" + roff(usage(program)) +
                     "\n.SH OPTIONS\n";
  for (const auto& group : groups) {
    if (group.parameters) continue;
    page += ".SS " + roff(group.topic) + "\n";
    for (const auto& option : group.options.options())
      page += roff_option(*option, option->description());
  }
  page +=
      ".SH PARAMETERS\nOptions, or keys of a file for \\-\\-config. A number may carry its unit.\n";
  for (const auto& group : groups) {
    if (!group.parameters) continue;
    page += ".SS " + roff(group.topic) + "\n";
    for (const auto& option : group.options.options()) page += roff_parameter(*option);
  }
  const std::pair<int, const char*> codes[] = {
      {0, "results were written, or what was asked for was printed."},
      {ConfigError("").exit_code, "usage or configuration."},
      {DataError("").exit_code, "input data."},
      {SimulationError("").exit_code,
       "the simulation failed, or its results could not be stored."}};
  page += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : codes)
    page += ".TP\n" + std::to_string(code) + "\n" + roff(meaning) + "\n";
  return page;
}

std::string completion(const Program& program, const std::vector<OptionGroup>& groups) {
  std::string options, cases, topics = "all", function = "_" + program.name();
  std::replace(function.begin(), function.end(), '-', '_');
  for (const auto& group : groups) {
    topics += " " + group.topic;
    for (const auto& option : group.options.options()) {
      options += " --" + option->long_name();
      const std::string values = values_of(*option);
      if (option->long_name() == "help")
        cases += "    --help) values=$topics ;;\n";
      else if (!values.empty())
        cases += "    --" + option->long_name() + ") values='" + values + "' ;;\n";
    }
  }
  return "# Completion of " + program.name() +
         "'s options and their values, for bash to source.\n" + function + "() {\n" +
         "  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} values=\n"
         "  local topics='" +
         topics +
         "'\n"
         "  # bash takes --option=value for three words\n"
         "  if [[ $word == = ]]; then word=\n"
         "  elif [[ $option == = ]]; then option=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
         "  case $option in\n" +
         cases + "    *) values='" + options.substr(1) +
         "' ;;\n"
         "  esac\n"
         "  [[ $word == --* ]] && values='" +
         options.substr(1) +
         "'\n"
         "  case $values in\n"
         "    -f | -d) COMPREPLY=($(compgen \"$values\" -- \"$word\")) ;;\n"
         "    *) COMPREPLY=($(compgen -W \"$values\" -- \"$word\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -o bashdefault -F " +
         function + " " + program.name() + "\n";
}

}  // namespace topkima::platforms
