// SPDX-License-Identifier: Apache-2.0
#include "report/masks.h"

#include <algorithm>

#include "report/report_parts.h"

namespace topkima::report {
namespace {

/// Sums over the rows of all sequences, of one head: masks are the same for all.
struct Totals {
  explicit Totals(std::size_t crossbars)
      : rows(crossbars), participants(crossbars), shares(crossbars) {}

  std::vector<double> rows, participants, shares;  ///< by crossbar
  double all = 0;
  int least = 0, most = 0;
};

Totals totals_of(const config::MachineConfig& config) {
  Totals totals(config.topk.split.size());
  totals.least = config.shape.tokens;
  const auto& mask = config.attention.mask;
  // Sequences whose masks are alike are looked at once.
  const double weight = double(config.pipeline.sequences) / double(mask.different());
  for (std::size_t sequence = 0; sequence < mask.different(); ++sequence)
    for (int row = 0; row < config.shape.query_rows; ++row) {
      const int tokens = mask.of(std::int64_t(sequence), row).size();
      totals.all += weight * tokens;
      totals.least = std::min(totals.least, tokens);
      totals.most = std::max(totals.most, tokens);
      const auto participants = config.participants_of(std::int64_t(sequence), row);
      const auto shares = config.shares_of(std::int64_t(sequence), row);
      for (std::size_t c = 0; c < participants.size(); ++c) {
        if (participants[c] == 0) continue;
        totals.rows[c] += weight;
        totals.participants[c] += weight * participants[c];
        totals.shares[c] += weight * shares[c];
      }
    }
  return totals;
}

}  // namespace

MaskEffects mask_effects(const RunResult& run) {
  const Totals totals = totals_of(run.config);
  MaskEffects effects{};
  effects.participants =
      totals.all / (double(run.config.pipeline.sequences) * run.config.shape.query_rows);
  effects.least = totals.least;
  effects.most = totals.most;
  for (std::size_t c = 0; c < totals.rows.size(); ++c) {
    const auto mean = [&](double sum) { return totals.rows[c] == 0 ? 0 : sum / totals.rows[c]; };
    const std::int64_t live = run.sums.crossbar_rows()[c];
    effects.crossbars.push_back({live, mean(totals.participants[c]), mean(totals.shares[c])});
    effects.conversions += live;
    effects.resting += std::int64_t(run.rows()) - live;
  }
  return effects;
}

void add_masks(nlohmann::ordered_json& report, const RunResult& run) {
  if (run.config.attention.mask.is_dense()) return;
  const MaskEffects effects = mask_effects(run);
  auto crossbars = nlohmann::ordered_json::array();
  for (const auto& crossbar : effects.crossbars) {
    crossbars.push_back({{"rows", crossbar.rows}, {"participants", crossbar.participants}});
    if (run.config.selects_per_crossbar()) crossbars.back()["share_of_k"] = crossbar.share;
  }
  report["masks"] = {
      {"participants_per_row",
       {{"mean", effects.participants}, {"least", effects.least}, {"most", effects.most}}},
      {"winners_per_row", run.mean_winners()},
      {"conversions", effects.conversions},
      {"resting_conversions", effects.resting},
      {"crossbars", crossbars}};
}

std::string masks_text(const RunResult& run) {
  if (run.config.attention.mask.is_dense()) return "";
  const MaskEffects effects = mask_effects(run);
  std::string text = line(
      "masks           %.1f of %d tokens take part in a row (%d to %d), %.2f win; %lld of %lld "
      "conversions rest\n",
      effects.participants, run.config.shape.tokens, effects.least, effects.most,
      run.mean_winners(), static_cast<long long>(effects.resting),
      static_cast<long long>(effects.resting + effects.conversions));
  if (!run.config.selects_per_crossbar() || effects.crossbars.size() < 2) return text;
  constexpr std::size_t most_shown = 4;
  text += "shares of k    ";
  for (std::size_t c = 0; c < std::min(effects.crossbars.size(), most_shown); ++c)
    text += line("%s crossbar %d: %.2f of %.1f columns", c ? "," : "", static_cast<int>(c),
                 effects.crossbars[c].share, effects.crossbars[c].participants);
  return text + (effects.crossbars.size() > most_shown ? ", ...\n" : "\n");
}

}  // namespace topkima::report
