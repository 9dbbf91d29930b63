// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a head's masks make of a row, for all who serve it: word-line driver, ramps, counters and
// AV arrays.

#include <algorithm>
#include <systemc>
#include <vector>

#include "arith/mask.h"
#include "stage/row_tag.h"

namespace topkima::stage {

struct RowMask {
  arith::Interval tokens{};                ///< that take part
  std::vector<arith::Interval> columns{};  ///< of each crossbar, whose comparators are on
  /// Each crossbar's share of k; empty where its counter has a k of its own.
  std::vector<int> shares{};
  bool gate_empty = true;  ///< arrays without a participant rest

  /// Whether a crossbar is driven and converts.
  bool is_live(int crossbar) const {
    return !gate_empty || columns[std::size_t(crossbar)].size() > 0;
  }
};

class MaskIf : public virtual sc_core::sc_interface {
 public:
  /// Valid until the next call.
  virtual const RowMask& of(const RowTag& row) const = 0;
};

}  // namespace topkima::stage
