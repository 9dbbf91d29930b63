// SPDX-License-Identifier: Apache-2.0
#include "report/report_parts.h"

#include <cctype>

#include "config/ini_name.h"
#include "files/names.h"

namespace topkima::report {
namespace {

using json = nlohmann::ordered_json;
using config::Kind;
using config::MachineKind;
using config::Origin;

json value_of(const config::Settings& settings, const config::Parameter& parameter) {
  const std::string& text = settings.text(parameter.name);
  switch (parameter.kind) {
    case Kind::boolean: return settings.flag(parameter.name);
    case Kind::integer_list:
    case Kind::integer:
      if (!std::isdigit(static_cast<unsigned char>(text[0]))) return text;
      if (parameter.kind == Kind::integer) return settings.long_integer(parameter.name);
      return settings.integers(parameter.name);
    case Kind::real:
    case Kind::real_list:
      if (!std::isdigit(static_cast<unsigned char>(text[0]))) return text;
      if (parameter.kind == Kind::real) return settings.real(parameter.name);
      return settings.reals(parameter.name);
    case Kind::real_band: {
      if (parameter.is_word(text)) return text;
      const auto numbers = settings.reals(parameter.name);
      return numbers.size() == 1 ? json(numbers[0]) : json(numbers);
    }
    case Kind::file:
    case Kind::directory: return settings.shown(parameter);
    case Kind::text:
    case Kind::choice: break;
  }
  return text;
}

const char* cause_name(const std::vector<stage::Account>& accounts, stage::StageId id) {
  return id == stage::nobody ? "no more rows" : accounts[std::size_t(id)].name.c_str();
}

json configuration_json(const config::Settings& settings, const MachineKind& machine) {
  json all = json::object();
  for (const auto& parameter : config::parameter_table()) {
    if (!reported(parameter, machine)) continue;
    auto& entry = all[parameter.name];
    entry["value"] = value_of(settings, parameter);
    if (const auto content = settings.content(parameter.name); !content.empty())
      entry["sha256"] = content;
    entry["unit"] = parameter.unit;
    entry["default"] = parameter.default_value;
    entry["provenance"] = settings.provenance(parameter.name);
  }
  return all;
}

std::vector<std::string> assumed_parameters(const config::Settings& settings,
                                            const MachineKind& machine) {
  std::vector<std::string> names;
  for (const auto& parameter : config::parameter_table())
    if (settings.origin(parameter.name) == Origin::assumption && reported(parameter, machine))
      names.push_back(parameter.name);
  return names;
}

/// The parameters of noise and fault that are not as ideal circuits have them.
std::vector<const config::Parameter*> nonidealities(const config::Settings& settings,
                                                    const MachineKind& machine) {
  std::vector<const config::Parameter*> used;
  for (const auto& parameter : config::parameter_table()) {
    const bool concerned = parameter.section() == "noise" || parameter.section() == "fault";
    if (concerned && parameter.name != "noise.seed" && reported(parameter, machine) &&
        settings.text(parameter.name) != parameter.default_value)
      used.push_back(&parameter);
  }
  return used;
}

json nonidealities_json(const config::Settings& settings, const MachineKind& machine) {
  json all{{"seed", settings.long_integer("noise.seed")}};
  for (const auto* parameter : nonidealities(settings, machine))
    all[parameter->name] = {{"value", value_of(settings, *parameter)}, {"unit", parameter->unit}};
  return all;
}

json spread_json(const Spread& spread) {
  return {{"mean", spread.mean()},       {"least", spread.quantile(0)},
          {"p10", spread.quantile(0.1)}, {"median", spread.quantile(0.5)},
          {"p90", spread.quantile(0.9)}, {"p99", spread.quantile(0.99)},
          {"most", spread.quantile(1)}};
}

}  // namespace

json rows_json(const RowTable& rows) {
  json stages = json::object();
  for (std::size_t i = 0; i < rows.stages.size(); ++i)
    for (const RowPart part : row_parts)
      stages[rows.stages[i]][name_of(part)] = spread_json(rows.parts[i][std::size_t(part)]);
  return {{"count", rows.whole.rows()}, {"in_head", spread_json(rows.whole)}, {"stages", stages}};
}

bool reported(const config::Parameter& parameter, const MachineKind& machine) {
  return !parameter.view_only && parameter.is_in(machine);
}

std::string effective_ini(const config::Settings& settings, const MachineKind& machine) {
  std::string text = "# Every parameter of this run, resolved.\n", section, given, provenance;
  for (const auto& parameter : config::parameter_table()) {
    if (!reported(parameter, machine)) continue;
    if (parameter.section() != section) {
      section = parameter.section();
      text += "\n[" + section + "]\n";
    }
    const std::string& value = settings.text(parameter.name);
    text += parameter.name.substr(section.size() + 1) + " = " +
            (parameter.is_path() ? config::name_to_ini(value) : value) + "\n";
    if (settings.is_given_default(parameter.name))
      given += (given.empty() ? " " : ", ") + parameter.name;
    if (settings.needs_provenance(parameter.name))
      provenance += parameter.name + " = " + settings.provenance(parameter.name) + "\n";
  }
  return text + "\n[provenance]\ngiven =" + given + "\n" + provenance;
}

json stages_json(const std::vector<stage::Account>& accounts) {
  json list = json::array();
  const auto causes = [&](std::int64_t total,
                          const std::vector<std::pair<stage::StageId, std::int64_t>>& by) {
    json entry = {{"total", total}, {"by", json::object()}};
    for (const auto& [id, cycles] : by) entry["by"][cause_name(accounts, id)] = cycles;
    return entry;
  };
  for (const auto& account : accounts) {
    if (!account.accounted) continue;
    list.push_back({{"name", account.name},
                    {"kind", account.kind},
                    {"rows", account.rows},
                    {"busy", account.busy},
                    {"starved", causes(account.starved, account.starved_by)},
                    {"blocked", causes(account.blocked, account.blocked_by)}});
  }
  return list;
}

void add_circumstances(json& report, const config::Settings& settings, const MachineKind& machine,
                       const config::MachineConfig& config, const std::vector<std::string>& rtl) {
  if (config.nonidealities.any()) report["nonidealities"] = nonidealities_json(settings, machine);
  if (!rtl.empty()) report["rtl"] = rtl;
  if (const int above = config.winners_above_k()) report["winners_above_k"] = above;
  if (const int beyond = config.winners_beyond_participants())
    report["winners_beyond_participants"] = beyond;
  report["assumed"] = assumed_parameters(settings, machine);
  report["configuration"] = configuration_json(settings, machine);
}

std::string nonidealities_text(const config::Settings& settings, const MachineKind& machine) {
  std::string text;
  for (const auto* parameter : nonidealities(settings, machine)) {
    const std::string value = parameter->kind == Kind::real
                                  ? line("%g", settings.real(parameter->name))
                                  : files::one_line(settings.shown(*parameter));
    text += (text.empty() ? "not ideal       " : "                ") + parameter->name + " " +
            value + (parameter->unit.empty() ? "" : " ") + parameter->unit + "\n";
  }
  return text;
}

std::string winners_text(const config::MachineConfig& config) {
  std::string text;
  if (config.winners_above_k() > 0)
    text += line(
        "winners         %d of a row, above topk.k = %d: each of %zu crossbars has a share, of 1 "
        "at "
        "least\n",
        config.topk.winners, config.topk.k, config.topk.split.size());
  if (const int beyond = config.winners_beyond_participants())
    text += line(
        "winners         %d of the %d asked of a row are beyond what takes part: no row has them\n",
        beyond, config.topk.winners);
  return text;
}

std::string rtl_text(const std::vector<std::string>& rtl, std::int64_t compared, bool differs) {
  std::string text;
  for (const auto& name : rtl) text += line("RTL             %s\n", name.c_str());
  if (compared > 0)
    text += line("compared        %lld steps and rows with RTL, %s\n",
                 static_cast<long long>(compared), differs ? "differences" : "no difference");
  return text;
}

std::string assumptions_text(const config::Settings& settings, const MachineKind& machine) {
  return line(
      "assumptions     %d of the parameters rest on no published or measured figure; see "
      "report.json\n",
      static_cast<int>(assumed_parameters(settings, machine).size()));
}

}  // namespace topkima::report
