// SPDX-License-Identifier: Apache-2.0
#include "encoder/encoder_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "files/json_text.h"
#include "report/energy_report.h"
#include "report/kind_totals.h"
#include "report/report_parts.h"
#include "stage/kinds.h"

namespace topkima::platforms {
namespace {

using json = nlohmann::ordered_json;
using report::line;

const energy::Traced uj(1e-6);  ///< of a pJ

double mean_of(const EncoderResult& run, double AttentionStatistics::*member) {
  double sum = 0;
  for (const auto& layer : run.attention) sum += layer.*member;
  return sum / double(run.attention.size());
}

/// Energy of a sample in the components that are asked for.
template <typename Asked>
energy::Traced sum_uj(const EncoderResult& run, Asked asked) {
  energy::Traced sum;
  for (std::size_t i = 0; i < stage::component_count; ++i) {
    const auto* found = run.energy.find(stage::Component(i));
    if (found && asked(found->component))
      sum = sum + uj * found->energy_pj() / energy::Traced(run.samples);
  }
  return sum;
}

/// Those of a head alone.
bool is_of_attention(stage::Component component) {
  return stage::counts(stage::in_macro, component);
}

bool is_rram(stage::Component component) {
  const auto counted = [&](const stage::StageKind& kind) { return kind.counts(component); };
  return counted(stage::kinds::matrix) || counted(stage::kinds::fold) ||
         std::any_of(stage::kinds::projections.begin(), stage::kinds::projections.end(),
                     [&](const auto* kind) { return counted(*kind); });
}

bool is_vector(stage::Component component) { return component == stage::Component::vector; }

/// Busy cycles of a kind's stage over the module's, and the name of the kind.
std::pair<double, std::string> busiest(const ModuleResult& module) {
  std::pair<double, std::string> most{0, ""};
  for (const auto& [kind, total] : report::totals_by_kind(module.accounts)) {
    const double share =
        module.cycles == 0 ? 0 : double(total.busy) / total.stages / double(module.cycles);
    if (share > most.first) most = {share, kind};
  }
  return most;
}

json modules_json(const EncoderResult& run) {
  json list = json::array();
  for (const auto& module : run.modules)
    list.push_back({{"name", module.name},
                    {"cycles", module.cycles},
                    {"cycles_per_sample", double(module.cycles) / run.samples},
                    {"stages", report::stages_json(module.accounts)}});
  return list;
}

json layers_json(const EncoderResult& run) {
  json list = json::array();
  for (const auto& layer : run.attention)
    list.push_back({{"alpha", layer.alpha},
                    {"mean_conversion_cycles", layer.mean_conversion},
                    {"mean_winners", layer.mean_winners},
                    {"ramp_lsb", layer.ramp_lsb},
                    {"score_step", layer.score_step},
                    {"rows", report::rows_json(layer.rows_took)}});
  return list;
}

json accuracy_json(const EncoderResult& run) {
  json accuracy = {{"asked", run.asked()}, {"right", run.right()}, {"accuracy", nullptr}};
  if (run.asked() > 0) accuracy["accuracy"] = run.accuracy();
  accuracy["accuracy_in_training"] = nullptr;
  if (run.trained_accuracy >= 0) accuracy["accuracy_in_training"] = run.trained_accuracy;
  accuracy["float_accuracy"] = nullptr;
  if (run.float_accuracy >= 0) accuracy["float_accuracy"] = run.float_accuracy;
  return accuracy;
}

std::pair<double, double> energy_range(const EncoderResult& run) {
  double least = run.energy_uj(0), most = least;
  for (std::size_t s = 1; s < run.latency.size(); ++s) {
    least = std::min(least, run.energy_uj(s));
    most = std::max(most, run.energy_uj(s));
  }
  return {least, most};
}

json totals_json(const EncoderResult& run) {
  const auto [least, most] = std::minmax_element(run.latency.begin(), run.latency.end());
  const auto [cheapest, dearest] = energy_range(run);
  json totals = {{"samples", run.samples},
                 {"cycles", run.cycles},
                 {"latency_cycles", run.mean_latency()},
                 {"latency_us", run.us(run.mean_latency())},
                 {"latency_us_least", run.us(double(*least))},
                 {"latency_us_most", run.us(double(*most))},
                 {"samples_per_second", run.samples_per_second()}};
  report::put_band(totals, "energy_uj_per_sample", run.energy_per_sample_uj());
  totals["energy_uj_least"] = cheapest;
  totals["energy_uj_most"] = dearest;
  return totals;
}

json energy_totals(const EncoderResult& run) {
  const auto& energy = run.energy;
  const energy::Traced us(run.us(double(run.cycles)));
  json totals = json::object();
  report::put_band(totals, "energy_uj", uj * energy.energy_pj());
  report::put_band(totals, "dynamic_uj", uj * energy.dynamic_pj);
  report::put_band(totals, "leakage_uj", uj * energy.leakage_pj);
  report::put_band(totals, "energy_uj_per_sample", run.energy_per_sample_uj());
  report::put_band(totals, "average_power_mw", energy::Traced(1e-3) * energy.energy_pj() / us);
  report::put_band(totals, "area_mm2", energy.area_mm2);
  totals["assumed_energy_share"] = energy.energy_pj().assumed_share();
  totals["assumed_area_share"] = energy.area_mm2.assumed_share();
  return totals;
}

std::string module_table(const EncoderResult& run) {
  std::string text = "  module                 us/sample  busiest stage";
  text += run.stream ? "\n" : " (a feed-forward's time holds its attention's)\n";
  for (const auto& module : run.modules) {
    const auto [share, kind] = busiest(module);
    text += line("  %-22s %9.2f  %s, busy %.1f%%\n", module.name.c_str(),
                 run.us(double(module.cycles)) / run.samples, kind.c_str(), 100 * share);
  }
  return text;
}

}  // namespace

const std::vector<EncoderMetric>& encoder_metrics() {
  using Run = const EncoderResult&;
  using report::Role;
  static const auto all = [] {
    std::vector<EncoderMetric> metrics{
        {"accuracy", "share", "share of the predictions that agree with their labels",
         [](Run run) { return run.accuracy(); }, true, Role::quality},
        {"samples", "samples", "samples that were run",
         [](Run run) { return double(run.samples); }},
        {"latency_cycles", "cycles",
         "cycles of a sample from its entrance to its prediction, mean over samples",
         [](Run run) { return run.mean_latency(); }, true, Role::latency},
        {"latency_us", "us", "latency_cycles at the clock's frequency",
         [](Run run) { return run.us(run.mean_latency()); }},
        {"samples_per_second", "1/s", "samples over the time of the whole run",
         [](Run run) { return run.samples_per_second(); }}};
    report::add_banded<EncoderResult>(
        metrics,
        {{{"energy_uj_per_sample", "uJ", "energy, dynamic and leakage", true, Role::energy},
          [](Run run) { return run.energy_per_sample_uj(); }},
         {{"dynamic_uj_per_sample", "uJ", "energy of the counted events"},
          [](Run run) { return uj * run.energy.dynamic_pj / energy::Traced(run.samples); }},
         {{"attention_uj_per_sample", "uJ",
           "energy of K^T and AV arrays, ramps, selection and softmax"},
          [](Run run) { return sum_uj(run, is_of_attention); }},
         {{"rram_uj_per_sample", "uJ", "energy of all RRAM arrays with their ADCs"},
          [](Run run) { return sum_uj(run, is_rram); }},
         {{"vector_uj_per_sample", "uJ", "energy of the vector units"},
          [](Run run) { return sum_uj(run, is_vector); }},
         {{"area_mm2", "mm2", "area of the machine", false, Role::area},
          [](Run run) { return run.energy.area_mm2; }}});
    metrics.push_back({"alpha", "",
                       "executed share of the ramp, mean over rows, samples and layers",
                       [](Run run) { return run.alpha(); }, true});
    metrics.push_back({"mean_conversion_cycles", "cycles",
                       "conversion of a row, mean over rows, samples and layers", [](Run run) {
                         return mean_of(run, &AttentionStatistics::mean_conversion);
                       }});
    metrics.push_back({"energy_assumed_share", "share",
                       "share of the energy that rests on assumptions",
                       [](Run run) { return run.energy.energy_pj().assumed_share(); }});
    return metrics;
  }();
  return all;
}

std::string encoder_bottleneck(const EncoderResult& run) {
  std::int64_t most = -1;
  std::string name;
  for (const auto& module : run.modules)
    for (const auto& account : module.accounts)
      if (account.accounted && account.busy > most) {
        most = account.busy;
        name = module.name + "." + account.kind;
      }
  return name;
}

std::string encoder_json(const config::Settings& settings, const EncoderResult& run) {
  json all = {{"schema", "topkima-encoder-report"},
              {"schema_version", 1},
              {"tool", run.machine.tool},
              {"model",
               {{"trained", run.trained},
                {"task", config::word(run.task)},
                {"layers", run.shape.layers},
                {"heads", run.config.shape.heads},
                {"d_model", run.config.shape.d_model()},
                {"hidden", run.shape.hidden},
                {"tokens", run.tokens},
                {"classes", run.classes}}},
              {"prediction", accuracy_json(run)},
              {"totals", totals_json(run)},
              {"attention", layers_json(run)},
              {"modules", modules_json(run)},
              {"energy", report::energy_json(run.energy, energy_totals(run))}};
  report::add_circumstances(all, settings, run.machine, run.config, run.rtl);
  return files::json_text(all, 1) + "\n";
}

std::string samples_csv(const EncoderResult& run) {
  std::string text = run.of_tokens() ? "sample,asked,right" : "sample,label,predicted";
  text += ",latency_cycles,dynamic_uj,energy_uj\n";
  const std::size_t each = run.of_tokens() ? std::size_t(run.tokens) : 1;
  for (std::size_t s = 0; s < run.latency.size(); ++s) {
    std::int64_t first = -1, second = run.predicted[s * each];
    if (!run.of_tokens() && !run.labels.empty()) first = run.labels[s];
    if (run.of_tokens()) {
      first = second = 0;
      for (std::size_t i = s * each; i < (s + 1) * each && !run.labels.empty(); ++i) {
        first += run.labels[i] >= 0;
        second += run.labels[i] >= 0 && run.labels[i] == run.predicted[i];
      }
    }
    text += std::to_string(s) + "," + (first < 0 ? "" : std::to_string(first)) + "," +
            std::to_string(second) + "," + std::to_string(run.latency[s]) +
            line(",%.7g,%.7g\n", run.dynamic_uj(s), run.energy_uj(s));
  }
  return text;
}

std::string encoder_summary(const config::Settings& settings, const EncoderResult& run) {
  const auto& shape = run.config.shape;
  std::string text =
      line("%s: %d layers, %d heads, d_model %d, %d tokens; k %d, %s\n", run.machine.tool.c_str(),
           run.shape.layers, shape.heads, shape.d_model(), run.tokens, run.config.topk.winners,
           settings.text("pipeline.schedule").c_str());
  if (!run.trained.empty()) text += "model           " + run.trained + "\n";
  if (run.asked() > 0) {
    text += line("accuracy        %.2f %%: %lld of %lld right", 100 * run.accuracy(),
                 static_cast<long long>(run.right()), static_cast<long long>(run.asked()));
    if (run.trained_accuracy >= 0)
      text += line(" (in training %.2f %%)", 100 * run.trained_accuracy);
    text += "\n";
  }
  text += line("latency         %.1f us per sample, %d samples %s\n", run.us(run.mean_latency()),
               run.samples, run.stream ? "that wait at the entrance together" : "one at a time");
  text += line("throughput      %.0f samples/s\n", run.samples_per_second());
  text += line("early stopping  alpha %.3f, conversion %.2f cycles of %d\n", run.alpha(),
               mean_of(run, &AttentionStatistics::mean_conversion), run.config.full_ramp_cycles());
  text += report::winners_text(run.config);
  text += report::rtl_text(run.rtl, run.compared, false);
  text += report::nonidealities_text(settings, run.machine);
  text += module_table(run) + report::component_table(run.energy);
  text += line("energy          %.4g uJ per sample%s at %s; area %.4g mm2%s\n",
               run.energy_per_sample_uj().value,
               report::bounds_text(run.energy_per_sample_uj()).c_str(),
               run.energy.technology.name.c_str(), run.energy.area_mm2.value,
               report::bounds_text(run.energy.area_mm2).c_str());
  return text + report::assumed_text(run.energy) + report::assumptions_text(settings, run.machine);
}

}  // namespace topkima::platforms
