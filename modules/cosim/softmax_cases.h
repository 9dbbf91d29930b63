// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cases of a softmax unit, whose transactions are rows with winners, through both halves.

#include <deque>

#include "cosim/cases.h"
#include "softmax/softmax_unit.h"

namespace topkima::cosim {

/// A row that has passed both halves.
struct WeighedRow {
  stage::RowTag row;
  int winners;               ///< Of the RTL.
  int farthest;              ///< Distance of the last entry of the exponent table.
  int most;                  ///< The largest probability.
  int before = 0;            ///< Winners of the row before; 0 for a first one.
  bool other_table = false;  ///< The exponent table has changed since the row before.
  std::vector<stage::TokenCode> in, exponents, out;
  std::uint32_t sum = 0;
  Stay exponent_half, divider_half;
  Stay exponent_before, divider_before;  ///< Of the row before.
  bool before_moved = false;             ///< That came to the divider as the row before it left.
  bool waits_in_front = false;           ///< While exponents of rows before it waited, too.
  bool both_wait = false;                ///< Its exponents, and probabilities of a row before it.

  int count() const { return static_cast<int>(in.size()); }
  std::int32_t largest() const;
  std::int32_t smallest() const;
};

class SoftmaxCases : public CountedCases<WeighedRow> {
 public:
  struct Sizes {
    int winners;               ///< Of the RTL.
    int code_bits, prob_bits;  ///< Of the machine.
  };
  /// Observes both halves of `unit` from now on, which gets its rows from `before`.
  SoftmaxCases(const Sizes& sizes, const stage::Clock& clock, stage::Stage& before,
               softmax::SoftmaxUnit& unit);

 private:
  struct ExponentHalf : stage::ServiceObserver {
    explicit ExponentHalf(SoftmaxCases& of) : cases(of) {}
    void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
    void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;
    void taken(const stage::RowTag& row) override;
    SoftmaxCases& cases;
  };
  struct DividerHalf : stage::ServiceObserver {
    explicit DividerHalf(SoftmaxCases& of) : cases(of) {}
    void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
    void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;
    void taken(const stage::RowTag& row) override;
    SoftmaxCases& cases;
  };

  static const Table& table();
  /// Null for a row without winners, which passes the unit by.
  WeighedRow* row_of(const stage::RowTag& row);
  void end(WeighedRow& row);

  Sizes sizes_;
  const stage::Clock& clock_;
  const softmax::ExponentStage& exponent_;
  ResultWaits in_front_;
  Waits exponents_wait_, probabilities_wait_;
  std::deque<WeighedRow> rows_;  ///< In both halves, that of the divider first.
  WeighedRow last_{};            ///< That has passed.
  std::uint64_t table_writes_ = 0;
  ExponentHalf exponent_half_{*this};
  DividerHalf divider_half_{*this};
};

}  // namespace topkima::cosim
