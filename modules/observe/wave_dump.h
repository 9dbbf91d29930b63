// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file of a waveform, a value change dump: what the probes showed and what the ledger booked,
// in the order of time.

#include <cstdint>
#include <string>
#include <vector>

#include "files/output_file.h"
#include "observe/level_waves.h"
#include "observe/probe_waves.h"
#include "observe/stage_waves.h"

namespace topkima::observe {

/// The first and the last grant of a conversion: signals named grant_valid are high.
class Grants {
 public:
  Grants() = default;
  /// Watches those of the instances below `scope` from `from` to `to` (ps); a grant takes `period`.
  Grants(const std::vector<const WaveSignal*>& signals, const std::string& scope,
         std::uint64_t from, std::uint64_t to, std::uint64_t period);

  void see(const ProbeWaves::Block& block);
  bool any() const { return first_ <= last(); }
  std::uint64_t first() const { return first_; }
  std::uint64_t last() const;

 private:
  struct Line {
    std::string rises, falls;  ///< lines of the dump
    bool high = false;
  };
  std::vector<Line> lines_;
  std::uint64_t from_ = 0, to_ = 0, period_ = 0;
  std::uint64_t first_ = UINT64_MAX, last_ = 0;
};

/// Puts a dump together.
class WaveDump {
 public:
  /// Writes at most `most` bytes, whole instants, up to `end` (ps). `probes` and `stages` are
  /// finished, `body` is what the probes have written.
  void write(files::OutputFile& file, ProbeWaves& probes, StageWaves& stages, LevelWaves& levels,
             files::OutputFile& body, const WaveWindow& window, Grants& grants);

  /// Signals in the order of the tree, those of a stage before its block's probes.
  const std::vector<const WaveSignal*>& signals() const { return signals_; }
  /// Must be called first: sets the signals.
  void collect(const ProbeWaves& probes, StageWaves& stages, LevelWaves& levels);
  std::uint64_t end() const { return end_; }
  /// The size allowed no more than this.
  bool cut() const { return cut_; }

 private:
  std::vector<const WaveSignal*> signals_;
  std::uint64_t end_ = 0;
  bool cut_ = false;
};

}  // namespace topkima::observe
