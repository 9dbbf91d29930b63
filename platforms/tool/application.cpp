// SPDX-License-Identifier: Apache-2.0
#include "tool/application.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <systemc>
#include <utility>

#include "files/json_text.h"
#include "files/names.h"
#include "files/output_directory.h"
#include "report/report_parts.h"
#include "run/interrupt.h"
#include "run/session.h"
#include "tool/batch.h"
#include "tool/command_line.h"
#include "tool/divergence_wave.h"
#include "tool/json_name.h"
#include "tool/monte_carlo.h"
#include "tool/what_if.h"
#include "version.h"

namespace topkima::platforms {

namespace {

/// Of what was given, as it is seen from anywhere.
std::string place(const std::string& path) {
  return path.empty() ? "" : json_name(files::absolute(path));
}

}  // namespace

std::string run_json(const Program& program, int argc, char** argv, const Arguments& arguments,
                     const Identity& identity, const files::OutputDirectory& directory,
                     double seconds) {
  nlohmann::ordered_json run{{"tool", program.name()},
                             {"version", version::project},
                             {"git_revision", version::git_revision},
                             {"model_revision", version::model_revision},
                             {"systemc", sc_core::sc_version()},
                             {"compiler", version::compiler},
                             {"command_line", std::vector<std::string>(argv, argv + argc)},
                             {"input", place(arguments.sources.input)},
                             {"wall_seconds", seconds}};
  if (!arguments.sources.model.empty()) run["model"] = place(arguments.sources.model);
  run["identity"] = identity.digest;
  run["files"] = nlohmann::ordered_json::object();
  for (const auto& file : identity.files) run["files"][file.what] = file.sha256;
  run[files::OutputDirectory::list_key] = directory.names();
  return files::json_text(run, 1) + "\n";
}

std::string output_of(const Arguments& arguments) {
  return arguments.output.empty() ? "topkima-results" : arguments.output;
}

namespace {

// The kernel prints its copyright before sc_main unless told not to.
const int quiet_kernel = ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);

void write_results(files::OutputDirectory& directory, const config::Settings& settings,
                   const Machine& machine, const Outcome& outcome) {
  const auto write = [&](const std::string& name, const std::string& bytes) {
    check_interrupt();
    directory.write(name, bytes);
  };
  outcome.write_files(write);
  write("report.json", outcome.report(settings));
  write("effective.ini", report::effective_ini(settings, machine.kind));
}

/// One updating line on a terminal, gone when the object is.
class ProgressLine {
 public:
  /// `what`: the things that are done one after the other.
  ProgressLine(bool shown, std::string what) : shown_(shown), what_(std::move(what)) {}
  ~ProgressLine() {
    if (shown_) std::fputs("\r                  \r", stderr);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  Progress progress() const {
    if (!shown_) return {};
    return [this](double share) {
      std::fprintf(stderr, "\r%3.0f %% of the %s", 100 * share, what_.c_str());
    };
  }

 private:
  bool shown_;
  std::string what_;
};

bool observes(const Arguments& arguments, const char* option) {
  return std::any_of(arguments.observation.begin(), arguments.observation.end(),
                     [&](const auto& given) { return given.first == option; });
}

Observation observation_of(int argc, char** argv, const Arguments& arguments,
                           const config::Settings& settings, Runner& runner) {
  const auto numbering = [&] {
    auto resolved = settings;
    return numbers_of(runner.resolve(arguments.sources, resolved, Runner::DefectFiles::unread));
  };
  auto observation = make_observation(arguments.observation, settings, numbering);
  if (observation.vectors) observation.vectors->command_line.assign(argv, argv + argc);
  observation.coverage = coverage_of(arguments.coverage, argc, argv, arguments.sources.input);
  check_places(observation, output_of(arguments));
  return observation;
}

/// --layer goes with a model, and with something that looks into its layer.
void check_layer(const Machine& machine, const Arguments& arguments) {
  if (!observes(arguments, "layer")) return;
  if (!machine.takes_model())
    throw ConfigError("command line: --layer needs --model, which has layers");
  const auto looks = [](const auto& option) {
    return option.first != "layer" && option.first != "watchdog";  // which is for all layers
  };
  if (std::none_of(arguments.observation.begin(), arguments.observation.end(), looks))
    throw ConfigError(
        "command line: --layer says where --wave, --row and the like are to look; "
        "none of them is given");
}

void run_once(const Program& program, int argc, char** argv, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const Machine& machine = program.machine_for(arguments.sources);
  check_layer(machine, arguments);
  const auto runner = machine.runner();
  auto files = with_contents(runner->files(arguments.sources));
  config::Settings settings = gather(arguments, arguments.sources, *runner);
  runner->prepare(arguments.sources, settings);
  const Identity identity =
      identity_of(machine, *runner, arguments.sources, std::move(files), settings);
  const std::string output = output_of(arguments);
  Observation observation = observation_of(argc, argv, arguments, settings, *runner);
  observation.power = true;
  catch_interrupts();
  files::OutputDirectory directory(output);
  const bool shows_progress = !arguments.quiet && ::isatty(STDERR_FILENO);
  std::optional<WhatIf> what_if;
  if (arguments.what_if) {
    const ProgressLine line(shows_progress, "steps");
    what_if.emplace(machine, *runner, arguments.sources, settings, line.progress());
  }
  const auto outcome = [&] {
    const ProgressLine line(shows_progress, "rows");
    observation.progress = line.progress();
    return runner->run(settings, observation);
  }();

  identity.expect_unchanged();
  write_results(directory, settings, machine, *outcome);
  if (what_if) directory.write("what_if.json", what_if->json(*outcome));
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  check_interrupt();
  directory.write("run.json",
                  run_json(program, argc, argv, arguments, identity, directory, wall.count()));
  directory.commit();
  if (!arguments.quiet) {
    std::ostream& told = observation.is_document() ? std::cerr : std::cout;
    told << outcome->summary(settings) << "full report     " << output << "/report.json\n";
    if (what_if) told << what_if->text(*outcome);
  }
  std::cout << outcome->observed();
  if (const auto diverged = outcome->diverged()) throw *diverged;
}

/// A user who has asked for a waveform has one, of a layer.
bool has_wave_of(const Arguments& arguments, const Diverged& diverged) {
  if (!observes(arguments, "wave")) return false;
  const auto& given = arguments.observation;
  const auto layer = std::find_if(given.begin(), given.end(),
                                  [](const auto& option) { return option.first == "layer"; });
  return diverged.layer == (layer == given.end() ? 0 : std::stoi(layer->second));
}

/// Standard output belongs to results: what the kernel has to say beside errors goes elsewhere.
void warn(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if (actions & sc_core::SC_DISPLAY)
    std::cerr << files::one_line(sc_core::sc_report_compose_message(report)) << "\n";
  sc_core::sc_report_handler::default_handler(report, actions & ~sc_core::SC_DISPLAY);
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) {
  Arguments arguments;
  int code = 4;
  try {
    sc_core::sc_report_handler::set_handler(warn);
    if (parse(program, argc, argv, arguments)) {
      if (arguments.runs > 0)
        run_monte_carlo(program, argc, argv, arguments);
      else if (arguments.batch)
        run_batch(program, argc, argv, arguments);
      else
        run_once(program, argc, argv, arguments);
    }
    std::cout.flush();
    if (!std::cout) throw SimulationError("standard output cannot be written");
    return 0;
  } catch (const Stopped& stopped) {
    std::cout << stopped.text << "no results were written\n" << std::flush;
    return 0;
  } catch (const Interrupted& interrupted) {
    std::cout.flush();
    std::cerr << program.name() << ": interrupted, no results were written\n";
    end_by(interrupted);
  } catch (const Diverged& diverged) {
    std::cout.flush();
    std::cerr << program.name() << ": " << diverged.what() << "\n" << diverged.details;
    if (!has_wave_of(arguments, diverged))
      std::cerr << record_divergence(diverged, argc, argv, !arguments.sources.model.empty(),
                                     output_of(arguments) + "-divergence.vcd")
                << "\n";
    code = diverged.exit_code;
  } catch (const Error& error) {
    std::cerr << program.name() << ": " << files::one_line(error.what()) << "\n";
    if (!error.details.empty()) std::cerr << error.details << "\n";
    code = error.exit_code;
  } catch (const std::bad_alloc&) {
    std::cerr << program.name() << ": " << out_of_memory << "\n";
  } catch (const std::exception& error) {
    std::cerr << program.name() << ": " << files::one_line(shortened(error.what())) << "\n";
  }
  // A limit that a signal tells of may show as an error first.
  if (const auto interrupted = noted_interrupt()) end_by(*interrupted);
  return code;
}

}  // namespace topkima::platforms
