// SPDX-License-Identifier: Apache-2.0
#pragma once
// The shift-and-add of a head's AV arrays, clock by clock: what the columns of all arrays have
// latched becomes the values of a row (docs/blocks/av_array.md). RTL can do its work. At row
// fidelity the AV arrays count its cycles themselves, and nobody sees a row here.

#include <cstdint>
#include <vector>

#include "arith/av_product.h"
#include "stage/stage.h"

namespace topkima::crossbar {

/// A circuit and observers are given a row's codes, int16[arrays, slices, d_k], and its values,
/// int32[d_k]. A row without winners does not come here.
class ShiftAdd : public stage::RowSeam {
 public:
  ShiftAdd(const stage::Clock& clock, const arith::AvProductConfig& config, int cycles)
      : clock_(clock), config_(config), cycles_(cycles) {}

  /// In the caller's process: makes `values` of the codes of all arrays and spends the cycles.
  void serve(const stage::RowTag& row, const std::vector<std::int16_t>& codes,
             std::vector<unsigned char>& values);
  /// The next stage has taken the values of the row, if it came here.
  void taken(const stage::RowTag& row);

 private:
  const stage::Clock& clock_;
  arith::AvProductConfig config_;
  int cycles_;
  std::vector<unsigned char> codes_;
  bool holds_row_ = false;
};

}  // namespace topkima::crossbar
