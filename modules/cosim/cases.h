// SPDX-License-Identifier: Apache-2.0
#pragma once
// Functional coverage: how often the cases of a block's pin contract (docs/pins) have come up. They
// are conditions on the transactions at the block's seam, which its model and its RTL have alike.

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "stage/clock.h"
#include "stage/stage.h"

namespace topkima::cosim {

/// A case of a block's contract.
template <typename Transaction>
struct Case {
  const char* name;
  const char* section;  ///< Of docs/pins: "topk#behaviour".
  bool (*holds)(const Transaction&);
};

/// Observes a block, for as long as it exists, and counts its cases.
class BlockCases {
 public:
  struct Count {
    std::string name, section;
    std::int64_t times;
  };

  virtual ~BlockCases() = default;
  /// The run has ended: counts what a block has done that nobody comes to take any more.
  virtual void conclude() {}
  /// In the order of the table.
  virtual std::vector<Count> counts() const = 0;
  std::int64_t transactions() const { return transactions_; }

 protected:
  std::int64_t transactions_ = 0;
};

template <typename Transaction>
class CountedCases : public BlockCases {
 public:
  using Table = std::vector<Case<Transaction>>;

  std::vector<Count> counts() const override {
    std::vector<Count> all;
    for (std::size_t i = 0; i < table_.size(); ++i)
      all.push_back({table_[i].name, table_[i].section, times_[i]});
    return all;
  }

 protected:
  explicit CountedCases(const Table& table) : table_(table), times_(table.size(), 0) {}

  void count(const Transaction& transaction) {
    ++transactions_;
    for (std::size_t i = 0; i < table_.size(); ++i) times_[i] += table_[i].holds(transaction);
  }

 private:
  const Table& table_;
  std::vector<std::int64_t> times_;
};

/// The cycles of a row in a stage.
struct Stay {
  std::int64_t begun = -1, finished = -1;
  std::int64_t taken = -1;  ///< The next stage has the result.

  /// The result has waited to be taken.
  bool waited() const { return taken > finished; }
  /// The row has come in the very cycle in which `before` has left.
  bool follows(const Stay& before) const { return begun == before.taken; }
};

/// The waits of rows' results at a handshake, in their order.
class Waits {
 public:
  void add(const Stay& stay) {
    if (stay.waited()) all_.push_back(stay);
  }
  /// Whether any of them has a cycle in common with the wait of a row at the handshake before,
  /// which comes to be asked about after all of its earlier ones.
  bool meet(const Stay& behind) {
    if (!behind.waited()) return false;
    while (!all_.empty() && all_.front().taken <= behind.finished) all_.pop_front();
    return !all_.empty() && all_.front().finished < behind.taken;
  }

 private:
  std::deque<Stay> all_;
};

/// Keeps how long the results of a stage wait, until they are asked for.
class ResultWaits : public stage::ServiceObserver {
 public:
  ResultWaits(const stage::Clock& clock, stage::Stage& stage) : clock_(clock) {
    stage.observe(*this);
  }

  void finished(const stage::RowTag& row, const std::vector<unsigned char>&) override {
    stays_.push_back({row.id, {-1, clock_.now(), -1}});
  }
  void taken(const stage::RowTag&) override { stays_.back().second.taken = clock_.now(); }

  /// That of a row; rows before it will not be asked for.
  Stay take(const stage::RowTag& row) {
    while (!stays_.empty() && stays_.front().first != row.id) stays_.pop_front();
    return stays_.empty() ? Stay() : stays_.front().second;
  }

 private:
  const stage::Clock& clock_;
  std::deque<std::pair<std::uint64_t, Stay>> stays_;  ///< By the row's id.
};

}  // namespace topkima::cosim
