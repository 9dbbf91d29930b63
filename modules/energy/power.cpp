// SPDX-License-Identifier: Apache-2.0
#include "energy/power.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace topkima::energy {
namespace {

/// Adds what the component's events take, in pJ.
void add_events(const EnergyModel& model, const stage::Tally& tally, stage::Component component,
                std::vector<double>& pj) {
  for (std::size_t e = 0; e < stage::event_count; ++e) {
    const auto event = stage::Event(e);
    const auto& counts = tally.intervals(component, event);
    const double each = model.pj(component, event);
    // What has been begun, but ends behind the run, belongs to its last interval.
    for (std::size_t i = 0; i < counts.size(); ++i)
      pj[std::min(i, pj.size() - 1)] += double(counts[i]) * each;
  }
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace

std::int64_t Power::length(std::size_t i) const {
  return std::min(interval, cycles - std::int64_t(i) * interval);
}

double Power::peak_mw() const {
  return total.empty() ? 0 : *std::max_element(total.begin(), total.end());
}

double Power::mean_mw() const {
  double sum = 0;
  for (std::size_t i = 0; i < total.size(); ++i) sum += total[i] * double(length(i));
  return cycles == 0 ? 0 : sum / double(cycles);
}

Power power_over_time(const EnergyModel& model, const stage::Tally& tally, std::int64_t cycles,
                      double frequency_mhz) {
  Power power;
  power.interval = tally.interval();
  power.cycles = cycles;
  if (power.interval == 0 || cycles == 0) return power;
  const auto count = std::size_t((cycles + power.interval - 1) / power.interval);
  power.total.assign(count, 0);
  const double ns_per_cycle = 1e3 / frequency_mhz;
  for (std::size_t c = 0; c < stage::component_count; ++c) {
    const auto component = stage::Component(c);
    if (!model.has(component)) continue;
    std::vector<double> mw(count, 0);
    add_events(model, tally, component, mw);
    for (std::size_t i = 0; i < count; ++i) {
      mw[i] = mw[i] / (double(power.length(i)) * ns_per_cycle) + model.leakage_mw(component);
      power.total[i] += mw[i];
    }
    power.components.push_back({component, std::move(mw)});
  }
  return power;
}

double shown(double mw) { return std::strtod(number(mw).c_str(), nullptr); }

std::string power_csv(const Power& power, double frequency_mhz) {
  std::string text = "start_us";
  for (const auto& series : power.components)
    text += std::string(",") + stage::name_of(series.component) + "_mw";
  text += ",total_mw\n";
  for (std::size_t i = 0; i < power.total.size(); ++i) {
    text += number(double(i) * double(power.interval) / frequency_mhz);
    for (const auto& series : power.components) text += "," + number(series.mw[i]);
    text += "," + number(power.total[i]) + "\n";
  }
  return text;
}

}  // namespace topkima::energy
