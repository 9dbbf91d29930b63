// SPDX-License-Identifier: Apache-2.0
#pragma once
// A run as a timeline that Perfetto and chrome://tracing show: a track per stage with what it did
// and whom it waited for, arrows along each row's way, and how many rows each stage held
// (docs/timeline.md). The file is in the Trace Event Format, whose times are microseconds: one is a
// cycle here. Readers take times as doubles, or as whole nanoseconds, and add them: integers alone
// are the same in all of them, so that spans which touch do not overlap.

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "files/placed_file.h"
#include "observe/level_waves.h"
#include "observe/time_text.h"
#include "stage/row_range.h"
#include "stage/stage.h"

namespace topkima::observe {

class Timeline : public stage::LedgerObserver {
 public:
  static constexpr std::int64_t default_bytes = 200'000'000;

  /// Observes the ledger of `context` from now on. `top` names the machine. With `only`, nothing
  /// but these rows, the tokens with their numbers on the way to the heads, and what they waited
  /// for. Ends when it has about `max_bytes`. Throws ConfigError when `path` cannot be created;
  /// what observes throws SimulationError when it cannot be written.
  Timeline(const std::string& path, const std::optional<stage::RowRange>& only,
           const stage::RowNumbers& numbers, stage::Context& context, const std::string& top,
           std::int64_t max_bytes = default_bytes);

  void ended(const stage::Span& span) override;
  void queued(stage::StageId stage, const stage::RowTag& row, int rows,
              std::int64_t cycle) override;

  /// Before finish(): real numbers by interval as counters of a process `name`, in `unit`. Not in a
  /// timeline of some rows only.
  void show(const std::string& name, const std::string& unit, const std::vector<Levels>& levels);

  /// What a microsecond of its time axis is, in words.
  const std::string& axis() const { return axis_; }

  /// The run ended at `end`; the file is put in its place. Spans that have not ended by then, in a
  /// run that was stopped, end there. A timeline that is not finished leaves no file.
  void finish(std::int64_t end);
  /// What to tell the user where it has ended before the run; else empty.
  std::string cut_text() const;

 private:
  struct Track {
    int process = 0;   ///< pid
    std::string name;  ///< within the process
    int way = -1;      ///< which step of a row's way, -1: none
    bool ends_way = false;
    bool declared = false, shows_rows = false;
    bool selected = true;                  ///< may hold rows that were asked for
    std::int64_t end = 0;                  ///< of the last span
    std::optional<stage::Span> held_back;  ///< a wait that a row which was asked for may end
    int rows = 0, rows_shown = 0;          ///< held now, and what the counter shows
    std::int64_t changed = 0;              ///< when `rows` did
  };
  /// A place on a row's way.
  struct Point {
    stage::StageId stage;
    std::int64_t cycle;
  };
  struct Projected {
    std::int64_t cycle;
    std::uint64_t heads = 0;  ///< that have served the row since
  };

  Track& track(stage::StageId stage);
  void find_last_steps();
  void add_track();
  void declare_process(int process, const std::string& name);
  void declare(stage::StageId stage, Track& track);
  void name_of(const char* what, int process, int track, const std::string& name, int order);
  bool asked_for(const stage::RowTag& row) const;
  void write(const stage::Span& span);
  void write_arguments(const stage::Span& span);
  void go_on(const stage::Span& span);
  void write_flow(char phase, std::uint64_t id, const Point& point);
  void write_counter(Track& track);
  void begin(char phase, int process);
  void time(const char* name, std::int64_t cycles);
  void number(const char* name, std::uint64_t value);

  void check_size(std::int64_t cycle);

  std::optional<stage::RowRange> only_;
  stage::RowNumbers numbers_;
  stage::Context& context_;
  files::PlacedFile file_;
  std::int64_t max_bytes_;
  std::optional<std::int64_t> full_at_;  ///< the cycle in which it had become so large
  std::string& text_;
  bool first_ = true;       ///< no event yet
  const std::string axis_;  ///< what its unit is
  std::vector<Track> tracks_;
  std::vector<int> last_step_;  ///< of a row's way, by head: the macro stores nothing
  std::size_t known_accounts_ = 0;
  std::vector<bool> processes_;                             ///< declared
  std::unordered_map<std::uint64_t, Point> under_way_;      ///< by row id: the last point
  std::unordered_map<std::uint64_t, Projected> projected_;  ///< by sequence and row
  stage::StageId projection_ = stage::nobody;               ///< the stage that projects queries
  std::int64_t present_ = 0;  ///< places in queues and stages that rows asked for take
};

}  // namespace topkima::observe
