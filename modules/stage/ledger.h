// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the time went: what each stage is doing since when, its account of busy, starved and
// blocked cycles, and the graph of what waited for what, from which the critical path and what-if
// latencies follow.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "stage/kinds.h"
#include "stage/row_tag.h"

namespace topkima::stage {

using StageId = std::int32_t;
using NodeId = std::int32_t;

/// Cause of waiting when nobody is to blame: the work had ended (or not begun).
constexpr StageId nobody = -1;

/// What a stage does with its time: it has no row, serves one, or cannot hand one on.
enum class Activity : std::uint8_t { starved, busy, blocked };
/// "starved", "busy", "blocked".
const char* name_of(Activity activity);

/// One stage's cycles. busy + starved + blocked = the length of the run, once closed.
struct Account {
  std::int64_t rows = 0;
  std::int64_t busy = 0, starved = 0, blocked = 0;

  // What it is doing now.
  std::int64_t since = 0;  ///< cycle
  Activity activity = Activity::starved;
  int held = 0;                 ///< rows in its queue and in service
  StageId refused_by = nobody;  ///< the stage that last had no room for its row
  StageId fed_by = nobody;      ///< the stage that ended its last wait for a row
  RowTag row;                   ///< in service; while starved: the last one

  /// Cycles by cause. A stage waits for few others, so that a list beats a map.
  std::vector<std::pair<StageId, std::int64_t>> starved_by, blocked_by;

  std::string name;       ///< "head0.score"
  std::string kind;       ///< "score": stages of one kind are the same hardware in every head
  bool accounted = true;  ///< false for a mere name in causes and on the critical path
};

/// A stretch of one activity, without its last cycle: [begin, end).
struct Span {
  StageId stage;
  Activity activity;
  StageId by;  ///< whom a wait was for
  RowTag row;  ///< in service, or, starved, the row whose arrival ended the wait
  std::int64_t begin, end;
};

/// Sees what the ledger books, as it does.
class LedgerObserver {
 public:
  virtual ~LedgerObserver() = default;
  /// `stage` has begun `activity` in `cycle`, for `row` unless it is starved.
  virtual void entered(StageId stage, Activity activity, const RowTag& row, std::int64_t cycle) {}
  /// A span has ended. Those of one stage come in order, without gaps.
  virtual void ended(const Span& span) {}
  /// `stage` holds `rows` rows, waiting or in service, from `cycle` on; `row` came or went.
  virtual void queued(StageId stage, const RowTag& row, int rows, std::int64_t cycle) {}
};

/// One event: it happens `cycles` after the later of its two predecessors.
struct Node {
  NodeId a, b;
  std::int32_t cycles;
  StageId stage;
  std::int64_t time;
};

class Ledger {
 public:
  /// The start of the run, cycle 0; predecessor of events that wait for nothing else.
  static constexpr NodeId start = 0;

  /// With `keep_causes` off the graph is not built (24 bytes per event): no critical path then.
  /// `expected_events` is room set aside.
  explicit Ledger(bool keep_causes = true, std::size_t expected_events = 0);

  /// Throws SimulationError when `kind` is not in the table of kinds.
  StageId add_stage(const std::string& name, const StageKind& kind);
  /// A name for causes whose cycles overlap and so have no account: a pipelined latency, a command.
  StageId add_label(const std::string& name, const StageKind& kind);
  /// `observer` must outlive the simulation.
  void observe(LedgerObserver& observer) { observers_.push_back(&observer); }

  /// Records that `stage` finished something `cycles` after both `a` and `b` had happened. Throws
  /// SimulationError unless that is `now`: the graph explains every cycle or the model is wrong.
  NodeId event(StageId stage, NodeId a, NodeId b, std::int64_t cycles, std::int64_t now);
  /// The later of two events.
  NodeId join(NodeId a, NodeId b) {
    if (a == b || b == start || !keep_causes_) return a;
    if (a == start) return b;
    return push({a, b, 0, nobody, later(a, b)});
  }
  /// `cause`, joined with `freed` if that came later: what a sender that had to wait for room
  /// waited for. Which of two processes ran first within a cycle makes no difference.
  NodeId wait_for(NodeId cause, NodeId freed) {
    if (!keep_causes_ || time(freed) <= time(cause)) return cause;
    return join(cause, freed);
  }

  /// `stage` turns to `activity` in `cycle`, which may lie in the past but not before its last
  /// turn. `row` is the row now in service; `by` is whom the wait that ends here was for.
  void enter(StageId stage, Activity activity, std::int64_t cycle, const RowTag& row,
             StageId by = nobody) {
    auto& account = accounts_[static_cast<std::size_t>(stage)];
    if (account.activity == Activity::busy) ++account.rows;
    end_span(stage, account, cycle, row, by);
    account.activity = activity;
    account.since = cycle;
    if (activity != Activity::starved) account.row = row;
    for (auto* observer : observers_) observer->entered(stage, activity, row, cycle);
  }
  /// The queue of `stage` has grown or shrunk to `rows`.
  void queue(StageId stage, const RowTag& row, int rows, std::int64_t cycle) {
    accounts_[static_cast<std::size_t>(stage)].held = rows;
    for (auto* observer : observers_) observer->queued(stage, row, rows, cycle);
  }
  /// `stage` has no room for a row of `sender`, which waits.
  void refuse(StageId stage, StageId sender) {
    if (sender != nobody) accounts_[static_cast<std::size_t>(sender)].refused_by = stage;
  }
  /// Ends all accounts at cycle `end`: nobody is to blame for what still waits. Call once.
  void close(std::int64_t end);
  /// The same for a run that did not get to its end: what still waits does so for whoever had no
  /// room, or brought the last row.
  void break_off(std::int64_t end);
  /// The cycle in which a stage last turned to something.
  std::int64_t last_turn() const;

  const std::vector<Account>& accounts() const { return accounts_; }
  const Account& account(StageId stage) const { return accounts_[static_cast<std::size_t>(stage)]; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::string& name(StageId stage) const;

 private:
  using Causes = std::vector<std::pair<StageId, std::int64_t>>;

  void end_span(StageId stage, Account& account, std::int64_t cycle, const RowTag& row,
                StageId by) {
    const std::int64_t cycles = cycle - account.since;
    if (account.activity == Activity::busy) {
      account.busy += cycles;
    } else if (cycles > 0) {
      const bool starved = account.activity == Activity::starved;
      if (starved) account.fed_by = by;
      (starved ? account.starved : account.blocked) += cycles;
      book(starved ? account.starved_by : account.blocked_by, by, cycles);
    } else {
      return;
    }
    if (observers_.empty()) return;
    const auto& owner = account.activity == Activity::starved ? row : account.row;
    for (auto* observer : observers_)
      observer->ended({stage, account.activity, by, owner, account.since, cycle});
  }
  static void book(Causes& causes, StageId by, std::int64_t cycles);
  NodeId push(const Node& node);
  std::int64_t time(NodeId node) const { return nodes_[static_cast<std::size_t>(node)].time; }
  std::int64_t later(NodeId a, NodeId b) const { return std::max(time(a), time(b)); }

  bool keep_causes_;
  std::vector<Account> accounts_;
  std::vector<Node> nodes_;
  std::vector<LedgerObserver*> observers_;
};

}  // namespace topkima::stage
