// SPDX-License-Identifier: Apache-2.0
#pragma once
// Latency back-annotation: measures RTL in the place of models and writes the timing parameters
// with which the model takes the same times, and where they come from (docs/annotation.md).

#include <memory>
#include <string>
#include <vector>

#include "cosim/meters.h"
#include "cosim/rtl_model.h"
#include "files/placed_file.h"
#include "head/attention_head.h"

namespace topkima::platforms {

class Annotation {
 public:
  /// Will write `path`. Throws ConfigError when that cannot be created.
  Annotation(const std::string& path, const config::MachineConfig& config,
             const stage::Clock& clock);

  /// Measures the RTL of `head` from now on.
  void bind(AttentionHead& head);
  /// The run is complete. `rtl`: all that it used. Writes the file and returns what to tell the
  /// user. Throws SimulationError.
  std::string finish(const std::vector<const cosim::RtlInfo*>& rtl);

 private:
  /// RTL does the work of `block`.
  bool measures(config::Block block) const { return config_.cosim.of(block).is_rtl(); }
  /// A parameter of the present section.
  void put(const std::string& key, int value, const std::string& source);
  void put_deviation(const cosim::Deviation& deviation, const char* transactions);
  void put_topk();
  void put_union();
  void put_half(const std::string& half, const cosim::RowCounts& counts, int default_interval);
  /// What did the work of `blocks`.
  std::string source(const std::vector<config::Block>& blocks, std::int64_t transactions) const;

  std::string path_;
  const config::MachineConfig& config_;
  const stage::Clock& clock_;
  files::PlacedFile file_;
  cosim::StepCounts steps_;
  cosim::RowCounts unions_, exponents_, divisions_;
  std::vector<std::unique_ptr<cosim::StepMeter>> step_meters_;
  std::vector<std::unique_ptr<cosim::RowMeter>> row_meters_;

  // While the file is being written.
  std::vector<const cosim::RtlInfo*> rtl_;
  std::string section_, provenance_;
  cosim::Deviation deviation_;
};

}  // namespace topkima::platforms
