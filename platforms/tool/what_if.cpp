// SPDX-License-Identifier: Apache-2.0
#include "tool/what_if.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "report/report_parts.h"
#include "tool/children.h"

namespace topkima::platforms {
namespace {

using Json = nlohmann::ordered_json;
using report::line, report::Role;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

Json or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

/// Whether a change shows in a table of tenths of a percent.
bool shows(double value, double base) {
  if (std::isnan(value) || std::isnan(base)) return false;
  return base == 0 ? value != 0 : std::abs(value / base - 1) >= 0.0005;
}

std::string change(double value, double base) {
  if (std::isnan(value) || std::isnan(base) || base == 0) return "-";
  return shows(value, base) ? line("%+.1f%%", 100 * (value / base - 1)) : "same";
}

std::string heading(const report::MetricText& metric) {
  return metric.role == Role::quality ? metric.name : report::name_of(metric.role);
}

int column_width(const report::MetricText& metric) {
  return int(std::max<std::size_t>(8, heading(metric).size()));
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// A run that died, as for want of memory, says nothing of its machine.
void expect_alive(const Json& answer, const std::string& of) {
  if (answer.contains("died"))
    throw SimulationError("--what-if" + of + ": " + answer["message"].get<std::string>());
}

/// A word that stands for a value which follows from others.
bool follows(const config::Parameter& parameter) {
  return parameter.default_value == "auto" || parameter.default_value == "all";
}

}  // namespace

WhatIf::WhatIf(const Machine& machine, Runner& runner, const Sources& sources,
               const config::Settings& given, const std::function<void(double)>& progress)
    : machine_(machine), runner_(runner) {
  const auto metrics = machine.metrics();
  for (const Role role : {Role::latency, Role::energy, Role::area, Role::quality})
    for (std::size_t i = 0; i < metrics.size(); ++i)
      if (metrics[i].role == role) figures_.push_back({metrics[i], i});

  auto resolved = given;
  runner.resolve(sources, resolved, Runner::DefectFiles::read);
  runner.share(sources, given);
  const auto base = following(given);
  list_steps(resolved);

  const auto work = [&](int number) {
    const Step& step = steps_[std::size_t(number)];
    auto settings = base;
    settings.set(step.parameter->name, step.to, "--what-if");
    const Observation unobserved;
    const auto outcome = runner_.run(settings, unobserved);
    if (const auto diverged = outcome->diverged()) throw *diverged;
    Json values = Json::array();
    for (const double value : values_of(*outcome)) values.push_back(or_null(value));
    return Json{{"values", values}, {"limit", outcome->limit()}};
  };
  in_children(int(steps_.size()), work, [&](int number, const Json& answer) {
    Step& step = steps_[std::size_t(number)];
    if (progress) progress(double(number + 1) / double(steps_.size()));
    expect_alive(answer, " " + step.parameter->name + "=" + step.to);
    if (answer.contains("message")) {
      step.refused = answer["message"];
      return;
    }
    step.limit = answer["limit"];
    for (const auto& value : answer["values"])
      step.values.push_back(value.is_null() ? none : value.get<double>());
  });
  // By the first figure, which is the latency where a machine has one; what was refused comes last.
  std::stable_sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) {
    if (a.values.empty() || b.values.empty()) return !a.values.empty() && b.values.empty();
    return a.values.front() < b.values.front();
  });
}

/// `given` may be what an earlier run has resolved. Values that are what `auto` makes of the others
/// go on following them; those of a section together, since they belong to each other.
config::Settings WhatIf::following(const config::Settings& given) const {
  std::vector<std::string> names;
  auto freed = given;
  for (const auto& parameter : config::parameter_table()) {
    if (!parameter.is_in(machine_.kind) || !follows(parameter) ||
        given.is(parameter.name, parameter.default_value))
      continue;
    names.push_back(parameter.name);
    freed.set(parameter.name, parameter.default_value, "--what-if");
  }
  auto result = given;
  if (names.empty()) return result;
  const auto work = [&](int) {
    auto settings = freed;
    const Observation unobserved;
    runner_.run(settings, unobserved);
    Json texts = Json::object();
    for (const auto& name : names) texts[name] = settings.text(name);
    return texts;
  };
  in_children(1, work, [&](int, const Json& texts) {
    expect_alive(texts, "");
    std::set<std::string> held;
    for (const auto& name : names)
      if (texts.value(name, "") != given.text(name))
        held.insert(config::find_parameter(name)->section());
    for (const auto& name : names) {
      const auto& parameter = *config::find_parameter(name);
      if (held.count(parameter.section()) == 0)
        result.set(name, parameter.default_value, "--what-if");
    }
  });
  return result;
}

void WhatIf::list_steps(const config::Settings& resolved) {
  for (const auto& parameter : config::parameter_table()) {
    if (!parameter.is_in(machine_.kind)) continue;
    const std::string& from = resolved.text(parameter.name);
    for (const auto& to : parameter.steps_from(from))
      steps_.push_back({&parameter, from, to, {}, "", ""});
  }
}

std::vector<double> WhatIf::values_of(const Outcome& outcome) const {
  const auto all = outcome.values();
  std::vector<double> values;
  for (const auto& figure : figures_) values.push_back(all[figure.place]);
  return values;
}

std::string WhatIf::json(const Outcome& base) const {
  const auto named = [&](const std::vector<double>& values) {
    Json all = Json::object();
    for (std::size_t i = 0; i < values.size(); ++i)
      all[figures_[i].metric.name] = or_null(values[i]);
    return all;
  };
  Json figures = Json::array(), steps = Json::array();
  for (const auto& figure : figures_)
    figures.push_back({{"name", figure.metric.name},
                       {"unit", figure.metric.unit},
                       {"role", report::name_of(figure.metric.role)}});
  for (const auto& step : steps_) {
    Json entry{{"parameter", step.parameter->name},
               {"unit", step.parameter->unit},
               {"meaning", step.parameter->meaning},
               {"from", step.from},
               {"to", step.to}};
    if (!step.refused.empty()) {
      entry["refused"] = step.refused;
    } else {
      entry["metrics"] = named(step.values);
      entry["limit"] = step.limit;
    }
    steps.push_back(entry);
  }
  const Json report{{"schema", "topkima-what-if"},
                    {"schema_version", 1},
                    {"tool", machine_.kind.tool},
                    {"figures", figures},
                    {"base", {{"metrics", named(values_of(base))}, {"limit", base.limit()}}},
                    {"steps", steps}};
  return report.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string WhatIf::row(const Step& step, const std::vector<double>& base,
                        std::size_t width) const {
  const std::string name = step.parameter->name + " " + step.from + " -> " + step.to;
  std::string text = "  " + name + std::string(width - name.size(), ' ');
  for (std::size_t i = 0; i < figures_.size(); ++i) {
    const double value = step.values[i];
    const bool is_quality = figures_[i].metric.role == Role::quality;
    const std::string shown = is_quality && std::isfinite(value) ? line("%.4g", value)
                              : is_quality                       ? "-"
                                                                 : change(value, base[i]);
    text += line("  %*s", column_width(figures_[i].metric), shown.c_str());
  }
  return text + "  " + step.limit + "\n";
}

std::string WhatIf::text(const Outcome& base) const {
  const auto values = values_of(base);
  std::vector<const Step*> rows;
  std::vector<std::string> same, refused;
  std::size_t width = 0;
  for (const auto& step : steps_) {
    const std::string name = step.parameter->name + "=" + step.to;
    bool any = false;
    for (std::size_t i = 0; i < step.values.size(); ++i)
      any = any || shows(step.values[i], values[i]);
    if (any) {
      rows.push_back(&step);
      width = std::max(width, step.parameter->name.size() + step.from.size() + step.to.size() + 5);
    } else {
      (step.refused.empty() ? same : refused).push_back(name);
    }
  }
  std::string text =
      "what if         one step of one parameter alone\n  " + std::string(width, ' ');
  for (const auto& figure : figures_)
    text += line("  %*s", column_width(figure.metric), heading(figure.metric).c_str());
  text += "  then limited by\n";
  for (const auto* step : rows) text += row(*step, values, width);
  if (!same.empty()) text += "  no change: " + listed(same) + "\n";
  if (!refused.empty()) text += "  refused, see what_if.json: " + listed(refused) + "\n";
  return text;
}

}  // namespace topkima::platforms
