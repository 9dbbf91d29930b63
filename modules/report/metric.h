// SPDX-License-Identifier: Apache-2.0
#pragma once
// A number by which runs are compared, whatever kind of run it is.

#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "energy/traced.h"

namespace topkima::report {

/// What a number is to one who asks what a step of a parameter gains and costs (--what-if).
enum class Role { none, latency, energy, area, quality };
constexpr const char* name_of(Role role) {
  switch (role) {
    case Role::none: return "none";
    case Role::latency: return "latency";
    case Role::energy: return "energy";
    case Role::area: return "area";
    case Role::quality: return "quality";
  }
  throw std::logic_error("the role of a metric");
}

/// What is told of one: --list-metrics, and the tables of studies.
struct MetricText {
  std::string name, unit, meaning;
  bool shown = false;  ///< on the terminal, of many runs
  Role role = Role::none;
};

/// One of runs whose results are a `Run`.
template <typename Run>
struct MetricOf {
  std::string name, unit, meaning;
  /// NaN where the run has no such number (no labels, no float comparison, no critical path).
  std::function<double(const Run&)> value;
  bool shown = false;  ///< on the terminal, of many runs
  Role role = Role::none;
};

/// A number with bounds.
template <typename Run>
struct BandedMetric {
  MetricText text;
  std::function<energy::Traced(const Run&)> band;
};

/// Adds three metrics of each: "name", "name_low" and "name_high".
template <typename Run>
void add_banded(std::vector<MetricOf<Run>>& all, std::initializer_list<BandedMetric<Run>> banded) {
  for (const BandedMetric<Run>& each : banded) {
    const MetricText& text = each.text;
    const auto band = each.band;
    all.push_back({text.name, text.unit, text.meaning,
                   [band](const Run& run) { return band(run).value; }, text.shown, text.role});
    all.push_back({text.name + "_low", text.unit, "lower bound of " + text.name,
                   [band](const Run& run) { return band(run).low; }});
    all.push_back({text.name + "_high", text.unit, "upper bound of " + text.name,
                   [band](const Run& run) { return band(run).high; }});
  }
}

template <typename Run>
std::vector<MetricText> texts_of(const std::vector<MetricOf<Run>>& metrics) {
  std::vector<MetricText> texts;
  for (const auto& metric : metrics)
    texts.push_back({metric.name, metric.unit, metric.meaning, metric.shown, metric.role});
  return texts;
}

/// The values in the order of `metrics`.
template <typename Run>
std::vector<double> values_of(const std::vector<MetricOf<Run>>& metrics, const Run& run) {
  std::vector<double> values;
  for (const auto& metric : metrics) values.push_back(metric.value(run));
  return values;
}

}  // namespace topkima::report
