// SPDX-License-Identifier: Apache-2.0
#include "tool/monte_carlo.h"

#include <unistd.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "files/json_text.h"
#include "files/output_directory.h"
#include "report/report_parts.h"
#include "run/interrupt.h"
#include "tool/application.h"
#include "tool/children.h"

namespace topkima::platforms {
namespace {

using json = nlohmann::ordered_json;

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double confidence = 0.95;

json or_null(double value) { return std::isfinite(value) ? json(value) : json(); }

[[noreturn]] void fail(std::uint32_t seed, int exit_code, const std::string& why) {
  throw Error(exit_code, "run with noise.seed = " + std::to_string(seed) + ": " + why);
}

}  // namespace

std::vector<std::vector<double>> make_runs(const MonteCarlo& plan) {
  std::vector<std::vector<double>> runs;
  const auto seed_of = [&](int number) { return plan.first_seed + std::uint32_t(number); };
  const auto work = [&](int number) {
    json values = json::array();
    for (const double value : plan.run(seed_of(number))) values.push_back(or_null(value));
    return json{{"values", values}};
  };
  in_children(plan.runs, work, [&](int number, const json& answer) {
    if (answer.contains("exit")) fail(seed_of(number), answer["exit"], answer["message"]);
    auto& values = runs.emplace_back();
    for (const auto& value : answer["values"])
      values.push_back(value.is_null() ? none : value.get<double>());
    if (plan.progress) plan.progress(int(runs.size()));
  });
  return runs;
}

Statistics statistics(const std::vector<double>& values) {
  std::vector<double> there;
  for (const double value : values)
    if (std::isfinite(value)) there.push_back(value);
  Statistics result;
  result.runs = int(there.size());
  if (there.empty()) return result;
  const double count = double(there.size()), origin = there.front();
  double sum = 0, squares = 0;  // from an origin: equal values have no deviation at all
  for (const double value : there) sum += value - origin;
  result.mean = origin + sum / count;
  for (const double value : there) squares += (value - result.mean) * (value - result.mean);
  const auto [least, most] = std::minmax_element(there.begin(), there.end());
  result.minimum = *least;
  result.maximum = *most;
  result.low = result.high = result.mean;
  if (there.size() < 2) return result;
  result.standard_deviation = std::sqrt(squares / (count - 1));
  const boost::math::students_t t(count - 1);
  const double half =
      boost::math::quantile(t, 0.5 + confidence / 2) * result.standard_deviation / std::sqrt(count);
  result.low = result.mean - half;
  result.high = result.mean + half;
  return result;
}

namespace {

std::vector<double> column(const std::vector<std::vector<double>>& runs, std::size_t metric) {
  std::vector<double> values;
  for (const auto& run : runs) values.push_back(run[metric]);
  return values;
}

std::string csv(const MonteCarlo& plan, const std::vector<std::vector<double>>& runs) {
  std::string text = "noise.seed";
  for (const auto& metric : plan.metrics) text += "," + metric.name;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    text += "\n" + std::to_string(plan.first_seed + r);
    for (const double value : runs[r])
      text += "," + (std::isfinite(value) ? config::exact_text(value) : "");
  }
  return text + "\n";
}

json statistics_json(const MonteCarlo& plan, const std::vector<std::vector<double>>& runs) {
  json all = json::object();
  for (std::size_t m = 0; m < plan.metrics.size(); ++m) {
    const auto s = statistics(column(runs, m));
    json entry{{"unit", plan.metrics[m].unit}, {"runs", s.runs}};
    const bool any = s.runs > 0, spread = s.runs > 1;
    entry["mean"] = any ? json(s.mean) : json();
    entry["standard_deviation"] = spread ? json(s.standard_deviation) : json();
    entry["confidence_interval"] = spread ? json{s.low, s.high} : json();
    entry["minimum"] = any ? json(s.minimum) : json();
    entry["maximum"] = any ? json(s.maximum) : json();
    all[plan.metrics[m].name] = entry;
  }
  return all;
}

std::string summary(const MonteCarlo& plan, const std::vector<std::vector<double>>& runs) {
  std::string text = std::to_string(plan.runs) + " runs, noise.seed " +
                     std::to_string(plan.first_seed) + ".." +
                     std::to_string(plan.first_seed + std::uint32_t(plan.runs) - 1) +
                     "; mean with 95 % confidence interval, standard deviation:\n";
  for (std::size_t m = 0; m < plan.metrics.size(); ++m) {
    const auto s = statistics(column(runs, m));
    if (!plan.metrics[m].shown || s.runs == 0) continue;
    char line[160];
    std::snprintf(line, sizeof line, "%-22s %12.6g +- %-10.3g %-10.3g %s\n",
                  plan.metrics[m].name.c_str(), s.mean, s.high - s.mean, s.standard_deviation,
                  plan.metrics[m].unit.c_str());
    text += line;
  }
  return text;
}

void check(const Arguments& arguments, const config::Settings& settings,
           const config::Nonidealities& defects) {
  if (arguments.batch)
    throw ConfigError("command line: --runs makes runs of one point; --batch makes many points");
  if (!arguments.observation.empty())
    throw ConfigError("command line: --" + arguments.observation.front().first +
                      " looks into one run; --runs makes many");
  if (!defects.random())
    throw ConfigError(
        "command line: --runs makes equal runs while nothing is random; expected one of noise.* or "
        "fault.* above 0");
  const std::int64_t last = settings.long_integer("noise.seed") + arguments.runs - 1;
  if (last > std::numeric_limits<std::uint32_t>::max())
    throw ConfigError("command line: --runs reaches noise.seed = " + std::to_string(last) +
                      "; expected at most " +
                      std::to_string(std::numeric_limits<std::uint32_t>::max()));
}

config::Settings with_seed(config::Settings settings, std::uint32_t seed) {
  settings.set("noise.seed", std::to_string(seed), "--runs");
  return settings;
}

}  // namespace

void run_monte_carlo(const Program& program, int argc, char** argv, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const auto& sources = arguments.sources;
  const Machine& machine = program.machine_for(sources);
  const auto runner = machine.runner();
  auto files = with_contents(runner->files(sources));
  config::Settings given = gather(arguments, sources, *runner);
  runner->prepare(sources, given);
  // What all runs have in common; what is wrong with it is no run's error.
  const Identity identity = identity_of(machine, *runner, sources, std::move(files), given);
  auto settings = given;
  const auto defects = runner->resolve(sources, settings, Runner::DefectFiles::read).nonidealities;
  check(arguments, given, defects);
  runner->share(sources, given);
  MonteCarlo plan{arguments.runs, defects.seed, machine.metrics(), {}, {}};
  plan.run = [&](std::uint32_t seed) {
    auto own = with_seed(given, seed);
    Observation observation;
    observation.coverage = coverage_of(arguments.coverage, argc, argv, sources.input);
    const auto outcome = runner->run(own, observation);
    if (const auto diverged = outcome->diverged()) throw *diverged;
    return outcome->values();
  };
  const std::string output = output_of(arguments);
  catch_interrupts();
  files::OutputDirectory directory(output);
  const bool shows_progress = !arguments.quiet && ::isatty(STDERR_FILENO);
  if (shows_progress)
    plan.progress = [&](int done) { std::fprintf(stderr, "\r%d of %d runs", done, plan.runs); };
  const auto runs = make_runs(plan);
  if (shows_progress) std::fputs("\r                        \r", stderr);
  identity.expect_unchanged();

  const json report{{"schema", "topkima-monte-carlo"},
                    {"schema_version", 1},
                    {"tool", program.name()},
                    {"runs", plan.runs},
                    {"first_seed", plan.first_seed},
                    {"confidence", confidence},
                    {"metrics", statistics_json(plan, runs)}};
  directory.write("monte_carlo.csv", csv(plan, runs));
  directory.write("monte_carlo.json", files::json_text(report, 1) + "\n");
  directory.write("effective.ini", report::effective_ini(settings, machine.kind));
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  directory.write("run.json",
                  run_json(program, argc, argv, arguments, identity, directory, wall.count()));
  directory.commit();
  if (!arguments.quiet)
    std::cout << program.name() << ": " << summary(plan, runs) << "every number    " << output
              << "/monte_carlo.json\n";
}

}  // namespace topkima::platforms
