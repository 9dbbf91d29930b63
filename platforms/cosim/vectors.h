// SPDX-License-Identifier: Apache-2.0
#pragma once
// Test vectors of blocks of one head, as the command line asks for them (docs/vectors.md).

#include <memory>
#include <string>
#include <vector>

#include "cosim/row_vectors.h"
#include "cosim/step_vectors.h"
#include "cosim/vector_options.h"
#include "head/attention_head.h"

namespace topkima::platforms {

class Vectors {
 public:
  /// Observes `head` from now on. `options` are checked. Throws ConfigError for what cannot be
  /// created. `top`: "soc".
  Vectors(const VectorOptions& options, const config::MachineConfig& config,
          const stage::Clock& clock, AttentionHead& head, const std::string& top);
  ~Vectors();

  /// Puts the files in their places; of a run that was broken off, with whole transactions only.
  /// Returns what to tell the user. Throws SimulationError.
  std::string finish();

 private:
  void add(config::Block block, AttentionHead& head);
  nlohmann::ordered_json about(config::Block block) const;
  /// RTL does the block's work.
  bool is_rtl(config::Block block) const;

  const VectorOptions& options_;
  const config::MachineConfig& config_;
  const stage::Clock& clock_;
  std::string tool_;
  stage::RowRange rows_;
  std::vector<std::unique_ptr<cosim::VectorSet>> sets_;
  std::vector<std::unique_ptr<cosim::StepVectors>> steps_;
  std::unique_ptr<cosim::UnionVectors> union_;
  std::unique_ptr<cosim::SoftmaxVectors> softmax_;
};

}  // namespace topkima::platforms
