#pragma once
// The stages of each head in the order in which its rows pass them, and the way of a row through
// them.

#include <cstdint>
#include <utility>
#include <vector>

#include "stage/ledger.h"

namespace topkima::trace {

class HeadStages {
 public:
  /// Call again when the ledger may have more stages.
  void resolve(const stage::Ledger& ledger);

  /// Along stage::row_way; -1 for a stage that belongs to no head.
  int order(stage::StageId stage) const { return order_[static_cast<std::size_t>(stage)]; }
  /// With which a row's way through its head begins.
  bool first(stage::StageId stage) const { return first_[static_cast<std::size_t>(stage)]; }
  /// Which converts rows.
  bool score(stage::StageId stage) const { return order(stage) == score_; }
  /// Behind which a row has left its head.
  bool last(stage::StageId stage) const { return last_[static_cast<std::size_t>(stage)]; }

 private:
  std::vector<int> order_;
  std::vector<bool> first_, last_;
  int score_ = -1;
};

/// When a row was taken into service, stage by stage, and when it was through.
struct RowWay {
  stage::RowTag row;
  std::vector<std::pair<stage::StageId, std::int64_t>> services;  ///< cycles
  std::int64_t scored = -1;                                       ///< when the score was done
  std::int64_t left = -1;                                         ///< the head
};

/// Finds the first row, by the begin of its way, whose whole way lies in the window.
class FirstWay {
 public:
  explicit FirstWay(const HeadStages& stages) : stages_(stages) {}

  /// Forgets all; only rows whose way begins not before `from` count from now on.
  void restart(std::int64_t from);
  /// Only this row counts.
  void only(std::uint64_t id) { only_ = id; }

  void served(stage::StageId stage, const stage::RowTag& row, std::int64_t cycle);
  /// Its service is over.
  void done(stage::StageId stage, const stage::RowTag& row, std::int64_t cycle);
  void left(const stage::RowTag& row, std::int64_t cycle);

  /// Null if there is none that had left by cycle `end`.
  const RowWay* first(std::int64_t end) const;

 private:
  RowWay* find(const stage::RowTag& row);

  const HeadStages& stages_;
  std::int64_t from_ = 0;
  std::uint64_t only_ = stage::RowTag::no_id;
  bool found_ = false;        ///< no other can be the first
  std::vector<RowWay> ways_;  ///< rows under way, or through before an earlier one
};

}  // namespace topkima::trace
