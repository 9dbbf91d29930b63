// SPDX-License-Identifier: Apache-2.0
#pragma once
// Test vectors from the rows that a union and a softmax unit serve. A transaction is a row.

#include <deque>
#include <functional>

#include "cosim/pin_contract.h"
#include "cosim/vector_set.h"
#include "softmax/softmax_unit.h"
#include "stage/clock.h"
#include "stage/row_range.h"
#include "stage/stage.h"
#include "topk/topk_union.h"

namespace topkima::cosim {

class UnionVectors : public stage::ServiceObserver {
 public:
  struct Config {
    std::vector<int> first_columns;  ///< of the crossbars
    int columns;                     ///< of the largest
    int sub_k;                       ///< the largest
    int code_bits, tokens;
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes `unite` from now on. `set`: of that layout.
  UnionVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
               const stage::RowRange& rows, topk::TopkUnion& unite);

  void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
  void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;

 private:
  VectorSet& set_;
  Config config_;
  PinWidths widths_;
  const stage::Clock& clock_;
  stage::RowRange rows_;
  std::int64_t begun_ = 0;
};

/// Rows without winners do not come to a softmax unit. The exponent table, as it is when the first
/// row comes, has a file of its own.
class SoftmaxVectors {
 public:
  struct Config {
    int winners, code_bits, tokens, prob_bits;
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes both halves of `unit` from now on. `set`: of that layout.
  SoftmaxVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                 const stage::RowRange& rows, softmax::SoftmaxUnit& unit);

 private:
  struct Job {
    stage::RowTag row;
    std::vector<unsigned char> winners, exponents;
    std::int64_t begun = 0, cycles = 0;  ///< of the half that has it
  };
  struct ExponentHalf : stage::ServiceObserver {
    explicit ExponentHalf(SoftmaxVectors& vectors) : vectors(vectors) {}
    void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
    void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;
    SoftmaxVectors& vectors;
  };
  struct DividerHalf : stage::ServiceObserver {
    explicit DividerHalf(SoftmaxVectors& vectors) : vectors(vectors) {}
    void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
    void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;
    SoftmaxVectors& vectors;
  };

  /// Null for a row that is not to be written.
  Job* job_of(const stage::RowTag& row);
  void write_table();
  void write(const Job& job, const std::vector<unsigned char>& weights, std::int64_t cycles);

  VectorSet& set_;
  PinWidths widths_;
  const stage::Clock& clock_;
  stage::RowRange rows_;
  const softmax::ExponentStage& exponent_;
  VectorFile& table_;
  std::deque<Job> jobs_;  ///< of the rows in both halves, the divider's first
  ExponentHalf exponent_half_{*this};
  DividerHalf divider_half_{*this};
};

}  // namespace topkima::cosim
