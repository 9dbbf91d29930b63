// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "report/energy_report.h"
#include "report/kind_totals.h"

namespace topkima::report {
namespace {

using json = nlohmann::ordered_json;
using config::Kind;
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
    case Kind::text:
    case Kind::choice: break;
  }
  return text;
}

const char* cause_name(const std::vector<stage::Account>& accounts, stage::StageId id) {
  return id == stage::nobody ? "no more rows" : accounts[std::size_t(id)].name.c_str();
}

/// The rows whose conversions took longest, by the id that every observer uses.
json slowest_conversions(const RunResult& run) {
  constexpr std::size_t most = 5;
  const auto& results = run.results;
  const auto crossbars = std::size_t(results.crossbars);
  std::vector<std::size_t> ids(results.convert_cycles.size() / crossbars);
  std::iota(ids.begin(), ids.end(), 0);
  const auto cycles = [&](std::size_t id) {
    const auto* first = results.convert_cycles.data() + id * crossbars;
    return *std::max_element(first, first + crossbars);
  };
  const auto shown = std::min(ids.size(), most);
  std::partial_sort(ids.begin(), ids.begin() + std::ptrdiff_t(shown), ids.end(),
                    [&](std::size_t a, std::size_t b) {
                      const auto left = cycles(a), right = cycles(b);
                      return left != right ? left > right : a < b;
                    });
  json list = json::array();
  for (std::size_t i = 0; i < shown; ++i)
    list.push_back({{"id", ids[i]},
                    {"head", ids[i] / std::size_t(results.rows)},
                    {"row", ids[i] % std::size_t(results.rows)},
                    {"cycles", cycles(ids[i])}});
  return list;
}

json scales(const RunResult& run) {
  json result = {{"q", json::array()},
                 {"k", json::array()},
                 {"v", json::array()},
                 {"ramp_lsb", json::array()},
                 {"score_step", json::array()}};
  for (const auto& scale : run.scales) {
    result["q"].push_back(scale.q);
    result["k"].push_back(scale.k);
    result["v"].push_back(scale.v);
    result["ramp_lsb"].push_back(scale.ramp_lsb);
    result["score_step"].push_back(scale.score_step);
  }
  return result;
}

json totals(const RunResult& run) {
  const double per_sequence = run.cycles_per_sequence();
  return {{"latency_cycles", run.latency},
          {"latency_us", double(run.latency) / run.config.clock.frequency_mhz},
          {"closed_form_cycles", run.estimate},
          {"operations", run.operations()},
          {"tops", run.tops(double(run.latency), run.config.pipeline.sequences)},
          {"mean_conversion_cycles", run.mean_conversion()},
          {"mean_winners", run.mean_winners()},
          {"steady_state",
           {{"cycles_per_sequence", per_sequence},
            {"sequences_per_second",
             per_sequence == 0 ? 0 : run.config.clock.frequency_mhz * 1e6 / per_sequence},
            {"tops", run.tops(per_sequence, 1)}}}};
}

template <typename... Arguments>
std::string line(const char* format, Arguments... arguments) {
  char text[256];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

/// What a run would gain if all stages of `kind` took half their time, "-" when nothing.
std::string gain_text(const RunResult& run, const std::string& kind) {
  const auto found = run.path.latency_if_twice_as_fast.find(kind);
  if (found == run.path.latency_if_twice_as_fast.end()) return "?";
  const double gain = 100.0 * double(run.latency - found->second) / double(run.latency);
  return gain < 0.05 ? "-" : line("-%.1f%%", gain);
}

std::string stage_table(const RunResult& run) {
  std::string text =
      "  stage          units   busy  starved  blocked  if 2x fast  waits mostly for\n";
  for (const auto& [kind, total] : totals_by_kind(run.accounts)) {
    const double all = double(run.latency) * total.stages / 100;
    const auto most =
        std::max_element(total.waits.begin(), total.waits.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::string cause = most == total.waits.end() ? "" : most->first;
    const auto share = [&](std::int64_t cycles) { return all == 0 ? 0 : double(cycles) / all; };
    text += line("  %-14s %5d %5.1f%%  %6.1f%%  %6.1f%%  %10s  %s\n", kind.c_str(), total.stages,
                 share(total.busy), share(total.starved), share(total.blocked),
                 gain_text(run, kind).c_str(), cause.c_str());
  }
  return text;
}

std::string path_text(const RunResult& run) {
  if (!run.path.known) return "critical path   not kept for a run of this length\n";
  std::vector<std::pair<std::int64_t, std::string>> parts;
  for (const auto& [kind, cycles] : run.path.cycles) parts.push_back({cycles, kind});
  std::sort(parts.rbegin(), parts.rend());
  std::string text = "critical path  ";
  for (std::size_t i = 0; i < std::min<std::size_t>(parts.size(), 4); ++i)
    text += line("%s %s %.1f%%", i ? "," : "", parts[i].second.c_str(),
                 100.0 * double(parts[i].first) / double(run.latency));
  return text + "\n";
}

}  // namespace

bool reported(const config::Parameter& parameter, const std::string& tool, bool encoder) {
  return !parameter.view_only && (!parameter.soc_only || tool == "topkima-soc") &&
         (!parameter.encoder_only || encoder);
}

json configuration_json(const config::Settings& settings, const std::string& tool, bool encoder) {
  json all = json::object();
  for (const auto& parameter : config::parameter_table()) {
    if (!reported(parameter, tool, encoder)) continue;
    all[parameter.name] = {{"value", value_of(settings, parameter)},
                           {"unit", parameter.unit},
                           {"default", parameter.default_value},
                           {"provenance", settings.provenance(parameter.name)}};
  }
  return all;
}

std::vector<std::string> assumed_parameters(const config::Settings& settings,
                                            const std::string& tool, bool encoder) {
  std::vector<std::string> names;
  for (const auto& parameter : config::parameter_table())
    if (settings.origin(parameter.name) == Origin::assumption && reported(parameter, tool, encoder))
      names.push_back(parameter.name);
  return names;
}

/// The parameters of noise and fault that are not as ideal circuits have them.
static std::vector<const config::Parameter*> nonidealities(const config::Settings& settings,
                                                           const std::string& tool) {
  std::vector<const config::Parameter*> used;
  for (const auto& parameter : config::parameter_table()) {
    const bool concerned = parameter.section() == "noise" || parameter.section() == "fault";
    if (concerned && parameter.name != "noise.seed" && reported(parameter, tool) &&
        settings.text(parameter.name) != parameter.default_value)
      used.push_back(&parameter);
  }
  return used;
}

json nonidealities_json(const config::Settings& settings, const std::string& tool) {
  json all{{"seed", settings.long_integer("noise.seed")}};
  for (const auto* parameter : nonidealities(settings, tool))
    all[parameter->name] = {{"value", value_of(settings, *parameter)}, {"unit", parameter->unit}};
  return all;
}

std::string nonidealities_text(const config::Settings& settings, const std::string& tool) {
  std::string text;
  for (const auto* parameter : nonidealities(settings, tool)) {
    const std::string value = parameter->kind == Kind::real
                                  ? line("%g", settings.real(parameter->name))
                                  : settings.text(parameter->name);
    text += (text.empty() ? "not ideal       " : "                ") + parameter->name + " " +
            value + (parameter->unit.empty() ? "" : " ") + parameter->unit + "\n";
  }
  return text;
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

std::string report_json(const config::Settings& settings, const RunResult& run) {
  const auto& shape = run.config.shape;
  json report = {
      {"schema", "topkima-report"},
      {"schema_version", 1},
      {"tool", run.tool},
      {"workload",
       {{"heads", shape.heads},
        {"query_rows", shape.query_rows},
        {"tokens", shape.tokens},
        {"d_k", shape.d_k},
        {"projected", shape.projected}}},
      {"totals", totals(run)},
      {"early_stop", {{"alpha", run.alpha()}, {"alpha_per_crossbar", run.alpha_per_crossbar()}}}};
  if (!run.completed.empty()) report["sequences_completed_at"] = run.completed;
  if (run.against_float) {
    const auto& f = *run.against_float;
    report["float_reference"] = {{"cosine_similarity", f.cosine_similarity},
                                 {"relative_error", f.relative_error},
                                 {"max_abs_error", f.max_abs_error},
                                 {"max_abs_output", f.max_abs_output},
                                 {"topk_overlap_float", f.topk_overlap_float},
                                 {"topk_overlap_exact", f.topk_overlap_exact},
                                 {"topk_mass", f.topk_mass}};
  }
  report["critical_path"] = nullptr;
  if (run.path.known)
    report["critical_path"] = {{"cycles", run.path.cycles},
                               {"latency_if_twice_as_fast", run.path.latency_if_twice_as_fast}};
  report["slowest_conversions"] = slowest_conversions(run);
  report["stages"] = stages_json(run.accounts);
  report["scales"] = scales(run);
  report["energy"] = energy_json(run);
  if (run.config.nonidealities.any())
    report["nonidealities"] = nonidealities_json(settings, run.tool);
  if (!run.rtl.empty()) report["rtl"] = run.rtl;
  report["assumed"] = assumed_parameters(settings, run.tool);
  report["configuration"] = configuration_json(settings, run.tool);
  return report.dump(1) + "\n";
}

std::string effective_ini(const config::Settings& settings, const std::string& tool, bool encoder) {
  std::string text = "# Every parameter of this run, resolved.\n", section, provenance;
  for (const auto& parameter : config::parameter_table()) {
    if (!reported(parameter, tool, encoder)) continue;
    if (parameter.section() != section) {
      section = parameter.section();
      text += "\n[" + section + "]\n";
    }
    text +=
        parameter.name.substr(section.size() + 1) + " = " + settings.text(parameter.name) + "\n";
    const std::string given = settings.given_provenance(parameter.name);
    if (!given.empty()) provenance += parameter.name + " = " + given + "\n";
  }
  return provenance.empty() ? text : text + "\n[provenance]\n" + provenance;
}

std::string summary(const config::Settings& settings, const RunResult& run) {
  const auto& shape = run.config.shape;
  std::string split;
  for (std::size_t i = 0; i < run.config.topk.split.size() && i < 4; ++i)
    split += (i ? "+" : "") + std::to_string(run.config.topk.split[i]);
  if (run.config.topk.split.size() > 4) split += "+...";
  std::string text =
      line("%s: %d heads, %d rows of Q, %d tokens, d_k %d; columns %s, k %d, %s\n",
           run.tool.c_str(), shape.heads, shape.query_rows, shape.tokens, shape.d_k, split.c_str(),
           run.config.topk.winners, settings.text("pipeline.schedule").c_str());
  text += line("latency         %lld cycles = %.1f us (closed form %.0f), %.3f TOPS\n",
               static_cast<long long>(run.latency),
               double(run.latency) / run.config.clock.frequency_mhz, run.estimate,
               run.tops(double(run.latency), run.config.pipeline.sequences));
  if (run.completed.size() > 1)
    text += line("steady state    %.0f cycles per sequence, %.3f TOPS\n", run.cycles_per_sequence(),
                 run.tops(run.cycles_per_sequence(), 1));
  text += line("early stopping  alpha %.3f, conversion %.2f cycles of %d\n", run.alpha(),
               run.mean_conversion(), run.config.full_ramp_cycles());
  text += nonidealities_text(settings, run.tool);
  for (const auto& rtl : run.rtl) text += line("RTL             %s\n", rtl.c_str());
  if (run.compared > 0)
    text +=
        line("compared        %lld steps and rows with RTL, %s\n",
             static_cast<long long>(run.compared), run.diverged ? "differences" : "no difference");
  text += stage_table(run) + path_text(run) + energy_text(run);
  if (run.against_float) {
    const auto& f = *run.against_float;
    text += line(
        "against float   top-k overlap %.1f%% (integer scores: %.1f%%), selected softmax mass "
        "%.1f%%\n",
        100 * f.topk_overlap_float, 100 * f.topk_overlap_exact, 100 * f.topk_mass);
    text +=
        line("                cosine similarity %.4f, maximum error %.4g (largest output %.4g)\n",
             f.cosine_similarity, f.max_abs_error, f.max_abs_output);
  }
  text += line(
      "assumptions     %d of the parameters rest on no published or measured figure; see "
      "report.json\n",
      static_cast<int>(assumed_parameters(settings, run.tool).size()));
  return text;
}

}  // namespace topkima::report
