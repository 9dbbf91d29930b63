// SPDX-License-Identifier: Apache-2.0
#include "tool/application.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <systemc>

#include "files/output_directory.h"
#include "report/encoder_report.h"
#include "report/report.h"
#include "run/interrupt.h"
#include "run/session.h"
#include "tool/batch.h"
#include "tool/command_line.h"
#include "tool/divergence_wave.h"
#include "tool/monte_carlo.h"
#include "version.h"

namespace topkima::platforms {

namespace {

std::string whole_path(const std::string& path) {
  return path.empty() ? "" : std::filesystem::absolute(path).lexically_normal().string();
}

}  // namespace

std::string run_json(const Tool& tool, int argc, char** argv, const Arguments& arguments,
                     double seconds) {
  nlohmann::ordered_json run{{"tool", tool.name},
                             {"version", version::project},
                             {"git_revision", version::git_revision},
                             {"model_revision", version::model_revision},
                             {"systemc", sc_core::sc_version()},
                             {"compiler", version::compiler},
                             {"command_line", std::vector<std::string>(argv, argv + argc)},
                             {"input", whole_path(arguments.input)},
                             {"wall_seconds", seconds}};
  if (!arguments.model.empty()) run["model"] = whole_path(arguments.model);
  return run.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string output_of(const Arguments& arguments) {
  return arguments.output.empty() ? "topkima-results" : arguments.output;
}

namespace {

// The kernel prints its copyright before sc_main unless told not to.
const int quiet_kernel = ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);

void write_results(const files::OutputDirectory& directory, const config::Settings& settings,
                   const report::RunResult& run) {
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
        workload::npy_bytes(values, report::real_output(results, run.config, run.scales)));
  if (!run.power.components.empty())
    write("power.csv", energy::power_csv(run.power, run.config.clock.frequency_mhz));
  write("report.json", report::report_json(settings, run));
  write("effective.ini", report::effective_ini(settings, run.tool));
}

void write_encoder_results(const files::OutputDirectory& directory,
                           const config::Settings& settings, const report::EncoderResult& run) {
  const std::vector<std::size_t> predictions{run.predicted.size()};
  directory.write("predicted.npy", workload::npy_bytes(predictions, run.predicted));
  const std::vector<std::size_t> logits{run.predicted.size(), std::size_t(run.classes)};
  directory.write(
      "logits.npy",
      workload::npy_bytes(logits, std::vector<std::int32_t>(run.logits.begin(), run.logits.end())));
  directory.write("samples.csv", report::samples_csv(run));
  directory.write("report.json", report::encoder_json(settings, run));
  directory.write("effective.ini", report::effective_ini(settings, run.tool, true));
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

bool observes(const Arguments& arguments, const char* option) {
  return std::any_of(arguments.observation.begin(), arguments.observation.end(),
                     [&](const auto& given) { return given.first == option; });
}

Observation observation_of(int argc, char** argv, const Arguments& arguments,
                           const config::Settings& settings) {
  auto observation = make_observation(arguments.observation, settings);
  if (observation.vectors) observation.vectors->command_line.assign(argv, argv + argc);
  check_places(observation, output_of(arguments));
  return observation;
}

void run_simulation(const Tool& tool, int argc, char** argv, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  if (observes(arguments, "layer"))
    throw ConfigError("command line: --layer needs --model, which has layers");
  config::Settings settings = gather(arguments, arguments.input);
  const auto workload = load_workload(tool, settings, arguments.input);
  const std::string output = output_of(arguments);
  Observation observation = observation_of(argc, argv, arguments, settings);
  observation.power = true;
  files::OutputDirectory directory(output);
  const auto run = [&] {
    const ProgressLine line(!arguments.quiet && ::isatty(STDERR_FILENO));
    observation.progress = line.progress();
    return tool.simulate(settings, workload, observation);
  }();

  write_results(directory, settings, run);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  check_interrupt();
  directory.write("run.json", run_json(tool, argc, argv, arguments, wall.count()));
  directory.commit();
  if (!arguments.quiet)
    std::cout << report::summary(settings, run) << "full report     " << output << "/report.json\n";
  std::cout << run.observed;
  if (run.diverged) throw *run.diverged;
}

void run_encoder(const Tool& tool, int argc, char** argv, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const auto looks = [](const auto& option) {
    return option.first != "layer" && option.first != "watchdog";  // which is for all layers
  };
  if (observes(arguments, "layer") &&
      std::none_of(arguments.observation.begin(), arguments.observation.end(), looks))
    throw ConfigError(
        "command line: --layer says where --wave, --row and the like are to look; "
        "none of them is given");
  const auto model = workload::read_model(arguments.model);
  config::Settings settings = gather(arguments, arguments.input, &model);
  const auto samples = load_samples(settings, arguments.input, model);
  const std::string output = output_of(arguments);
  Observation observation = observation_of(argc, argv, arguments, settings);
  files::OutputDirectory directory(output);
  const auto run = [&] {
    const ProgressLine line(!arguments.quiet && ::isatty(STDERR_FILENO));
    observation.progress = line.progress();
    return tool.simulate_encoder(settings, model, samples, observation);
  }();
  write_encoder_results(directory, settings, run);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  check_interrupt();
  directory.write("run.json", run_json(tool, argc, argv, arguments, wall.count()));
  directory.commit();
  if (!arguments.quiet)
    std::cout << report::encoder_summary(settings, run) << "full report     " << output
              << "/report.json\n";
  std::cout << run.observed;
}

/// A user who has asked for a waveform has one, of a layer.
bool has_wave_of(const Arguments& arguments, const Diverged& diverged) {
  if (!observes(arguments, "wave")) return false;
  const auto& given = arguments.observation;
  const auto layer = std::find_if(given.begin(), given.end(),
                                  [](const auto& option) { return option.first == "layer"; });
  return diverged.layer == (layer == given.end() ? 0 : std::stoi(layer->second));
}

/// One run, of whatever it is.
void run_once(const Tool& tool, int argc, char** argv, const Arguments& arguments) {
  arguments.model.empty() ? run_simulation(tool, argc, argv, arguments)
                          : run_encoder(tool, argc, argv, arguments);
}

}  // namespace

int run_tool(const Tool& tool, int argc, char** argv) {
  Arguments arguments;
  try {
    catch_interrupts();
    if (parse(tool, argc, argv, arguments)) {
      if (arguments.runs > 0)
        run_monte_carlo(tool, argc, argv, arguments);
      else if (arguments.batch)
        run_batch(tool, arguments);
      else
        run_once(tool, argc, argv, arguments);
    }
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
    if (!has_wave_of(arguments, diverged))
      std::cerr << record_divergence(diverged, argc, argv, !arguments.model.empty(),
                                     output_of(arguments) + "-divergence.vcd")
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
