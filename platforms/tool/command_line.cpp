// SPDX-License-Identifier: Apache-2.0
#include "tool/command_line.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <systemc>

#include "config/choices.h"
#include "files/json_text.h"
#include "files/names.h"
#include "files/shipped.h"
#include "report/stage_table.h"
#include "tool/documentation.h"
#include "version.h"

namespace topkima::platforms {
namespace {

namespace po = boost::program_options;
using json = nlohmann::ordered_json;

const char* const manual_option = "print-manual";
const char* const completion_option = "print-completion";

po::options_description general_options(const Program& program) {
  po::options_description options("Running (--help running)");
  options.add_options()(
      "help,h", po::value<std::string>()->implicit_value("")->value_name("TOPIC"),
      "this text; of a topic: as a heading says, a section of parameters, an option, or all")(
      "version", "version and libraries")(
      "list-parameters",
      po::value<std::string>()->implicit_value("text")->value_name("text|json,SECTION,NAME"),
      "every parameter, or those named: value, unit, range, meaning, provenance")(
      "list-metrics", po::value<std::string>()->implicit_value("text")->value_name("text|json"),
      "every number by which runs are compared; with --model those of encoders")(
      "list-stages", po::value<std::string>()->implicit_value("text")->value_name("text|json"),
      "every kind of stage, as data pass them: label, components, fidelity, RTL")(
      "config", po::value<std::vector<std::string>>()->value_name("FILE.ini"),
      "parameters from a file; repeatable, later files win")(
      "input", po::value<std::string>()->value_name("DIR"),
      "tensors to work on (docs/files.md); without it, synthetic ones")(
      "output", po::value<std::string>()->value_name("DIR"),
      "where results go (default topkima-results)")(
      "seed", po::value<std::string>()->value_name("N"), "same as --workload.seed")(
      "fidelity",
      po::value<std::string>()->value_name(config::words<config::Fidelity>("|").c_str()),
      "same as --fidelity.all")(
      "softmax",
      po::value<std::string>()->value_name(config::words<config::SoftmaxMacro>("|").c_str()),
      "same as --softmax.macro (docs/baselines.md)")(
      "scaling", po::value<std::string>()->value_name(config::words<config::Scaling>("|").c_str()),
      "same as --attention.scaling")(
      "technology", po::value<std::string>()->value_name("NAME|FILE.ini"),
      "same as --energy.technology (docs/energy-model.md)")("quiet", "no progress and no summary")(
      "runs", po::value<std::string>()->value_name("N"),
      "N runs, noise.seed one more in each, and their statistics (docs/nonidealities.md)")(
      "batch", "many runs: points on standard input, answers on standard output (docs/batch.md)")(
      "what-if", "also what one step of each parameter would gain and cost (docs/what-if.md)");
  if (program.takes_model())
    options.add_options()("model", po::value<std::string>()->value_name("DIR"),
                          "a trained encoder to run, on the samples of --input FILE.npz "
                          "(docs/encoder.md)");
  if (program.takes(*config::find_parameter("pipeline.sequences")))
    options.add_options()("sequences", po::value<std::string>()->value_name("N"),
                          "same as --pipeline.sequences");
  options.add_options()(manual_option, "a manual page: man -l FILE")(
      completion_option, "completion of options for bash: source <(... --print-completion)");
  for (const auto& printout : program.printouts)
    options.add_options()(printout.option.c_str(), printout.meaning.c_str());
  return options;
}

/// Those of the program, by section. A file may hold those of others.
void add_parameters(const Program& program, std::vector<OptionGroup>& groups) {
  for (const auto& parameter : config::parameter_table()) {
    if (!program.takes(parameter)) continue;
    const std::string section = parameter.section();
    if (groups.back().topic != section)
      groups.push_back({section, true, po::options_description("[" + section + "]")});
    const std::string unit = parameter.unit.empty() ? "" : " [" + parameter.unit + "]";
    const std::string choices =
        parameter.kind == config::Kind::choice ? " {" + parameter.words + "}" : "";
    groups.back().options.add_options()(
        parameter.name.c_str(), po::value<std::string>()->value_name(parameter.default_value),
        (parameter.meaning + unit + choices).c_str());
  }
}

std::vector<OptionGroup> option_groups(const Program& program) {
  std::vector<OptionGroup> groups{{"running", false, general_options(program)},
                                  {"observing", false, observation_options()}};
  add_parameters(program, groups);
  return groups;
}

void print_metrics(const std::vector<report::MetricText>& metrics, bool as_json) {
  json list = json::array();
  for (const auto& metric : metrics) {
    if (as_json)
      list.push_back({{"name", metric.name}, {"unit", metric.unit}, {"meaning", metric.meaning}});
    else
      std::cout << metric.name << (metric.unit.empty() ? "" : " [" + metric.unit + "]") << "\n    "
                << metric.meaning << "\n";
  }
  if (as_json) std::cout << files::json_text(list, 1) << "\n";
}

std::string version_text(const Program& program) {
  return program.name() + " " + version::project + " (" + version::git_revision + ", model " +
         version::model_revision + "), " + sc_core::sc_version() + ", compiler " +
         version::compiler;
}

std::string path_of(const std::string& option, const std::string& value) {
  if (value.empty()) throw ConfigError("command line: --" + option + " needs a directory's name");
  return value;
}

int runs_of(const std::string& value) {
  constexpr long least = 2, most = 10000;
  char* end = nullptr;
  const long runs = std::strtol(value.c_str(), &end, 10);
  if (value.empty() || *end != '\0' || runs < least || runs > most)
    throw ConfigError("command line: --runs = '" + echoed(value) + "' is not valid; expected " +
                      std::to_string(least) + ".." + std::to_string(most));
  return static_cast<int>(runs);
}

/// Prints a table, as text or JSON.
bool is_listing(const std::string& option) { return option.rfind("list-", 0) == 0; }

/// Files and options.
void take_given(const Arguments& arguments, config::Settings& settings) {
  for (const auto& file : arguments.configs) settings.read_ini(file);
  for (const auto& [name, value] : arguments.parameters) settings.set(name, value, "command line");
}

/// What stands behind an option that needs something there.
std::string expected_behind(const po::options_description& options, const std::string& name) {
  if (const auto* parameter = config::find_parameter(name)) return parameter->expected();
  return options.find(name, false).format_parameter();
}

/// What an option that is no part of a run asks for.
void print(const Program& program, const std::vector<OptionGroup>& groups, const std::string& what,
           const std::string& format, const Arguments& arguments) {
  if (what == "help") std::cout << help_text(program, groups, format);
  if (what == manual_option) std::cout << manual_page(program, groups);
  if (what == completion_option) std::cout << completion(program, groups);
  if (what == "version") std::cout << version_text(program) << "\n";
  for (const auto& printout : program.printouts)
    if (what == printout.option) std::cout << printout.text();
  if (!is_listing(what)) return;
  if (what == "list-parameters") {
    config::Settings settings;
    take_given(arguments, settings);
    std::cout << parameter_list(program, settings, format);
    return;
  }
  if (!format.empty() && format != "text" && format != "json")
    throw ConfigError("command line: --" + what + "=" + echoed(format) + "; expected text or json");
  const bool as_json = format == "json";
  if (what == "list-stages") {
    std::cout << (as_json ? report::stage_table_json() : report::stage_table_text());
    return;
  }
  print_metrics(program.machine_for(arguments.sources).metrics(), as_json);
}

}  // namespace

bool parse(const Program& program, int argc, char** argv, Arguments& arguments) {
  const auto groups = option_groups(program);
  po::options_description all;
  for (const auto& group : groups) all.add(group.options);
  const auto observing = observation_options();
  const auto style =
      po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  const std::map<std::string, std::string> short_names{
      {"seed", "workload.seed"},           {"fidelity", "fidelity.all"},
      {"softmax", "softmax.macro"},        {"scaling", "attention.scaling"},
      {"sequences", "pipeline.sequences"}, {"technology", "energy.technology"}};
  po::parsed_options parsed(nullptr);
  try {
    parsed = po::command_line_parser(argc, argv).options(all).style(style).run();
  } catch (const po::unknown_option& error) {
    std::string name = error.get_option_name();
    name.erase(0, name.find_first_not_of('-'));
    name.erase(std::min(name.find('='), name.size()));
    std::vector<std::string> names;
    for (const auto& option : all.options()) names.push_back(option->long_name());
    throw ConfigError("command line: unknown option '" + echoed(name) + "'" +
                      config::did_you_mean(name, names));
  } catch (const po::invalid_command_line_syntax& error) {
    const bool missing =
        error.kind() == error.empty_adjacent_parameter || error.kind() == error.missing_parameter;
    std::string name = error.get_option_name();
    name.erase(0, name.find_first_not_of('-'));
    throw ConfigError("command line: " +
                      (missing ? "--" + name + " needs a value: " + expected_behind(all, name)
                               : echoed(error.what())));
  } catch (const po::error& error) {
    throw ConfigError("command line: " + echoed(error.what()));
  }
  std::optional<std::pair<std::string, std::string>> answer;
  for (const auto& option : parsed.options) {
    const std::string& name = option.string_key;
    const bool is_topic = answer && answer->first == "help" && answer->second.empty();
    if (option.position_key >= 0 && is_topic) {
      answer->second = option.value.front();
      continue;
    }
    if (option.position_key >= 0)
      throw ConfigError("command line: '" + echoed(option.value.front()) + "' is not an option");
    const std::string value = option.value.empty() ? "" : option.value.front();
    if (name == "config")
      arguments.configs.push_back(value);
    else if (name == "input")
      arguments.sources.input = files::given_or_shipped(path_of(name, value));
    else if (name == "model")
      arguments.sources.model = files::given_or_shipped(path_of(name, value));
    else if (name == "output")
      arguments.output = path_of(name, value);
    else if (name == "cosim.coverage")
      arguments.coverage = path_of(name, value);
    else if (name == "quiet")
      arguments.quiet = true;
    else if (name == "runs")
      arguments.runs = runs_of(value);
    else if (name == "batch")
      arguments.batch = true;
    else if (name == "what-if")
      arguments.what_if = true;
    else if (option.value.empty() || is_listing(name) || name == "help")
      answer = {name, value};
    else if (observing.find_nothrow(name, false))
      arguments.observation.emplace_back(name, value);
    else
      arguments.parameters.emplace_back(short_names.count(name) ? short_names.at(name) : name,
                                        value);
  }
  if (arguments.what_if && (arguments.batch || arguments.runs > 0))
    throw ConfigError("command line: --what-if tries steps from one run; --" +
                      std::string(arguments.batch ? "batch" : "runs") + " makes many");
  if (!answer) return true;
  print(program, groups, answer->first, answer->second, arguments);
  return false;
}

config::Settings gather(const Arguments& arguments, const Sources& sources, Runner& runner) {
  config::Settings settings;
  runner.take_hardware(sources, settings);
  take_given(arguments, settings);
  return settings;
}

}  // namespace topkima::platforms
