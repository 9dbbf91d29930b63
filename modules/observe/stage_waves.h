// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the ledger books, as signals of each stage. Whom a wait was for is known when it ends, and
// some spans are booked afterwards: they are kept until the end and then put in order.

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "observe/vcd_text.h"
#include "observe/wave_window.h"
#include "stage/ledger.h"

namespace topkima::observe {

/// Shows these signals of every accounted stage:
///   state  text: starved, busy, blocked
///   cause  text: the stage that a wait is for, "-" while busy, "no_more_rows" for nobody
///   row    id of the row in service; x while starved and for rows without an id
///   token  number of such a row, a token on its way to the heads; x otherwise
///   queue  rows held, waiting and in service
class StageWaves {
 public:
  StageWaves(WaveWindow& window, const stage::Ledger& ledger, std::string top)
      : window_(window), ledger_(ledger), top_(std::move(top)) {}

  /// Shows the stages that `kept` takes, by their full names. The ledger has them all by now.
  void resolve(const std::function<bool(const std::string& scope)>& kept);

  void ended(const stage::Span& span);
  void queued(stage::StageId stage, int rows, std::int64_t cycle);
  /// What lies before it is over.
  void window_found();

  /// Ends the booking: what has not ended by cycle `end` gets the best known cause.
  void finish(std::int64_t end);
  /// Gives the signals their short names, from the `first`th on.
  void name_signals(std::size_t first);
  std::vector<const WaveSignal*> signals() const;
  /// How many there would be, were all stages shown.
  std::size_t all_signals() const;
  /// The lines of the values in force when the window opens. Must be called before:
  void append_initial(std::string& out);
  /// Time of the next changes, UINT64_MAX behind the last.
  std::uint64_t next_time() const;
  /// Their lines, which may be none.
  void take_changes(std::string& out);

 private:
  enum class What : std::uint8_t { starved, busy, blocked, queue };
  struct Entry {
    std::int64_t cycle;
    std::uint64_t number;  ///< of the row or token; rows in the queue
    stage::StageId stage, by;
    What what;
    bool of_head;
  };
  struct Values {
    stage::Activity activity = stage::Activity::starved;
    stage::StageId by = stage::nobody;
    std::uint64_t row = 0, token = 0;
    bool row_known = false, token_known = false;
    int queue = 0;
  };
  struct Shown {
    bool kept = false;
    std::int64_t booked = 0;  ///< spans up to this cycle have come
    Values now, next;
    bool touched = false;
    std::string cause;  ///< its name where others wait for it
    WaveSignal state, cause_of, row, token, queue;
  };

  Shown& shown(stage::StageId stage) { return stages_[static_cast<std::size_t>(stage)]; }
  void book(const Entry& entry);
  void apply(const Entry& entry);
  void append_lines(std::string& out, Shown& stage, std::uint64_t time);
  const std::string& cause_name(const Values& values) const;

  WaveWindow& window_;
  const stage::Ledger& ledger_;
  std::string top_;
  std::vector<Shown> stages_;
  std::deque<Entry> entries_;
  std::vector<stage::StageId> touched_;
  std::uint64_t origin_ = 0;
};

}  // namespace topkima::observe
