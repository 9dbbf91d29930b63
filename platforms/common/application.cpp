#include "application.h"

#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <systemc>

#include "divergence_wave.h"
#include "interrupt.h"
#include "observation_options.h"
#include "observe/output_directory.h"
#include "observe/report.h"
#include "observers.h"
#include "registers/register_map.h"
#include "version.h"

namespace topkima::platforms {
namespace {

namespace po = boost::program_options;

// The kernel prints its copyright before sc_main unless told not to.
const int quiet_kernel = ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);

struct Arguments {
  std::vector<std::string> configs;
  std::string input, output;
  bool quiet = false;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< in the order given
  GivenOptions observation;
};

po::options_description general_options(const Tool& tool) {
  po::options_description options("Running");
  options.add_options()("help", "this text")("version", "version and libraries")(
      "list-parameters", "every parameter: value, unit, range, meaning, provenance")(
      "config", po::value<std::vector<std::string>>()->value_name("FILE.ini"),
      "parameters from a file; repeatable, later files win")(
      "input", po::value<std::string>()->value_name("DIR"),
      "tensors to work on (docs/files.md); without it, synthetic ones")(
      "output", po::value<std::string>()->value_name("DIR"),
      "where results go (default topkima-results)")(
      "seed", po::value<std::string>()->value_name("N"), "same as --workload.seed")(
      "fidelity", po::value<std::string>()->value_name("row|cycle"), "same as --fidelity.all")(
      "quiet", "no progress and no summary");
  if (tool.is_soc)
    options.add_options()("sequences", po::value<std::string>()->value_name("N"),
                          "same as --pipeline.sequences")(
        "print-register-map", "docs/register-map.md")("print-register-header",
                                                      "the registers as a C header");
  return options;
}

/// Those of the tool. A file may hold those of both.
std::vector<po::options_description> parameter_options(const Tool& tool) {
  std::vector<po::options_description> groups;
  std::string section;
  for (const auto& parameter : config::parameter_table()) {
    if (parameter.soc_only && !tool.is_soc) continue;
    if (parameter.section() != section) {
      section = parameter.section();
      groups.emplace_back("[" + section + "]");
    }
    const std::string unit = parameter.unit.empty() ? "" : " [" + parameter.unit + "]";
    const std::string choices =
        parameter.kind == config::Kind::choice ? " {" + parameter.words + "}" : "";
    groups.back().add_options()(parameter.name.c_str(),
                                po::value<std::string>()->value_name(parameter.default_value),
                                (parameter.meaning + unit + choices).c_str());
  }
  return groups;
}

void print_help(const Tool& tool) {
  std::cout << tool.name << ": " << tool.purpose << "\n\nusage: " << tool.name
            << " [options] [--section.key=value ...]\n\n"
            << general_options(tool) << "\n"
            << observation_options();
  for (const auto& group : parameter_options(tool)) std::cout << "\n" << group;
}

void print_parameters(const Tool& tool, const config::Settings& settings) {
  for (const auto& parameter : config::parameter_table()) {
    if (parameter.soc_only && !tool.is_soc) continue;
    // What came with a value says nothing about the default.
    const bool given = !settings.given_provenance(parameter.name).empty();
    std::cout << parameter.name << " = " << settings.text(parameter.name)
              << (parameter.unit.empty() ? "" : " " + parameter.unit) << "\n    "
              << parameter.meaning << "\n    range: " << parameter.range()
              << "; default: " << parameter.default_value << (given ? "; this value: " : ", ")
              << settings.provenance(parameter.name) << "\n";
  }
}

std::string version_text(const Tool& tool) {
  return tool.name + " " + version::project + " (" + version::git_revision + "), " +
         sc_core::sc_version() + ", compiler " + version::compiler;
}

std::string path_of(const std::string& option, const std::string& value) {
  if (value.empty()) throw ConfigError("command line: --" + option + " needs a directory's name");
  return value;
}

/// Fills `arguments`; returns false when an option has already been answered on standard output.
bool parse(const Tool& tool, int argc, char** argv, Arguments& arguments) {
  auto all = general_options(tool);
  const auto observing = observation_options();
  all.add(observing);
  for (const auto& group : parameter_options(tool)) all.add(group);
  const auto style =
      po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  const std::map<std::string, std::string> short_names{
      {"seed", "workload.seed"}, {"fidelity", "fidelity.all"}, {"sequences", "pipeline.sequences"}};
  po::parsed_options parsed(nullptr);
  try {
    parsed = po::command_line_parser(argc, argv).options(all).style(style).run();
  } catch (const po::unknown_option& error) {
    std::string name = error.get_option_name();
    name.erase(0, name.find_first_not_of('-'));
    name.erase(std::min(name.find('='), name.size()));
    std::vector<std::string> names;
    for (const auto& option : all.options()) names.push_back(option->long_name());
    throw ConfigError("command line: unknown option '" + name + "'; did you mean '" +
                      config::nearest(name, names) + "'?");
  } catch (const po::error& error) {
    throw ConfigError(std::string("command line: ") + error.what());
  }
  std::optional<std::string> answer;
  for (const auto& option : parsed.options) {
    const std::string& name = option.string_key;
    if (option.position_key >= 0)
      throw ConfigError("command line: '" + option.value.front() + "' is not an option");
    const std::string value = option.value.empty() ? "" : option.value.front();
    if (name == "config")
      arguments.configs.push_back(value);
    else if (name == "input")
      arguments.input = path_of(name, value);
    else if (name == "output")
      arguments.output = path_of(name, value);
    else if (name == "quiet")
      arguments.quiet = true;
    else if (option.value.empty())
      answer = name;
    else if (observing.find_nothrow(name, false))
      arguments.observation.emplace_back(name, value);
    else
      arguments.parameters.emplace_back(short_names.count(name) ? short_names.at(name) : name,
                                        value);
  }
  if (!answer) return true;
  if (*answer == "help") print_help(tool);
  if (*answer == "version") std::cout << version_text(tool) << "\n";
  if (*answer == "print-register-map") std::cout << registers::markdown();
  if (*answer == "print-register-header") std::cout << registers::c_header();
  if (*answer == "list-parameters") {
    config::Settings settings;
    for (const auto& file : arguments.configs) settings.read_ini(file);
    for (const auto& [name, value] : arguments.parameters)
      settings.set(name, value, "command line");
    print_parameters(tool, settings);
  }
  return false;
}

config::Settings gather(const Arguments& arguments) {
  config::Settings settings;
  if (!arguments.input.empty()) workload::read_meta(arguments.input, settings);
  for (const auto& file : arguments.configs) settings.read_ini(file);
  for (const auto& [name, value] : arguments.parameters) settings.set(name, value, "command line");
  return settings;
}

void write_results(const observe::OutputDirectory& directory, const config::Settings& settings,
                   const observe::RunResult& run) {
  const auto& results = run.results;
  const auto write = [&](const char* name, const std::string& bytes) {
    check_interrupt();
    directory.write(name, bytes);
  };
  const auto heads = std::size_t(results.heads), rows = std::size_t(results.rows);
  const std::vector<std::size_t> winners{heads, rows, std::size_t(results.winners)};
  const std::vector<std::size_t> crossbars{heads, rows, std::size_t(results.crossbars)};
  const std::vector<std::size_t> values{heads, rows, std::size_t(results.d_k)};
  write("topk_index.npy", workload::npy_bytes(winners, results.topk_index));
  write("topk_code.npy", workload::npy_bytes(winners, results.topk_code));
  write("probability.npy", workload::npy_bytes(winners, results.probability));
  write("convert_cycles.npy", workload::npy_bytes(crossbars, results.convert_cycles));
  write("output.npy", workload::npy_bytes(values, results.output));
  write("output_real.npy",
        workload::npy_bytes(values, observe::real_output(results, run.config, run.scales)));
  write("report.json", observe::report_json(settings, run));
  write("effective.ini", observe::effective_ini(settings, run));
}

std::string run_json(const Tool& tool, int argc, char** argv, const std::string& input,
                     double seconds) {
  const std::string whole_path =
      input.empty() ? "" : std::filesystem::absolute(input).lexically_normal().string();
  const nlohmann::ordered_json run{{"tool", tool.name},
                                   {"version", version::project},
                                   {"git_revision", version::git_revision},
                                   {"systemc", sc_core::sc_version()},
                                   {"compiler", version::compiler},
                                   {"command_line", std::vector<std::string>(argv, argv + argc)},
                                   {"input", whole_path},
                                   {"wall_seconds", seconds}};
  return run.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// One updating line on a terminal, gone when the object is.
class ProgressLine {
 public:
  explicit ProgressLine(bool shown) : shown_(shown) {}
  ~ProgressLine() {
    if (shown_) std::fputs("\r                  \r", stderr);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  Progress progress() const {
    if (!shown_) return {};
    return [](double share) { std::fprintf(stderr, "\r%3.0f %% of the rows", 100 * share); };
  }

 private:
  bool shown_;
};

std::string output_of(const Arguments& arguments) {
  return arguments.output.empty() ? "topkima-results" : arguments.output;
}

void run_simulation(const Tool& tool, int argc, char** argv, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  config::Settings settings = gather(arguments);
  if (arguments.input.empty()) {
    // What does not fit is refused before its tensors are made.
    auto tried = settings;
    config::resolve(tried, workload::synthetic_shape(settings, tool.projected_synthetic));
  }
  const auto workload = arguments.input.empty()
                            ? workload::make_workload(settings, tool.projected_synthetic)
                            : workload::read_workload(arguments.input, settings);
  const std::string output = output_of(arguments);
  Observation observation = make_observation(arguments.observation, settings);
  if (observation.vectors) observation.vectors->command_line.assign(argv, argv + argc);
  check_places(observation, output);
  observe::OutputDirectory directory(output);
  const auto run = [&] {
    const ProgressLine line(!arguments.quiet && ::isatty(STDERR_FILENO));
    observation.progress = line.progress();
    return tool.simulate(settings, workload, observation);
  }();

  write_results(directory, settings, run);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  check_interrupt();
  directory.write("run.json", run_json(tool, argc, argv, arguments.input, wall.count()));
  directory.commit();
  if (!arguments.quiet)
    std::cout << observe::summary(settings, run) << "full report     " << output
              << "/report.json\n";
  std::cout << run.observed;
  if (run.diverged) throw *run.diverged;
}

/// A user who has asked for a waveform has one.
bool watches(const Arguments& arguments) {
  return std::any_of(arguments.observation.begin(), arguments.observation.end(),
                     [](const auto& option) { return option.first == "wave"; });
}

/// A message quotes what it was given; control characters in it must not break the line.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace

int run_tool(const Tool& tool, int argc, char** argv) {
  Arguments arguments;
  try {
    catch_interrupts();
    if (parse(tool, argc, argv, arguments)) run_simulation(tool, argc, argv, arguments);
    std::cout.flush();
    if (!std::cout) throw SimulationError("standard output cannot be written");
    return 0;
  } catch (const Stopped& stopped) {
    std::cout << stopped.text << "no results were written\n" << std::flush;
    return 0;
  } catch (const Interrupted& interrupted) {
    std::cout.flush();
    std::cerr << tool.name << ": interrupted, no results were written\n";
    end_by(interrupted);
  } catch (const Diverged& diverged) {
    std::cout.flush();
    std::cerr << tool.name << ": " << diverged.what() << "\n" << diverged.details;
    if (!watches(arguments))
      std::cerr << record_divergence(diverged, argc, argv, output_of(arguments) + "-divergence.vcd")
                << "\n";
    return diverged.exit_code;
  } catch (const Error& error) {
    std::cerr << tool.name << ": " << one_line(error.what()) << "\n";
    if (!error.details.empty()) std::cerr << error.details << "\n";
    return error.exit_code;
  } catch (const std::bad_alloc&) {
    std::cerr << tool.name << ": not enough memory for this workload\n";
    return 4;
  } catch (const std::exception& error) {
    std::cerr << tool.name << ": " << one_line(error.what()) << "\n";
    return 4;
  }
}

}  // namespace topkima::platforms
