// SPDX-License-Identifier: Apache-2.0
#pragma once
// A whole encoder on the modelled hardware: its modules, simulated one after the other. Since they
// hand tokens on through memory alone, a module needs to know of the one before only when its
// tokens were there (docs/encoder.md).

#include "encoder/encoder_result.h"
#include "encoder/token_module.h"
#include "energy/technology.h"
#include "run/observation.h"
#include "vector/token_flow.h"
#include "workload/samples.h"
#include "workload/workload.h"

namespace topkima::platforms {

class EncoderRun {
 public:
  /// `settings` holds the model's hardware, and what the user wants otherwise; every `auto` is
  /// replaced but for what differs from layer to layer. `observation` is about the attention module
  /// of its layer. All arguments must outlive it. Throws ConfigError.
  EncoderRun(config::Settings& settings, const workload::ModelPackage& model,
             const workload::Samples& samples, const Observation& observation);

  /// Simulates, in kernels of its own. Throws as Session::simulate.
  EncoderResult run();

 private:
  void check_size() const;
  void check_watched() const;
  void embed();
  void attend(std::size_t layer);
  void feed_forward(std::size_t layer);
  void classify();
  void simulate_tokens(const std::string& name, const TokenPlan& plan,
                       const vector::TokenTimes& times);
  config::Settings layer_settings(std::size_t layer) const;
  std::vector<int> ramp_lsbs(const workload::EncoderLayer& layer) const;
  workload::Workload attention_workload(std::size_t layer) const;
  void keep_resolved(const config::Settings& layer);
  vector::TokenTimes times(int rows, std::vector<std::int64_t> at) const;
  /// The same time for all rows of a sample.
  vector::TokenTimes times_by_sample(int rows) const;
  void add(const stage::Tally& tally);
  Progress module_progress() const;
  Observation observation_of(std::size_t layer) const;
  void predict();

  config::Settings& settings_;
  const workload::ModelPackage& model_;
  const workload::Samples& samples_;
  const Observation& observation_;
  energy::Technology technology_;
  config::MachineConfig config_;
  vector::VectorTiming timing_;
  vector::Arrival arrival_;

  Tokens tokens_;                       ///< between two modules
  std::vector<std::int64_t> ready_;     ///< stream: when each sample's tokens are there
  std::vector<std::int64_t> attended_;  ///< per row, as the feed-forward module's times are told
  std::size_t modules_done_ = 0;
  stage::EventCounts counts_;
  stage::SequenceCounts sample_counts_;
  EncoderResult result_;
};

/// Throws ConfigError for what does not go with a model, whichever it is.
void check_encoder(const config::Settings& settings, const config::MachineConfig& config);

/// The same as EncoderRun, all at once.
EncoderResult simulate_encoder(config::Settings& settings, const workload::ModelPackage& model,
                               const workload::Samples& samples, const Observation& observation);

}  // namespace topkima::platforms
