// SPDX-License-Identifier: Apache-2.0
#pragma once
// The stages of each head in the order in which its rows pass them, and the way of a row through
// them.

#include <cstdint>
#include <utility>
#include <vector>

#include "stage/ledger.h"

namespace topkima::observe {

class HeadStages {
 public:
  /// Call again when the ledger may have more stages.
  void resolve(const stage::Ledger& ledger);

  /// Whether a row of a head passes the stage.
  bool on_way(stage::StageId stage) const { return of(stage).on_way; }
  /// Whether a row has come to its head with this stage.
  bool first(stage::StageId stage) const { return of(stage).first; }
  bool score(stage::StageId stage) const { return of(stage).score; }
  /// Behind which a row has left its head.
  bool last(stage::StageId stage) const { return of(stage).last; }

 private:
  struct Place {
    bool on_way = false, first = false, score = false, last = false;
  };
  const Place& of(stage::StageId stage) const { return places_[static_cast<std::size_t>(stage)]; }

  std::vector<Place> places_;
};

/// When a row was taken into service, stage by stage, and when it was through.
struct RowWay {
  stage::RowTag row;
  std::vector<std::pair<stage::StageId, std::int64_t>> services;  ///< cycles
  std::int64_t scored = -1;                                       ///< when the score was done
  std::int64_t left = -1;                                         ///< the head
};

/// Finds the first row, by when it came to its head, whose whole way lies in the window.
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

}  // namespace topkima::observe
