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

/// What one of the sorters gets in an element of a row.
struct SorterElement {
  bool enabled;  ///< Its column takes part; otherwise the others do not count.
  int token, code;
};
/// What each of the sorters gets in element `number` of a row of codes.
std::vector<SorterElement> element_of(const topk::Sorter::Config& sorters,
                                      const stage::EntryRow& row, int number);

class SorterPins : public RowPins {
 public:
  SorterPins(RtlInstance& rtl, const topk::Sorter::Config& sorters, const RowLimits& limits);
  std::string inputs(const std::vector<unsigned char>& input) const override;

 private:
  void give(const std::vector<unsigned char>& input) override;
  void read(std::vector<unsigned char>& output) override;
  void check() override { check_rest(result_); }

  topk::Sorter::Config sorters_;
  RowLimits limits_;
  Fields result_;
  Pin &first_, &last_, &enabled_, &token_, &code_;
};

/// Empty where RTL with these parameters holds a machine whose sorters keep `k` winners each, else
/// what is wrong. `per_crossbar`: their winners are joined, which takes a cycle of its own.
std::string fits_sorter(const RtlParameters& parameters, const std::vector<int>& k,
                        bool per_crossbar, int tokens, int code_bits);

class SorterVectors : public BlockVectors, public stage::ServiceObserver {
 public:
  struct Config {
    topk::Sorter::Config sorters;
    bool per_crossbar;
    int code_bits, tokens;
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes `sorter` from now on. `set` must have the layout of this configuration.
  SorterVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                const stage::RowRange& rows, topk::Sorter& sorter);

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
