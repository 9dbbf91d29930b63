// SPDX-License-Identifier: Apache-2.0
#include "tool/batch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "files/json_text.h"
#include "files/line_reader.h"
#include "files/names.h"
#include "files/shipped.h"
#include "files/text.h"
#include "report/report_parts.h"
#include "run/interrupt.h"
#include "tool/child.h"
#include "tool/content_digest.h"
#include "tool/identity.h"
#include "tool/json_name.h"
#include "tool/point_line.h"

namespace topkima::platforms {
namespace {

using json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// Nobody is there any more to read answers.
struct Unread : SimulationError {
  Unread() : SimulationError("standard output cannot be written") {}
};

struct Point {
  Sources sources;
  std::vector<std::pair<std::string, std::string>> parameters;
  bool resolve_only = false;
  double limit = 0;  ///< seconds; 0: none
};

/// A number is the text as it is written. No value holds a NUL, which would end it before its end.
std::string text_of(const PointMember& given) {
  const auto& value = given.value;
  if (!value.is_string() && !value.is_boolean() && !value.is_number())
    throw ConfigError("point: " + echoed(given.name) + " is not a text, a number or true or false");
  const std::string text = value.is_string() ? value.get<std::string>() : given.written;
  if (text.find('\0') != std::string::npos)
    throw ConfigError("point: " + echoed(given.name) + " holds a NUL");
  return text;
}

/// Of a parameter. The name of a file may be a URI.
std::string value_of(const PointMember& given) {
  const auto* parameter = config::find_parameter(given.name);
  const std::string text = text_of(given);
  return parameter && parameter->is_path() ? name_in_json(text) : text;
}

std::vector<std::pair<std::string, std::string>> parse_parameters(const std::string& object) {
  const auto members = members_of(object);
  if (const auto* name = given_twice(members))
    throw ConfigError("point: parameters: '" + echoed(*name) + "' is given twice");
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const auto& given : members) parameters.emplace_back(given.name, value_of(given));
  return parameters;
}

Point parse_point(const PointLine& line, const Arguments& arguments) {
  Point point;
  point.sources = arguments.sources;
  for (const auto& given : line.members) {
    const auto& [key, value, written] = given;
    if (key == "input" && value.is_string())
      point.sources.input = files::given_or_shipped(name_in_json(text_of(given)));
    else if (key == "model" && value.is_string())
      point.sources.model = files::given_or_shipped(name_in_json(text_of(given)));
    else if (key == "resolve" && value.is_boolean())
      point.resolve_only = value.get<bool>();
    else if (key == "limit_s" && value.is_number() && value.get<double>() > 0)
      point.limit = value.get<double>();
    else if (key == "parameters" && value.is_object())
      point.parameters = parse_parameters(written);
    else
      throw ConfigError("point: '" + echoed(key) + "' = " + echoed(written) +
                        "; expected id, input (a directory, or a model's samples), model (a "
                        "directory), parameters (an object), resolve (true or false) or limit_s "
                        "(seconds)");
  }
  return point;
}

json answer(int exit_code, const std::string& message) {
  return {{"exit", exit_code}, {"message", files::one_line(message)}};
}

json configuration(const Machine& machine, const config::Settings& settings) {
  json all = json::object();
  for (const auto& parameter : config::parameter_table())
    if (report::reported(parameter, machine.kind)) all[parameter.name] = settings.shown(parameter);
  return all;
}

json files_json(const Identity& identity) {
  json all = json::array();
  for (const auto& file : identity.files)
    all.push_back({{"what", file.what}, {"path", json_name(file.path)}, {"sha256", file.sha256}});
  return all;
}

/// What stays the same from point to point, kept for as long as it does.
class Held {
 public:
  /// Of a machine: what has read the sources of the point before, what they gave to the settings,
  /// and the files from which all that came.
  struct Kept {
    std::unique_ptr<Runner> runner;
    std::optional<config::Settings> base;
    Sources sources;
    std::vector<Identity::File> files;
  };

  explicit Held(const Arguments& arguments) : arguments_(arguments) {}

  Runner& runner(const Machine& machine) { return *kept(machine).runner; }

  /// Lets go of what comes from other sources, or from files that hold something else by now.
  /// Returns the files of the sources.
  std::vector<Identity::File> look(const Machine& machine, const Sources& sources) {
    auto& kept = this->kept(machine);
    const auto read = with_contents(kept.runner->files(sources));
    auto files = read;
    for (const auto& config : arguments_.configs)
      if (std::filesystem::is_regular_file(config))
        files.push_back({"config", config, sha256_of_file(config)});
    const bool same = sources == kept.sources;
    if (same && files == kept.files) return read;
    if (same || any_changed(kept.files, files)) kept.runner = machine.runner();
    kept.base.reset();
    kept.sources = sources;
    kept.files = std::move(files);
    return read;
  }

  config::Settings settings(const Machine& machine, const Point& point) {
    auto& kept = this->kept(machine);
    if (!kept.base) kept.base = gather(arguments_, point.sources, *kept.runner);
    auto settings = *kept.base;
    for (const auto& [name, value] : point.parameters) settings.set_from_data(name, value, "point");
    return settings;
  }

 private:
  Kept& kept(const Machine& machine) {
    auto& kept = kept_[&machine];
    if (!kept.runner) kept.runner = machine.runner();
    return kept;
  }

  static bool any_changed(const std::vector<Identity::File>& before,
                          const std::vector<Identity::File>& now) {
    for (const auto& old : before)
      for (const auto& file : now)
        if (file.path == old.path && file.sha256 != old.sha256) return true;
    return false;
  }

  const Arguments& arguments_;
  std::map<const Machine*, Kept> kept_;
};

/// Values by name; null for NaN.
json metrics_json(const Machine& machine, const Outcome& outcome) {
  json values = json::object();
  const auto metrics = machine.metrics();
  const auto numbers = outcome.values();
  for (std::size_t i = 0; i < metrics.size(); ++i)
    values[metrics[i].name] = std::isnan(numbers[i]) ? json() : json(numbers[i]);
  return values;
}

json simulate(const Machine& machine, config::Settings settings, Runner& runner,
              const Observation& observation) {
  const auto begin = Clock::now();
  const auto outcome = runner.run(settings, observation);
  if (const auto diverged = outcome->diverged()) throw *diverged;
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  return {{"exit", 0},
          {"metrics", metrics_json(machine, *outcome)},
          {"bottleneck", outcome->bottleneck()},
          {"configuration", configuration(machine, settings)},
          {"seconds", seconds.count()}};
}

/// What `work` returns, or the error that it throws, as an answer.
template <typename Work>
json attempt(Work work) {
  try {
    return work();
  } catch (const Unread&) {
    throw;
  } catch (const Error& error) {
    return answer(error.exit_code, error.what());
  } catch (const std::bad_alloc&) {
    return answer(4, out_of_memory);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    return answer(4, error.what());
  }
}

json answer_of_child(const Point& point, const std::function<json()>& work) {
  Child child([&] { return files::json_text(attempt(work)); });
  std::string text;
  const auto read = child.read(point.limit, STDOUT_FILENO, text);
  if (read == Child::Read::unread) throw Unread();
  if (read == Child::Read::too_long)
    return answer(4, "took longer than " + files::number_text(point.limit) + " s");
  const int status = child.wait();
  if (WIFSIGNALED(status))
    return answer(4, "the simulation ended by signal " + std::to_string(WTERMSIG(status)));
  const auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return answer(4, "the simulation ended without an answer");
  return parsed;
}

json in_child(const Point& point, const std::function<json()>& work) {
  // The point in work is to end with the batch; a batch that waits for its input ends at once.
  struct Caught {
    Caught() { catch_interrupts(); }
    ~Caught() { release_interrupts(); }
  };
  const json answer = [&] {
    const Caught caught;
    return answer_of_child(point, work);
  }();
  check_interrupt();
  return answer;
}

json answer_point(const Program& program, const Point& point, const Observation& observation,
                  Held& held) {
  const Machine& machine = program.machine_for(point.sources);
  auto read = held.look(machine, point.sources);
  Runner& runner = held.runner(machine);
  auto settings = held.settings(machine, point);
  const Identity identity = identity_of(machine, runner, point.sources, std::move(read), settings);
  json result{{"exit", 0}, {"configuration", configuration(machine, identity.resolved)}};
  runner.prepare(point.sources, settings);
  if (!point.resolve_only) {
    runner.share(point.sources, settings);
    result = in_child(point, [&] { return simulate(machine, settings, runner, observation); });
    if (result["exit"] != 0) return result;
  }
  identity.expect_unchanged();
  if (identity.winners_beyond > 0) result["winners_beyond_participants"] = identity.winners_beyond;
  result["identity"] = identity.digest;
  result["files"] = files_json(identity);
  return result;
}

}  // namespace

void run_batch(const Program& program, int argc, char** argv, const Arguments& arguments) {
  if (!arguments.observation.empty())
    throw ConfigError("command line: --" + arguments.observation.front().first +
                      " looks into one run; --batch makes many");
  if (!arguments.output.empty())
    throw ConfigError("command line: --batch answers on standard output; --output is for one run");
  Held held(arguments);
  // What is wrong for all points is no point's error.
  Point common;
  common.sources = arguments.sources;
  held.settings(program.machine_for(common.sources), common);
  files::LineReader input(STDIN_FILENO, "standard input", check_interrupt);
  std::string line;
  for (std::int64_t number = 1; input.next(line); ++number) {
    check_interrupt();
    const PointLine read = read_point_line(line);
    const json result = attempt([&] {
      if (!read.fault.empty())
        throw ConfigError("standard input, line " + std::to_string(number) + ": " + read.fault);
      const Point point = parse_point(read, arguments);
      Observation observation;
      observation.coverage = coverage_of(arguments.coverage, argc, argv, point.sources.input);
      return answer_point(program, point, observation, held);
    });
    const std::string text = files::json_text(result);
    std::cout << "{\"id\":" << read.id << "," << text.substr(1) << "\n" << std::flush;
    if (!std::cout) throw Unread();
  }
  check_interrupt();
}

}  // namespace topkima::platforms
