// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a run has covered (docs/coverage.md): the cases of each block's pin contract, counted by
// observers at the blocks' seams, and lines and signals of RTL, where its libraries count them.

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"

namespace topkima::platforms {

struct CoverageOptions {
  std::string directory;
  std::vector<std::string> command_line;  ///< The one of this run.
  std::string input;                      ///< What it works on; empty: synthetic tensors.
  std::string part;                       ///< Of a run that has several: "layer 3".
};

class Coverage {
 public:
  /// Throws ConfigError when nothing can be made in the directory. `tool`: by which name.
  Coverage(const CoverageOptions& options, const config::MachineConfig& config,
           const config::Settings& settings, const stage::Clock& clock,
           const Cosimulation& cosimulation, const std::string& tool);

  /// Observes a head from now on, in which RTL is in its place. Where a block has RTL, its cases
  /// are counted in the heads that have it.
  void bind(AttentionHead& head);
  /// The same of what a SoC has beside its heads.
  void bind(const SocParts& soc);
  /// Writes a directory of its own, which nobody else has, whole or not at all. `ended`: "done",
  /// or what has ended the run before. Returns what to tell the user. Throws SimulationError.
  std::string finish(const std::string& ended) const;

 private:
  struct Subject {
    config::Block block;
    std::vector<std::unique_ptr<cosim::BlockCases>> cases;
  };

  void bind(AttentionHead& head, config::Block block, std::size_t crossbar);
  Subject& subject(config::Block block);
  std::vector<std::pair<std::string, std::string>> files(const std::string& ended) const;
  nlohmann::ordered_json index(const std::string& ended) const;
  nlohmann::ordered_json subject_json(const Subject& subject) const;
  nlohmann::ordered_json rtl_json(const cosim::RtlInfo& info) const;
  nlohmann::ordered_json settings_json() const;
  std::string without_counts() const;

  const CoverageOptions& options_;
  const config::MachineConfig& config_;
  const config::Settings& settings_;
  const stage::Clock& clock_;
  const Cosimulation& cosimulation_;
  std::string tool_;
  std::vector<Subject> subjects_;
};

}  // namespace topkima::platforms
