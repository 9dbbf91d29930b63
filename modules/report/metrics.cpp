// SPDX-License-Identifier: Apache-2.0
#include "report/metrics.h"

#include <algorithm>
#include <limits>

#include "report/kind_totals.h"
#include "report/masks.h"
#include "stage/kinds.h"

namespace topkima::report {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

template <typename T>
std::function<double(const RunResult&)> of_comparison(T FloatComparison::*member) {
  return [member](const RunResult& run) {
    return run.against_float ? (*run.against_float).*member : none;
  };
}

/// Mean share of the latency over the stages of a kind.
std::function<double(const RunResult&)> share(const std::string& kind,
                                              std::int64_t KindTotal::*member) {
  return [kind, member](const RunResult& run) {
    for (const auto& [name, total] : totals_by_kind(run.accounts))
      if (name == kind && run.latency > 0)
        return double(total.*member) / total.stages / double(run.latency);
    return none;
  };
}

double busy_per_row(const RunResult& run, const std::string& kind) {
  double busy = 0, rows = 0;
  for (const auto& account : run.accounts) {
    if (account.kind != kind) continue;
    busy += double(account.busy);
    rows += double(account.rows);
  }
  return rows == 0 ? 0 : busy / rows;
}

/// Service of a row in the stages of the softmax macro.
double softmax_cycles(const RunResult& run) {
  double cycles = 0;
  for (const auto* kind : stage::kinds::all)
    if (kind->makes_probabilities) cycles += busy_per_row(run, kind->name);
  return cycles;
}

const energy::Traced uj(1e-6);  ///< of a pJ

void add_energy(std::vector<Metric>& all, stage::Has machine) {
  using Run = const RunResult&;
  add_banded<RunResult>(
      all, {{{"energy_uj", "uJ", "energy of the run, dynamic and leakage", true, Role::energy},
             [](Run run) { return uj * run.energy.energy_pj(); }},
            {{"dynamic_uj", "uJ", "energy of the counted events"},
             [](Run run) { return uj * run.energy.dynamic_pj; }},
            {{"leakage_uj", "uJ", "leakage over the latency"},
             [](Run run) { return uj * run.energy.leakage_pj; }},
            {{"average_power_mw", "mW", "energy over the latency"},
             [](Run run) { return run.average_power_mw(); }},
            {{"area_mm2", "mm2", "area of all components", false, Role::area},
             [](Run run) { return run.energy.area_mm2; }},
            {{"energy_per_row_pj", "pJ", "energy over rows of all heads"},
             [](Run run) { return run.pj_per_row(run.energy.energy_pj()); }},
            {{"softmax_energy_per_row_pj", "pJ",
              "part of energy_per_row_pj from the word lines of K^T to the last probability"},
             [](Run run) { return run.pj_per_row(run.energy.softmax_pj()); }},
            {{"tops_per_w", "TOPS/W", "operations of the dense module over the energy"},
             [](Run run) { return run.tops_per_w(); }},
            {{"tops_per_mm2", "TOPS/mm2", "tops over the area"},
             [](Run run) { return run.tops_per_mm2(); }}});
  all.push_back({"energy_assumed_share", "share", "share of the energy that rests on assumptions",
                 [](Run run) { return run.energy.energy_pj().assumed_share(); }});
  all.push_back({"area_assumed_share", "share", "share of the area that rests on assumptions",
                 [](Run run) { return run.energy.area_mm2.assumed_share(); }});
  for (std::size_t i = 0; i < stage::component_count; ++i) {
    const auto component = stage::Component(i);
    if (!stage::counts(machine, component)) continue;
    const std::string name = stage::name_of(component);
    const auto of_component = [component](energy::Traced (*part)(const energy::ComponentReport&)) {
      return [component, part](Run run) {
        const auto* found = run.energy.find(component);
        return found ? part(*found) : energy::Traced();
      };
    };
    add_banded<RunResult>(
        all, {{{name + ".energy_uj", "uJ", "energy of this component, dynamic and leakage"},
               of_component([](const auto& found) { return uj * found.energy_pj(); })},
              {{name + ".area_mm2", "mm2", "area of all instances of this component"},
               of_component([](const auto& found) { return found.area_mm2; })}});
  }
}

double path_cycles(const RunResult& run, const std::string& kind) {
  if (!run.path.known) return none;
  const auto found = run.path.cycles.find(kind);
  return found == run.path.cycles.end() ? 0 : double(found->second);
}

double gain(const RunResult& run, const std::string& kind) {
  if (!run.path.known || run.latency == 0) return none;
  const auto found = run.path.latency_if_twice_as_fast.find(kind);
  if (found == run.path.latency_if_twice_as_fast.end()) return 0;
  return double(run.latency - found->second) / double(run.latency);
}

double resting_share(const RunResult& run) {
  const MaskEffects effects = mask_effects(run);
  return double(effects.resting) / double(effects.resting + effects.conversions);
}

}  // namespace

std::vector<Metric> metrics(stage::Has machine) {
  using Run = const RunResult&;
  std::vector<Metric> all{
      {"latency_cycles", "cycles", "cycles from the start to the last stored row",
       [](Run run) { return double(run.latency); }, true, Role::latency},
      {"latency_us", "us", "latency_cycles at the clock's frequency",
       [](Run run) { return double(run.latency) / run.config.clock.frequency_mhz; }},
      {"closed_form_cycles", "cycles", "estimate of the latency",
       [](Run run) { return run.estimate; }},
      {"cycles_per_sequence", "cycles",
       "cycles for each sequence of a stream; for a single one its latency",
       [](Run run) { return run.cycles_per_sequence(); }},
      {"tops", "TOPS", "operations of the dense module over the latency",
       [](Run run) { return run.tops(double(run.latency), run.config.pipeline.sequences); }},
      {"stream_tops", "TOPS", "operations of the dense module over cycles_per_sequence",
       [](Run run) { return run.tops(run.cycles_per_sequence(), 1); }},
      {"alpha", "", "executed share of the ramp, mean of the slowest crossbars",
       [](Run run) { return run.alpha(); }, true},
      {"mean_conversion_cycles", "cycles", "conversion of a row, mean of the slowest crossbars",
       [](Run run) { return run.mean_conversion(); }},
      {"softmax_cycles", "cycles",
       "service of a row alone, from its precharge to its last probability, mean over rows",
       [](Run run) { return softmax_cycles(run); }},
      {"sort_share", "share", "share of softmax_cycles that a digital sorter takes",
       [](Run run) {
         const double macro = softmax_cycles(run);
         return macro == 0 ? 0 : busy_per_row(run, stage::kinds::sorter.name) / macro;
       }},
      {"mean_winners", "winners", "winners of a row, mean over rows",
       [](Run run) { return run.mean_winners(); }},
      {"mean_participants", "tokens", "tokens that take part in a row, mean over rows",
       [](Run run) { return mask_effects(run).participants; }},
      {"resting_share", "share",
       "share of the conversions that crossbars without a participant leave out",
       [](Run run) { return resting_share(run); }},
      {"crossbars", "crossbars", "crossbars that hold K^T, in all heads",
       [](Run run) { return double(run.results.crossbars) * run.config.chains(); }},
      {"cosine_similarity", "", "cosine similarity of the output and of exact float attention",
       of_comparison(&FloatComparison::cosine_similarity), true},
      {"relative_error", "", "root mean square error of the output over that of its exact values",
       of_comparison(&FloatComparison::relative_error), true, Role::quality},
      {"max_abs_error", "", "largest error of an output",
       of_comparison(&FloatComparison::max_abs_error)},
      {"topk_overlap_float", "share", "selected tokens among the exact top-k of float scores",
       of_comparison(&FloatComparison::topk_overlap_float), true},
      {"topk_overlap_exact", "share", "selected tokens among the exact top-k of integer scores",
       of_comparison(&FloatComparison::topk_overlap_exact), true},
      {"topk_mass", "share", "exact softmax probability of the selected tokens, mean over rows",
       of_comparison(&FloatComparison::topk_mass), true}};
  for (const auto* listed : stage::stage_kinds(machine)) {
    const std::string kind = listed->name;
    all.push_back({kind + ".busy", "share", "share of the latency at work, mean over the stages",
                   share(kind, &KindTotal::busy)});
    all.push_back({kind + ".starved", "share", "share of the latency without a row",
                   share(kind, &KindTotal::starved)});
    all.push_back({kind + ".blocked", "share", "share of the latency with a row that nobody takes",
                   share(kind, &KindTotal::blocked)});
    all.push_back({kind + ".path", "cycles", "cycles on the critical path",
                   [kind](Run run) { return path_cycles(run, kind); }});
    all.push_back({kind + ".gain", "share",
                   "share of the latency that is saved if it is twice as fast",
                   [kind](Run run) { return gain(run, kind); }});
  }
  add_energy(all, machine);
  return all;
}

std::string bottleneck(const RunResult& run) {
  const auto kinds = totals_by_kind(run.accounts);
  const auto most = [&](auto measure) {
    std::string name;
    double largest = 0;
    for (const auto& [kind, total] : kinds)
      if (const double value = measure(kind, total); value > largest) {
        name = kind;
        largest = value;
      }
    return name;
  };
  if (!run.path.known)
    return most([](const auto&, const auto& total) { return double(total.busy) / total.stages; });
  const auto gains = most([&](const auto& kind, const auto&) { return gain(run, kind); });
  if (!gains.empty()) return gains;
  return most([&](const auto& kind, const auto&) { return path_cycles(run, kind); });
}

}  // namespace topkima::report
