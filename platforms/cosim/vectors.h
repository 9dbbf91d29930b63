// SPDX-License-Identifier: Apache-2.0
#pragma once
// Test vectors of blocks of one head, as the command line asks for them (docs/vectors.md).

#include <memory>
#include <string>
#include <vector>

#include "cosim/block_rtl.h"
#include "cosim/vector_options.h"
#include "cosim/vector_set.h"
#include "head/attention_head.h"

namespace topkima::platforms {

class Vectors {
 public:
  /// Observes `head` from now on. `options` have been checked. Throws ConfigError for what cannot
  /// be created. `top` names the tool: "soc".
  Vectors(const VectorOptions& options, const config::MachineConfig& config,
          const stage::Clock& clock, AttentionHead& head, const std::string& top);
  ~Vectors();
  /// Observes what a SoC has beside its heads.
  void record(const SocParts& soc);

  /// Puts the files in their places; those of a run that was broken off have whole transactions
  /// only. Returns what to tell the user. Throws SimulationError.
  std::string finish();

 private:
  cosim::VectorSet& make_set(config::Block block, const cosim::RtlParameters& parameters,
                             const cosim::VectorSet::Layout& layout);
  nlohmann::ordered_json about(config::Block block) const;
  /// Whether RTL does the block's work.
  bool is_rtl(config::Block block) const;

  const VectorOptions& options_;
  const config::MachineConfig& config_;
  std::string tool_;
  struct Set {
    config::Block block;
    std::unique_ptr<cosim::VectorSet> set;
  };
  std::vector<Set> sets_;
  std::vector<std::unique_ptr<cosim::BlockVectors>> observers_;
};

}  // namespace topkima::platforms
