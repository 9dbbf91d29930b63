// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of a sub-top-k union (docs/pins/union.md): its pin adapter, which machines it holds, and test
// vectors for it elsewhere.

#include <vector>

#include "arith/topk.h"
#include "cosim/row_pins.h"
#include "cosim/vector_set.h"
#include "stage/clock.h"
#include "stage/row_range.h"
#include "topk/topk_union.h"

namespace topkima::cosim {

class UnionPins : public RowPins {
 public:
  /// `first_columns` holds the token of column 0 of each crossbar that the machine has; those of
  /// neighbouring columns are `stride` apart.
  UnionPins(RtlInstance& rtl, const std::vector<int>& first_columns, int stride,
            const RowLimits& limits);
  void taken(const stage::RowTag& row) override;
  std::string inputs(const std::vector<unsigned char>& input) const override;

 private:
  void drive(const std::vector<unsigned char>& input) override;
  void read(std::vector<unsigned char>& output) override;
  void check() override;

  bool inside_;  ///< The RTL has the counters too, so that rows come from within it.
  std::vector<int> first_columns_;
  RowLimits limits_;
  Fields result_;
  Pin& max_;
  std::int32_t largest_ = 0;  ///< The largest code of the row; 0 for one without winners.
};

/// Empty where RTL with these parameters holds the machine, else what is wrong.
std::string fits_union(const RtlParameters& parameters, const std::vector<int>& split,
                       const std::vector<int>& sub_k, int tokens, int code_bits);

/// The winners that come into a union, by crossbar.
std::vector<std::vector<arith::Winner>> winners_of(const std::vector<unsigned char>& input,
                                                   std::size_t crossbars);

class UnionVectors : public BlockVectors, public stage::ServiceObserver {
 public:
  struct Config {
    std::vector<int> first_columns;  ///< The token of column 0 of each crossbar.
    int stride;                      ///< Between the tokens of neighbouring columns.
    int columns;                     ///< Columns of the largest crossbar.
    int sub_k;                       ///< Most winners of a crossbar.
    int code_bits, tokens;
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes `unite` from now on. `set` must have the layout of this configuration.
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

}  // namespace topkima::cosim
