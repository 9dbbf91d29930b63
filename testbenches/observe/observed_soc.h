// SPDX-License-Identifier: Apache-2.0
#pragma once
// The whole SoC with its ledger in the open, for observers to watch.

#include <random>
#include <string>
#include <utility>

#include "former_soc/simulate.h"
#include "observe/selection.h"

namespace topkima::testbenches {

/// A small machine that differs from seed to seed in everything that observers may see.
inline config::Settings random_soc(std::uint32_t seed) {
  std::mt19937 random(seed);
  config::Settings settings;
  const auto pick = [&](int low, int high) {
    return std::to_string(low + int(random() % unsigned(high - low + 1)));
  };
  const int heads = 1 + int(random() % 3);
  settings.set("attention.heads", std::to_string(heads), "test");
  settings.set("attention.d_model", std::to_string(heads * (1 + int(random() % 12))), "test");
  settings.set("attention.tokens", pick(1, 30), "test");
  settings.set("pipeline.queue_depth", pick(0, 2), "test");
  settings.set("pipeline.banks", pick(1, 2), "test");
  settings.set("pipeline.sequences", pick(1, 3), "test");
  settings.set("bus.bytes_per_cycle", pick(1, 16), "test");
  settings.set("topk.k", pick(1, 8), "test");
  settings.set("crossbar.columns", pick(8, 64), "test");
  settings.set("softmax.exponent_cycles", pick(0, 60), "test");
  settings.set("projection.adder_cycles", pick(0, 100), "test");
  settings.set("workload.seed", pick(0, 1000), "test");
  settings.set("attention.causal", random() % 2 ? "true" : "false", "test");
  settings.set("report.float_reference", "false", "test");
  const char* const schedules[] = {"sequential", "coarse", "fine", "buffered"};
  settings.set("pipeline.schedule", schedules[random() % 4], "test");
  settings.set("topk.grants_per_cycle", pick(1, 3), "test");
  settings.set("topk.step_cycles", pick(0, 1), "test");
  settings.set("topk.start_cycles", pick(0, 3), "test");
  settings.set("softmax.exponent_interval", pick(1, 2), "test");
  settings.set("softmax.divide_interval", pick(1, 2), "test");
  const char* const macros[] = {"topkima", "conventional", "digital_topk"};
  settings.set("softmax.macro", macros[random() % 3], "test");
  settings.set("attention.scaling", random() % 2 ? "left_shift" : "scale_free", "test");
  settings.set("sort.sorters", random() % 2 ? "crossbar" : "head", "test");
  return settings;
}

class ObservedSoc {
 public:
  explicit ObservedSoc(config::Settings given)
      : settings(std::move(given)),
        workload(workload::make_workload(settings, true)),
        run_(settings, workload, observation) {}

  stage::RowNumbers numbers() const { return platforms::numbers_of(config); }
  std::uint64_t rows() const {
    return std::uint64_t(config.pipeline.sequences) * numbers().heads * numbers().rows;
  }
  /// To the end; the accounts stay open.
  void simulate() { run_.simulate(); }
  report::RunResult run() {
    simulate();
    return run_.finish();
  }
  /// After the run, from the integers of Q and K.
  observe::RowScores scores_of(const stage::RowTag& row) const {
    observe::RowScores scores;
    const arith::Mask& mask = config.attention.mask;
    const std::int8_t* const query = firmware.q_rows().row(row.head, int(row.row));
    for (int token = 0; token < config.shape.tokens; ++token) {
      const std::int8_t* const key = firmware.k_rows().row(row.head, token);
      std::int32_t score = 0;
      for (int i = 0; i < config.shape.d_k; ++i) score += query[i] * key[i];
      scores.scores.push_back(score);
      const bool seen = !mask.causal || token <= int(row.row) + mask.first_row;
      scores.participants.end += token < mask.valid_tokens[0] && seen;
    }
    scores.ramp_lsb = firmware.scales()[row.head].ramp_lsb;
    scores.bits = config.ima.bits;
    scores.columns = config.attention.columns;
    scores.sub_k = config.shares_of(row.sequence, row.row);
    if (!config.selects_per_crossbar()) scores.head_k = config.topk.winners;
    return scores;
  }

  config::Settings settings;
  workload::Workload workload;
  platforms::Observation observation;  ///< nothing

 private:
  platforms::SocRun run_;

 public:
  const config::MachineConfig& config = run_.session.config;
  stage::Context& context = run_.session.context;
  const platforms::SocFirmware& firmware = run_.firmware;
  platforms::FormerSoc& soc = run_.soc;
};

}  // namespace topkima::testbenches
