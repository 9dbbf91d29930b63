// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cases of a sub-top-k union, whose transactions are rows.

#include <optional>

#include "cosim/cases.h"
#include "cosim/union_rtl.h"

namespace topkima::cosim {

/// A row that has passed a union.
struct UnitedRow {
  int crossbars, sub_k;  ///< Of the RTL.
  int last_token;        ///< Of the machine.
  std::vector<std::vector<arith::Winner>> in;
  std::vector<std::vector<arith::Winner>> in_before;  ///< Of the row before; empty for a first one.
  std::vector<stage::TokenCode> out;
  Stay stay, before;
  bool waits_in_front;  ///< While results of rows before it waited, too.

  std::int32_t largest() const;
};

class UnionCases : public CountedCases<UnitedRow>, public stage::ServiceObserver {
 public:
  /// Observes `unite` from now on, which gets its rows from `score`. `crossbars` and `sub_k` are
  /// those of the RTL, `tokens` and `own_crossbars` those of the machine.
  UnionCases(int crossbars, int sub_k, int tokens, int own_crossbars, const stage::Clock& clock,
             stage::Stage& score, topk::TopkUnion& unite);

  void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
  void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;
  void taken(const stage::RowTag& row) override;
  void conclude() override;

 private:
  static const Table& cases();

  const stage::Clock& clock_;
  std::size_t own_crossbars_;
  ResultWaits in_front_;
  Waits waits_;
  UnitedRow row_{};
  std::optional<stage::RowTag> finished_;  ///< And not taken yet.
};

}  // namespace topkima::cosim
