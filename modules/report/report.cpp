// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "files/json_text.h"
#include "report/energy_report.h"
#include "report/kind_totals.h"
#include "report/limits.h"
#include "report/masks.h"
#include "report/report_parts.h"

namespace topkima::report {
namespace {

using json = nlohmann::ordered_json;

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
          {"rows", rows_json(run.rows_took)},
          {"steady_state",
           {{"cycles_per_sequence", per_sequence},
            {"sequences_per_second",
             per_sequence == 0 ? 0 : run.config.clock.frequency_mhz * 1e6 / per_sequence},
            {"tops", run.tops(per_sequence, 1)}}}};
}

json groups_json(const CriticalPath& path) {
  json list = json::object();
  for (const auto& group : path.groups)
    list[group.name] = {{"label", group.label},
                        {"kinds", group.kinds},
                        {"latency_if_twice_as_fast", group.latency_if_twice_as_fast}};
  return list;
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

namespace {

/// Heads of queries that share K and V, where any do.
std::string grouped_text(const config::MachineConfig& config) {
  const auto& shape = config.shape;
  if (shape.group() == 1) return "";
  return line("grouped         %d heads of K and V, %s: %d chains for %d heads of queries each\n",
              shape.kv_heads, config::word(config.attention.kv_sharing), config.chains(),
              config.heads_per_chain());
}

}  // namespace

std::string report_json(const config::Settings& settings, const RunResult& run) {
  const auto& shape = run.config.shape;
  json report = {
      {"schema", "topkima-report"},
      {"schema_version", 1},
      {"tool", run.machine.tool},
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
                               {"latency_if_twice_as_fast", run.path.latency_if_twice_as_fast},
                               {"groups", groups_json(run.path)}};
  add_masks(report, run);
  report["slowest_conversions"] = slowest_conversions(run);
  report["stages"] = stages_json(run.accounts);
  report["scales"] = scales(run);
  report["energy"] = energy_json(run);
  add_circumstances(report, settings, run.machine, run.config, run.rtl);
  return files::json_text(report, 1) + "\n";
}

std::string summary(const config::Settings& settings, const RunResult& run) {
  const auto& shape = run.config.shape;
  std::string split;
  for (std::size_t i = 0; i < run.config.topk.split.size() && i < 4; ++i)
    split += (i ? "+" : "") + std::to_string(run.config.topk.split[i]);
  if (run.config.topk.split.size() > 4) split += "+...";
  std::string text =
      line("%s: %d heads, %d rows of Q, %d tokens, d_k %d; columns %s, k %d, %s\n",
           run.machine.tool.c_str(), shape.heads, shape.query_rows, shape.tokens, shape.d_k,
           split.c_str(), run.config.topk.winners, settings.text("pipeline.schedule").c_str());
  text += grouped_text(run.config);
  text += line("latency         %lld cycles = %.1f us (closed form %.0f), %.3f TOPS\n",
               static_cast<long long>(run.latency),
               double(run.latency) / run.config.clock.frequency_mhz, run.estimate,
               run.tops(double(run.latency), run.config.pipeline.sequences));
  if (run.completed.size() > 1)
    text += line("steady state    %.0f cycles per sequence, %.3f TOPS\n", run.cycles_per_sequence(),
                 run.tops(run.cycles_per_sequence(), 1));
  text += line("early stopping  alpha %.3f, conversion %.2f cycles of %d\n", run.alpha(),
               run.mean_conversion(), run.config.full_ramp_cycles());
  text += masks_text(run) + winners_text(run.config);
  text += nonidealities_text(settings, run.machine);
  text += rtl_text(run.rtl, run.compared, run.diverged.has_value());
  text += stage_table(run) + path_text(run) + limits_text(run) + energy_text(run);
  if (run.against_float) {
    const auto& f = *run.against_float;
    text += line(
        "against float   top-k overlap %.1f%% (integer scores: %.1f%%), selected softmax mass "
        "%.1f%%\n",
        100 * f.topk_overlap_float, 100 * f.topk_overlap_exact, 100 * f.topk_mass);
    text += line(
        "                cosine similarity %.4f, relative error %.4f, maximum error %.4g (largest "
        "output %.4g)\n",
        f.cosine_similarity, f.relative_error, f.max_abs_error, f.max_abs_output);
  }
  return text + assumptions_text(settings, run.machine);
}

}  // namespace topkima::report
