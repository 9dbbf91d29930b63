#pragma once
// Where the time went: each stage's account of busy, starved and blocked cycles, and the graph of
// what waited for what, from which the critical path and what-if latencies follow.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace topkima::stage {

using StageId = std::int32_t;
using NodeId = std::int32_t;

/// Cause of waiting when nobody is to blame: the work had ended (or not begun).
constexpr StageId nobody = -1;

/// One stage's cycles. busy + starved + blocked = the length of the run, once closed.
struct Account {
  std::string name;       ///< "head0.score"
  std::string kind;       ///< "score": stages of one kind are the same hardware in every head
  bool accounted = true;  ///< false for a mere name in causes and on the critical path
  std::int64_t rows = 0;
  std::int64_t busy = 0, starved = 0, blocked = 0;
  /// By cause. A stage waits for few others: a list beats a map.
  std::vector<std::pair<StageId, std::int64_t>> starved_by, blocked_by;
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

  StageId add_stage(const std::string& name, const std::string& kind);
  /// A name for causes whose cycles overlap and so have no account: a pipelined latency, a command.
  StageId add_label(const std::string& name, const std::string& kind);

  /// Records that `stage` finished something `cycles` after both `a` and `b` had happened. Throws
  /// SimulationError unless that is `now`: the graph explains every cycle or the model is wrong.
  NodeId event(StageId stage, NodeId a, NodeId b, std::int64_t cycles, std::int64_t now);
  /// The later of two events.
  NodeId join(NodeId a, NodeId b) {
    if (a == b || b == start || !keep_causes_) return a;
    if (a == start) return b;
    return push({a, b, 0, nobody, later(a, b)});
  }

  void busy(StageId stage, std::int64_t cycles) {
    auto& account = accounts_[static_cast<std::size_t>(stage)];
    account.busy += cycles;
    ++account.rows;
  }
  /// Busy cycles of a row that the end of the run left in service.
  void unfinished(StageId stage, std::int64_t cycles) {
    accounts_[static_cast<std::size_t>(stage)].busy += cycles;
  }
  void starved(StageId stage, StageId by, std::int64_t cycles) {
    if (cycles == 0) return;
    auto& account = accounts_[static_cast<std::size_t>(stage)];
    account.starved += cycles;
    book(account.starved_by, by, cycles);
  }
  void blocked(StageId stage, StageId by, std::int64_t cycles) {
    if (cycles == 0) return;
    auto& account = accounts_[static_cast<std::size_t>(stage)];
    account.blocked += cycles;
    book(account.blocked_by, by, cycles);
  }

  const std::vector<Account>& accounts() const { return accounts_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::string& name(StageId stage) const;

 private:
  using Causes = std::vector<std::pair<StageId, std::int64_t>>;
  static void book(Causes& causes, StageId by, std::int64_t cycles);
  NodeId push(const Node& node);
  std::int64_t later(NodeId a, NodeId b) const {
    return std::max(nodes_[static_cast<std::size_t>(a)].time,
                    nodes_[static_cast<std::size_t>(b)].time);
  }

  bool keep_causes_;
  std::vector<Account> accounts_;
  std::vector<Node> nodes_;
};

}  // namespace topkima::stage
