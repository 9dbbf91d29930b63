// SPDX-License-Identifier: Apache-2.0
#pragma once
// Latency back-annotation: measures RTL in the place of models and writes the timing parameters
// with which the model takes the same times, and where they come from (docs/annotation.md).

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cosim/meters.h"
#include "cosim/rtl_model.h"
#include "files/placed_file.h"
#include "head/attention_head.h"

namespace topkima::platforms {

/// "1 row", "3 rows".
std::string counted(std::int64_t n, const std::string& what);

class Annotation {
 public:
  /// Will write `path`. Throws ConfigError when that cannot be created.
  Annotation(const std::string& path, const config::MachineConfig& config,
             const stage::Clock& clock);

  /// Measures the RTL of `head` from now on.
  void bind(AttentionHead& head);
  /// Writes the file, when the run is complete, and returns what to tell the user. `rtl` is all RTL
  /// that the run used. Throws SimulationError.
  std::string finish(const std::vector<const cosim::RtlInfo*>& rtl);

  // What blocks measure themselves with (block_rtl.h).

  const config::MachineConfig& config() const { return config_; }
  /// Whether RTL does the work of `block`.
  bool measures(config::Block block) const { return config_.cosim.of(block).is_rtl(); }
  void meter_steps(topk::TopkCounter& counter, int start_cycles);
  void meter_steps(topk::CodeLatch& latch);
  /// Meters the rows of a stage; those without winners only if `all` is set.
  void meter_rows(const stage::StageKind& kind, bool all, stage::RowSeam& stage);
  /// Meters the rows of what serves them in a stage of this kind, and gives values.
  void meter_values(const stage::StageKind& kind, stage::RowSeam& seam);
  const cosim::StepCounts& steps() const { return steps_; }
  const cosim::RowCounts& rows(const stage::StageKind& kind) { return rows_[kind.name]; }

  // What they write their parameters with.

  /// Begins parameters of a section, and says how well they explain the transactions.
  void begin(const std::string& section, const cosim::Deviation& deviation,
             const std::string& transaction);
  /// Goes on in another section.
  void enter(const std::string& section);
  void note(const std::string& text);
  void put(const std::string& key, int value, const std::string& source);
  /// The provenance of what was measured of RTL that did the work of `blocks`, and how far that is
  /// from what it explains.
  std::string source(const std::vector<config::Block>& blocks,
                     const cosim::Deviation& deviation) const;
  /// Writes what explains the ramp steps that `blocks` took; with the number of lanes on request.
  void put_steps(const cosim::StepFit& fit, const std::vector<config::Block>& blocks, bool lanes);

 private:
  std::string path_;
  const config::MachineConfig& config_;
  const stage::Clock& clock_;
  files::PlacedFile file_;
  cosim::StepCounts steps_;
  std::map<std::string, cosim::RowCounts> rows_;  ///< By the name of the stage's kind.
  std::vector<std::unique_ptr<cosim::StepMeter>> step_meters_;
  std::vector<std::unique_ptr<cosim::RowMeter>> row_meters_;

  // While the file is being written.
  std::vector<const cosim::RtlInfo*> rtl_;
  std::string section_, provenance_;
  cosim::Deviation deviation_;
};

}  // namespace topkima::platforms
