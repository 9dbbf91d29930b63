// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of a head's digital sorters (docs/pins/sorter.md): its pin adapter, which machines it holds,
// and test vectors for it elsewhere.

#include <vector>

#include "cosim/row_pins.h"
#include "cosim/vector_set.h"
#include "stage/clock.h"
#include "stage/row_range.h"
#include "topk/sorter.h"

namespace topkima::cosim {

class SorterPins : public RowPins {
 public:
  SorterPins(RtlInstance& rtl, topk::Sorter& sorter, const RowLimits& limits);
  std::string inputs(const std::vector<unsigned char>& input) const override;

 private:
  /// A row whose crossbars all rest has nothing for the sorters.
  bool passes_by(const std::vector<unsigned char>& input) const override;
  void give(const std::vector<unsigned char>& input) override;
  void read(std::vector<unsigned char>& output) override;
  void check() override { check_rest(result_); }

  topk::Sorter& sorter_;
  RowLimits limits_;
  Fields result_;
  Pin &first_, &last_, &enabled_, &token_, &code_, &k_;
};

/// Empty where RTL with these parameters holds a machine whose sorters keep `k` winners each, else
/// what is wrong. `per_crossbar`: their winners are joined, which takes a cycle of its own.
std::string fits_sorter(const RtlParameters& parameters, const std::vector<int>& k,
                        bool per_crossbar, int tokens, int code_bits);

class SorterVectors : public BlockVectors, public stage::ServiceObserver {
 public:
  struct Config {
    std::vector<int> k;  ///< Most winners of each sorter.
    int elements;        ///< Most of a row.
    bool per_crossbar;
    int code_bits, tokens;
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes `sorter` from now on; rows without elements are no transactions. `set` must have the
  /// layout of this configuration.
  SorterVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                const stage::RowRange& rows, topk::Sorter& sorter);

  void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
  void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;

 private:
  VectorSet& set_;
  PinWidths widths_;
  int element_bits_;
  const stage::Clock& clock_;
  stage::RowRange rows_;
  topk::Sorter& sorter_;
  bool comes_ = false;  ///< The present row has elements.
  std::int64_t begun_ = 0;
};

}  // namespace topkima::cosim
