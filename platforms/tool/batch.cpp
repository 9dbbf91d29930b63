// SPDX-License-Identifier: Apache-2.0
#include "tool/batch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "encoder/encoder_run.h"
#include "energy/energy_model.h"
#include "files/shipped.h"
#include "report/encoder_report.h"
#include "report/metrics.h"
#include "report/report.h"
#include "run/interrupt.h"
#include "tool/child.h"
#include "tool/held_reference.h"

namespace topkima::platforms {
namespace {

using json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// Nobody is there any more to read answers.
struct Unread : SimulationError {
  Unread() : SimulationError("standard output cannot be written") {}
};

struct Point {
  json id;
  std::string input, model;
  std::vector<std::pair<std::string, std::string>> parameters;
  bool resolve_only = false;
  double limit = 0;  ///< seconds; 0: none
};

std::string text_of(const json& value, const std::string& name) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number()) return value.dump();
  throw ConfigError("point: " + name + " is not a text, a number or true or false");
}

/// Discarded unless it is JSON, not nested deeper than a point is.
json parse_line(const std::string& line) {
  constexpr int deepest = 8;
  bool deep = false;
  auto parsed = json::parse(
      line,
      [&](int depth, json::parse_event_t, json&) {
        deep = deep || depth > deepest;
        return !deep;
      },
      false);
  return deep ? json(json::value_t::discarded) : parsed;
}

Point parse_point(const json& line, const Arguments& arguments) {
  Point point;
  point.input = arguments.input;
  point.model = arguments.model;
  for (const auto& [key, value] : line.items()) {
    if (key == "id")
      point.id = value;
    else if (key == "input" && value.is_string())
      point.input = files::given_or_shipped(value.get<std::string>());
    else if (key == "model" && value.is_string())
      point.model = files::given_or_shipped(value.get<std::string>());
    else if (key == "resolve" && value.is_boolean())
      point.resolve_only = value.get<bool>();
    else if (key == "limit_s" && value.is_number() && value.get<double>() > 0)
      point.limit = value.get<double>();
    else if (key == "parameters" && value.is_object())
      for (const auto& [name, given] : value.items())
        point.parameters.emplace_back(name, text_of(given, name));
    else
      throw ConfigError(
          "point: '" + key + "' = " + value.dump() +
          "; expected id, input (a directory, or a model's samples), model (a directory), "
          "parameters (an object), resolve "
          "(true or false) or limit_s (seconds)");
  }
  return point;
}

json answer(const json& id, int exit_code, const std::string& message) {
  return {{"id", id}, {"exit", exit_code}, {"message", one_line(message)}};
}

json configuration(const Tool& tool, const config::Settings& settings, bool encoder) {
  json all = json::object();
  for (const auto& parameter : config::parameter_table())
    if (report::reported(parameter, tool.name, encoder))
      all[parameter.name] = settings.text(parameter.name);
  return all;
}

/// What stays the same from point to point, kept for as long as it does.
class Held {
 public:
  Held(const Tool& tool, const Arguments& arguments) : tool_(tool), arguments_(arguments) {}

  config::Settings settings(const Point& point) {
    if (!base_ || base_input_ != point.input || base_model_ != point.model) {
      base_ = gather(arguments_, point.input, model(point));
      base_input_ = point.input;
      base_model_ = point.model;
    }
    auto settings = *base_;
    for (const auto& [name, value] : point.parameters) settings.set(name, value, "point");
    return settings;
  }

  /// Null for a point that runs one attention module.
  const workload::ModelPackage* model(const Point& point) {
    if (point.model.empty()) return nullptr;
    if (!tool_.simulate_encoder) throw ConfigError(tool_.name + " runs no models");
    if (!model_ || model_->directory != point.model) {
      model_.reset();
      samples_.reset();
      model_ = workload::read_model(point.model);
    }
    return &*model_;
  }

  const workload::Samples& samples(const Point& point, const config::Settings& settings) {
    const std::string key = point.input + '\n' + settings.text("encoder.first_sample") + '\n' +
                            settings.text("encoder.samples");
    if (!samples_ || key != samples_key_) {
      samples_ = load_samples(settings, point.input, *model_);
      samples_key_ = key;
    }
    return *samples_;
  }

  const workload::Workload& workload(const Point& point, const config::Settings& settings) {
    std::string key = point.input + '\n' + settings.text("attention.heads");
    if (point.input.empty())
      for (const char* name :
           {"attention.tokens", "attention.query_rows", "attention.d_model", "workload.seed"})
        key += '\n' + settings.text(name);
    if (!workload_ || key != workload_key_) {
      reference_.reset();
      workload_ = load_workload(tool_, settings, point.input);
      workload_key_ = key;
    }
    return *workload_;
  }

  /// The exact attention of the workload last asked for; null where it is not needed or too large.
  report::FloatReference* reference(const config::Settings& settings,
                                    const config::MachineConfig& config) {
    if (!reference_ || !(reference_->mask() == report::float_mask(config)))
      reference_ = hold_reference(settings, config, *workload_);
    return reference_.get();
  }

 private:
  const Tool& tool_;
  const Arguments& arguments_;
  std::optional<config::Settings> base_;
  std::string base_input_, base_model_, workload_key_, samples_key_;
  std::optional<workload::ModelPackage> model_;
  std::optional<workload::Samples> samples_;
  std::optional<workload::Workload> workload_;
  std::unique_ptr<report::FloatReference> reference_;
};

/// Values by name; null for NaN.
template <typename Metrics, typename Run>
json metrics_json(const Metrics& metrics, const Run& run) {
  json values = json::object();
  for (const auto& metric : metrics) {
    const double value = metric.value(run);
    values[metric.name] = std::isnan(value) ? json() : json(value);
  }
  return values;
}

json simulate_encoder(const Tool& tool, const Point& point, config::Settings settings,
                      const workload::ModelPackage& model, const workload::Samples& samples) {
  const auto begin = Clock::now();
  const auto run = tool.simulate_encoder(settings, model, samples, {});
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  return {{"id", point.id},
          {"exit", 0},
          {"metrics", metrics_json(report::encoder_metrics(), run)},
          {"bottleneck", report::encoder_bottleneck(run)},
          {"configuration", configuration(tool, settings, true)},
          {"seconds", seconds.count()}};
}

json simulate(const Tool& tool, const Point& point, config::Settings settings,
              const workload::Workload& workload, report::FloatReference* reference) {
  const auto begin = Clock::now();
  Observation observation;
  observation.float_reference = reference;
  const auto run = tool.simulate(settings, workload, observation);
  if (run.diverged) throw *run.diverged;
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  return {{"id", point.id},
          {"exit", 0},
          {"metrics", metrics_json(report::metrics(tool.kinds()), run)},
          {"bottleneck", report::bottleneck(run)},
          {"configuration", configuration(tool, settings, false)},
          {"seconds", seconds.count()}};
}

/// What `work` returns, or the error that it throws, as an answer.
template <typename Work>
json attempt(const json& id, Work work) {
  try {
    return work();
  } catch (const Unread&) {
    throw;
  } catch (const Error& error) {
    return answer(id, error.exit_code, error.what());
  } catch (const std::bad_alloc&) {
    return answer(id, 4, "not enough memory for this workload");
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    return answer(id, 4, error.what());
  }
}

json in_child(const Point& point, const std::function<json()>& work) {
  Child child(
      [&] { return attempt(point.id, work).dump(-1, ' ', false, json::error_handler_t::replace); });
  std::string text;
  const auto read = child.read(point.limit, STDOUT_FILENO, text);
  if (read == Child::Read::unread) throw Unread();
  if (read == Child::Read::too_long) {
    std::ostringstream limit;
    limit << point.limit;
    return answer(point.id, 4, "took longer than " + limit.str() + " s");
  }
  const int status = child.wait();
  if (WIFSIGNALED(status))
    return answer(point.id, 4,
                  "the simulation ended by signal " + std::to_string(WTERMSIG(status)));
  const auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return answer(point.id, 4, "the simulation ended without an answer");
  return parsed;
}

config::Settings with_technology(const Tool& tool, config::Settings settings) {
  energy::resolve_technology(
      settings,
      energy::default_technology(tool.is_soc ? energy::Machine::soc : energy::Machine::macro));
  return settings;
}

json resolved_answer(const Tool& tool, const Point& point, const config::Settings& resolved) {
  return {{"id", point.id},
          {"exit", 0},
          {"configuration", configuration(tool, resolved, !point.model.empty())}};
}

json answer_model_point(const Tool& tool, const Point& point, Held& held) {
  const auto& model = *held.model(point);
  const auto settings = held.settings(point);
  if (point.resolve_only) {
    auto resolved = with_technology(tool, settings);
    check_encoder(resolved, config::resolve(resolved, workload::attention_shape(model)));
    return resolved_answer(tool, point, resolved);
  }
  const auto& samples = held.samples(point, settings);
  return in_child(point, [&] { return simulate_encoder(tool, point, settings, model, samples); });
}

json answer_point(const Tool& tool, const Point& point, Held& held) {
  return attempt(point.id, [&]() -> json {
    if (!point.model.empty()) return answer_model_point(tool, point, held);
    const auto settings = held.settings(point);
    const auto& workload = held.workload(point, settings);
    auto resolved = with_technology(tool, settings);
    const auto config = config::resolve(resolved, workload.shape);
    if (point.resolve_only) return resolved_answer(tool, point, resolved);
    auto* reference = held.reference(settings, config);
    return in_child(point, [&] { return simulate(tool, point, settings, workload, reference); });
  });
}

}  // namespace

void run_batch(const Tool& tool, const Arguments& arguments) {
  if (!arguments.observation.empty())
    throw ConfigError("command line: --" + arguments.observation.front().first +
                      " looks into one run; --batch makes many");
  if (!arguments.output.empty())
    throw ConfigError("command line: --batch answers on standard output; --output is for one run");
  Held held(tool, arguments);
  // What is wrong for all points is no point's error.
  Point common;
  common.input = arguments.input;
  common.model = arguments.model;
  held.settings(common);
  std::string line;
  for (std::int64_t number = 1; std::getline(std::cin, line); ++number) {
    check_interrupt();
    const auto parsed = parse_line(line);
    json result;
    if (!parsed.is_object()) {
      result = answer(nullptr, 2,
                      "standard input, line " + std::to_string(number) + ": not a JSON object");
    } else {
      const json id = parsed.contains("id") ? parsed["id"] : json();
      result =
          attempt(id, [&] { return answer_point(tool, parse_point(parsed, arguments), held); });
    }
    std::cout << result.dump(-1, ' ', false, json::error_handler_t::replace) << "\n" << std::flush;
    if (!std::cout) throw Unread();
  }
  check_interrupt();
}

}  // namespace topkima::platforms
