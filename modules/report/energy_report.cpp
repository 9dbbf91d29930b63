// SPDX-License-Identifier: Apache-2.0
#include "report/energy_report.h"

#include "report/report_parts.h"

namespace topkima::report {
namespace {

using json = nlohmann::ordered_json;

constexpr double pj_per_uj = 1e6;

json component_json(const energy::ComponentReport& component) {
  json events = json::object();
  for (const auto& [event, count, pj] : component.events)
    events[stage::name_of(event)] = {{"count", count}, {"pj", pj.value}};
  return {{"name", stage::name_of(component.component)},
          {"instances", component.instances},
          {"area_mm2", component.area_mm2.value},
          {"dynamic_pj", component.dynamic_pj.value},
          {"leakage_pj", component.leakage_pj.value},
          {"assumed_energy_share", component.energy_pj().assumed_share()},
          {"assumed_area_share", component.area_mm2.assumed_share()},
          {"events", events}};
}

json totals_json(const RunResult& run) {
  const auto& energy = run.energy;
  const double area = energy.area_mm2.value;
  const double tops = run.tops(double(run.latency), run.config.pipeline.sequences);
  return {{"energy_uj", energy.energy_pj().value / pj_per_uj},
          {"dynamic_uj", energy.dynamic_pj.value / pj_per_uj},
          {"leakage_uj", energy.leakage_pj.value / pj_per_uj},
          {"average_power_mw", run.average_power_mw()},
          {"area_mm2", area},
          {"energy_per_row_pj", run.pj_per_row(energy.energy_pj().value)},
          {"softmax_energy_per_row_pj", run.pj_per_row(energy.softmax_pj().value)},
          {"tops", tops},
          {"tops_per_w", run.tops_per_w()},
          {"tops_per_mm2", area == 0 ? 0 : tops / area},
          {"assumed_energy_share", energy.energy_pj().assumed_share()},
          {"assumed_area_share", energy.area_mm2.assumed_share()}};
}

json constants_json(const energy::EnergyReport& energy) {
  json list = json::array();
  const auto& constants = config::technology_constants();
  for (std::size_t i = 0; i < energy.technology.values.size(); ++i) {
    if (!energy.used[i]) continue;
    const auto& value = energy.technology.values[i];
    list.push_back({{"name", constants[i].name},
                    {"value", value.value},
                    {"unit", constants[i].unit},
                    {"provenance", energy::name_of(value.provenance)},
                    {"citation", value.citation}});
  }
  return list;
}

}  // namespace

json energy_json(const energy::EnergyReport& energy, const json& totals) {
  json components = json::array();
  for (const auto& component : energy.components) components.push_back(component_json(component));
  return {{"technology", energy.technology.name},
          {"node_nm", energy.technology["process.node"].value},
          {"components", components},
          {"totals", totals},
          {"constants", constants_json(energy)}};
}

json energy_json(const RunResult& run) {
  const auto& energy = run.energy;
  if (energy.components.empty()) return nullptr;
  json result = energy_json(energy, totals_json(run));
  if (!run.power.total.empty())
    result["power"] = {{"interval_us", double(run.power.interval) / run.config.clock.frequency_mhz},
                       {"peak_mw", run.power.peak_mw()},
                       {"mean_mw", run.power.mean_mw()}};
  return result;
}

std::string component_table(const energy::EnergyReport& energy) {
  const double total = energy.energy_pj().value;
  std::string text = "  component       units   area mm2  energy uJ   share  leakage\n";
  for (const auto& component : energy.components) {
    const double pj = component.energy_pj().value;
    text += line("  %-14s %6lld  %9.4f  %9.4g  %5.1f%%   %5.1f%%\n",
                 stage::name_of(component.component), static_cast<long long>(component.instances),
                 component.area_mm2.value, pj / pj_per_uj, total == 0 ? 0 : 100 * pj / total,
                 pj == 0 ? 0 : 100 * component.leakage_pj.value / pj);
  }
  return text;
}

std::string assumed_text(const energy::EnergyReport& energy) {
  return line("                %.0f %% of the energy and %.0f %% of the area rest on assumptions\n",
              100 * energy.energy_pj().assumed_share(), 100 * energy.area_mm2.assumed_share());
}

std::string energy_text(const RunResult& run) {
  const auto& energy = run.energy;
  if (energy.components.empty()) return "";
  const double total = energy.energy_pj().value;
  std::string text = component_table(energy);
  text += line("energy          %.4g uJ at %s, %.4g mW, %.4g pJ per row, %.2f TOPS/W\n",
               total / pj_per_uj, energy.technology.name.c_str(), run.average_power_mw(),
               run.pj_per_row(total), run.tops_per_w());
  const double area = energy.area_mm2.value;
  text += line("area            %.4g mm2, %.3g TOPS/mm2\n", area,
               area == 0 ? 0 : run.tops(double(run.latency), run.config.pipeline.sequences) / area);
  return text + assumed_text(energy);
}

}  // namespace topkima::report
