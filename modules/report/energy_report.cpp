// SPDX-License-Identifier: Apache-2.0
#include "report/energy_report.h"

#include <cstdlib>

#include "report/report_parts.h"

namespace topkima::report {
namespace {

using json = nlohmann::ordered_json;

const energy::Traced pj_per_uj(1e6);

json component_json(const energy::ComponentReport& component) {
  json events = json::object();
  for (const auto& [event, count, pj] : component.events) {
    auto& told = events[stage::name_of(event)];
    told["count"] = count;
    put_band(told, "pj", pj);
  }
  json all = {{"name", stage::name_of(component.component)}, {"instances", component.instances}};
  put_band(all, "area_mm2", component.area_mm2);
  put_band(all, "dynamic_pj", component.dynamic_pj);
  put_band(all, "leakage_pj", component.leakage_pj);
  all["assumed_energy_share"] = component.energy_pj().assumed_share();
  all["assumed_area_share"] = component.area_mm2.assumed_share();
  all["events"] = events;
  return all;
}

json totals_json(const RunResult& run) {
  const auto& energy = run.energy;
  json totals = json::object();
  put_band(totals, "energy_uj", energy.energy_pj() / pj_per_uj);
  put_band(totals, "dynamic_uj", energy.dynamic_pj / pj_per_uj);
  put_band(totals, "leakage_uj", energy.leakage_pj / pj_per_uj);
  put_band(totals, "average_power_mw", run.average_power_mw());
  put_band(totals, "area_mm2", energy.area_mm2);
  put_band(totals, "energy_per_row_pj", run.pj_per_row(energy.energy_pj()));
  put_band(totals, "softmax_energy_per_row_pj", run.pj_per_row(energy.softmax_pj()));
  totals["tops"] = run.tops(double(run.latency), run.config.pipeline.sequences);
  put_band(totals, "tops_per_w", run.tops_per_w());
  put_band(totals, "tops_per_mm2", run.tops_per_mm2());
  totals["assumed_energy_share"] = energy.energy_pj().assumed_share();
  totals["assumed_area_share"] = energy.area_mm2.assumed_share();
  return totals;
}

/// A node in nm, a word, or null where nobody says.
json node_json(const std::string& node) {
  if (node.empty()) return nullptr;
  char* end = nullptr;
  const double nm = std::strtod(node.c_str(), &end);
  return *end == '\0' ? json(nm) : json(node);
}

json constants_json(const energy::EnergyReport& energy) {
  json list = json::array();
  const auto& constants = config::technology_constants();
  for (std::size_t i = 0; i < energy.technology.values.size(); ++i) {
    if (!energy.used[i]) continue;
    const auto& constant = energy.technology.values[i];
    json entry = {{"name", constants[i].name}};
    put_band(entry, "value", constant.band);
    entry["one_source"] = constant.band.one_source();
    entry["unit"] = constants[i].unit;
    entry["node_nm"] = node_json(constant.node);
    entry["conditions"] = constant.conditions.empty() ? json() : json(constant.conditions);
    entry["provenance"] = energy::name_of(constant.provenance);
    entry["citation"] = constant.citation;
    list.push_back(entry);
  }
  return list;
}

/// The constants that went into energy and area, and those of them that have one source.
std::pair<int, int> sources_of(const energy::EnergyReport& energy) {
  int used = 0, one_source = 0;
  for (std::size_t i = 0; i < energy.technology.values.size(); ++i) {
    if (!energy.used[i]) continue;
    ++used;
    one_source += energy.technology.values[i].band.one_source();
  }
  return {used, one_source};
}

}  // namespace

void put_band(json& to, const std::string& name, const energy::Band& band) {
  to[name] = band.value;
  to[name + "_low"] = band.low;
  to[name + "_high"] = band.high;
}

std::string bounds_text(const energy::Band& band) {
  const auto shown = [](double value) { return line("%.3g", value); };
  const std::string low = shown(band.low), high = shown(band.high);
  return low == high && low == shown(band.value) ? "" : ", " + low + " to " + high;
}

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
  std::string text =
      "  component       units   area mm2  energy uJ        low       high   share  leakage\n";
  for (const auto& component : energy.components) {
    const energy::Traced pj = component.energy_pj(), uj = pj / pj_per_uj;
    text += line("  %-14s %6lld  %9.4f  %9.4g  %9.4g  %9.4g  %5.1f%%   %5.1f%%\n",
                 stage::name_of(component.component), static_cast<long long>(component.instances),
                 component.area_mm2.value, uj.value, uj.low, uj.high,
                 total == 0 ? 0 : 100 * pj.value / total,
                 pj.value == 0 ? 0 : 100 * component.leakage_pj.value / pj.value);
  }
  return text;
}

std::string assumed_text(const energy::EnergyReport& energy) {
  const auto [used, one_source] = sources_of(energy);
  return line("                %.0f %% of the energy and %.0f %% of the area rest on assumptions\n",
              100 * energy.energy_pj().assumed_share(), 100 * energy.area_mm2.assumed_share()) +
         line("                %d of %d constants have one source, and no bounds\n", one_source,
              used);
}

std::string energy_text(const RunResult& run) {
  const auto& energy = run.energy;
  if (energy.components.empty()) return "";
  const auto total = energy.energy_pj(), efficiency = run.tops_per_w();
  std::string text = component_table(energy);
  text += line("energy          %.4g uJ%s at %s, %.4g mW, %.4g pJ per row, %.2f TOPS/W%s\n",
               (total / pj_per_uj).value, bounds_text(total / pj_per_uj).c_str(),
               energy.technology.name.c_str(), run.average_power_mw().value,
               run.pj_per_row(total).value, efficiency.value, bounds_text(efficiency).c_str());
  text += line("area            %.4g mm2%s, %.3g TOPS/mm2%s\n", energy.area_mm2.value,
               bounds_text(energy.area_mm2).c_str(), run.tops_per_mm2().value,
               bounds_text(run.tops_per_mm2()).c_str());
  return text + assumed_text(energy);
}

}  // namespace topkima::report
