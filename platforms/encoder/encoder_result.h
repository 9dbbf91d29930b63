// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything that a run of a whole encoder found out.

#include <cstdint>
#include <string>
#include <vector>

#include "config/machine_config.h"
#include "config/machine_kind.h"
#include "energy/energy_model.h"
#include "report/row_times.h"
#include "stage/ledger.h"

namespace topkima::platforms {

/// One module: the embedding, a layer's attention or feed-forward part, the classifier.
struct ModuleResult {
  std::string name;                      ///< "layer0.attention"
  std::int64_t cycles = 0;               ///< that its accounts add up to
  std::vector<stage::Account> accounts;  ///< of its stages
};

/// An attention module; means over the rows of all samples.
struct AttentionStatistics {
  double alpha, mean_conversion, mean_winners;
  std::vector<int> ramp_lsb;
  std::vector<double> score_step;
  report::RowTable rows_took;
};

struct EncoderResult {
  config::MachineKind machine;
  std::string trained;
  /// Accuracies as the package tells them; -1 where it does not.
  double trained_accuracy = -1, float_accuracy = -1;
  config::Task task = config::Task::image;
  bool stream = false;
  int samples = 0, tokens = 0, classes = 0;
  config::MachineConfig config;  ///< of the attention modules
  energy::EncoderShape shape{};

  /// Per sample, or of a text per token.
  std::vector<std::int32_t> predicted;
  std::vector<std::int32_t> labels;  ///< as predicted; -1: not asked for; empty: not known
  std::vector<std::int8_t> logits;   ///< [predicted, classes]

  std::vector<std::int64_t> latency;  ///< per sample, cycles from its entrance to its prediction
  std::int64_t cycles = 0;            ///< of the whole run
  std::vector<ModuleResult> modules;
  std::vector<AttentionStatistics> attention;  ///< per layer
  energy::EnergyReport energy;
  std::vector<double> sample_dynamic_pj;
  std::vector<std::string> rtl;  ///< what stood in the place of models or beside them
  std::int64_t compared = 0;     ///< transactions of models with RTL beside them
  std::string observed;          ///< what observers have to tell, for the terminal

  bool of_tokens() const { return config::predicts_tokens(task); }
  std::int64_t asked() const;  ///< predictions that there is a label for
  std::int64_t right() const;  ///< those that agree with it
  double accuracy() const;     ///< NaN without labels
  double us(double count) const { return count / config.clock.frequency_mhz; }
  double mean_latency() const;  ///< cycles
  double samples_per_second() const;
  energy::Traced energy_per_sample_uj() const;  ///< mean
  double dynamic_uj(std::size_t sample) const;
  /// The energy with the leakage of the time that the machine is the sample's alone, or, in a
  /// stream, of the sample's share of the run.
  double energy_uj(std::size_t sample) const;
  double alpha() const;  ///< mean over the layers
};

}  // namespace topkima::platforms
