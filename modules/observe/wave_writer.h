// SPDX-License-Identifier: Apache-2.0
#pragma once
// A waveform of a run for GTKWave and other viewers: what every stage does, and the probes of the
// blocks. It takes no samples: what changes is written down when it does.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "files/output_file.h"
#include "files/place.h"
#include "observe/head_stages.h"
#include "observe/level_waves.h"
#include "observe/probe_waves.h"
#include "observe/scope_filter.h"
#include "observe/stage_waves.h"
#include "observe/wave_dump.h"
#include "observe/wave_window.h"
#include "stage/ledger.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::observe {

struct WaveOptions {
  std::string path;                       ///< ends in .vcd or .fst
  std::int64_t from = 0, to = INT64_MAX;  ///< cycles, [from, to)
  /// Globs on full names of instances, "soc.head3.*"; none: all, with `around` the row's head.
  std::vector<std::string> scopes;
  /// Id of a row that the window follows, instead of `from` and `to`: from its arrival at the queue
  /// of its head's score until it has left the head's last stage, and `margin` cycles more at both
  /// ends. With `since`, from the arrival of that row, an earlier one of the same head.
  std::optional<std::uint64_t> around, since;
  std::int64_t margin = 20;
  /// Instances that the save file shows first, in full, with what is in them; the others are
  /// folded.
  std::vector<std::string> open;
  /// A cycle that is marked there, and what it is.
  std::optional<std::pair<std::int64_t, std::string>> mark;
  std::int64_t max_bytes = 200'000'000;  ///< of VCD, also on the way to .fst
};

class WaveWriter : public stage::LedgerObserver {
 public:
  /// Observes the ledger of `context` from now on and must outlive the simulation. `top` is the
  /// first level of all names. Throws ConfigError for options that cannot be, and where nothing can
  /// be written.
  WaveWriter(const WaveOptions& options, stage::Context& context, std::string top);

  /// Where instance `instance`, "head3.topk0", lists its probes, before the simulation starts.
  stage::ProbeScope& scope(const std::string& instance);
  /// An instance whose signals come when the run is over, by show(); `instance` as for scope().
  void announce(const std::string& instance);
  /// Before finish(): the signals of announced instances.
  void show(std::vector<Levels> levels);
  /// When all have been listed: throws ConfigError if some glob matches no instance, or nothing is
  /// left to show.
  void check_scopes();

  /// The run has ended in cycle `end`: writes the dump and beside it the save file for GTKWave.
  /// Best after Ledger::close, which knows the last waits. Throws SimulationError when something
  /// cannot be written; nothing is left behind then.
  void finish(std::int64_t end);
  /// After finish: what has been written where, and what is missing.
  std::string summary() const { return summary_; }

  void entered(stage::StageId, stage::Activity, const stage::RowTag&, std::int64_t cycle) override;
  void ended(const stage::Span& span) override;
  void queued(stage::StageId, const stage::RowTag&, int rows, std::int64_t cycle) override;

 private:
  class Scope : public stage::ProbeScope {
   public:
    Scope(WaveWriter& writer, std::string name, bool kept)
        : writer_(writer), name_(std::move(name)), kept_(kept) {}
    void add(stage::Probe& probe, const stage::Signal& signal) override;

   private:
    WaveWriter& writer_;
    std::string name_;
    bool kept_;
  };

  void check_options();
  void resolve_stages();
  void follow(stage::StageId stage, const stage::RowTag& row, bool came, std::int64_t cycle);
  /// "head3" of "head3.score".
  std::string group_of(stage::StageId stage) const;
  void write_files();
  std::string view_of(const WaveDump& dump, const RowWay* way, const Grants& grants) const;
  std::string describe(const WaveDump& dump) const;

  WaveOptions options_;
  stage::Context& context_;
  std::string top_;
  bool fst_ = false;
  files::Place dump_, view_;

  ScopeFilter filter_;
  std::deque<Scope> scopes_;
  std::size_t unconnected_ = 0;  ///< probes out of scope
  WaveWindow window_;
  files::OutputFile body_;
  ProbeWaves probes_;
  StageWaves stages_;
  LevelWaves levels_;
  std::vector<std::string> announced_;  ///< in full
  std::vector<Levels> shown_levels_;

  HeadStages head_stages_;
  FirstWay first_way_;
  std::size_t resolved_ = 0;  ///< stages
  std::vector<int> held_;     ///< by stage
  std::uint64_t origin_ = UINT64_MAX;

  bool finished_ = false;
  std::string summary_;
};

}  // namespace topkima::observe
