// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of the shift-and-add of a head's AV arrays (docs/pins/shift_add.md): its pin adapter, which
// machines it holds, and test vectors for it elsewhere.

#include <vector>

#include "arith/av_product.h"
#include "cosim/row_pins.h"
#include "cosim/vector_set.h"
#include "crossbar/shift_add.h"
#include "stage/clock.h"
#include "stage/row_range.h"

namespace topkima::cosim {

/// The codes of a row as a ShiftAdd is given them.
class ArrayCodes {
 public:
  ArrayCodes(const std::vector<unsigned char>& row, const arith::AvProductConfig& config)
      : codes_(reinterpret_cast<const std::int16_t*>(row.data())),
        slices_(config.slices),
        d_k_(config.d_k),
        arrays_(static_cast<int>(row.size() / sizeof *codes_) / (slices_ * d_k_)) {}

  int arrays() const { return arrays_; }
  int operator()(int array, int slice, int element) const {
    return codes_[(array * slices_ + slice) * d_k_ + element];
  }
  /// Calls `put(field, code)` with each code and its field of `in_code`.
  template <typename Put>
  void each(const PinWidths& widths, Put put) const {
    for (int a = 0; a < arrays_; ++a)
      for (int s = 0; s < slices_; ++s)
        for (int e = 0; e < d_k_; ++e)
          put((a * widths.slices + s) * widths.d_k + e, (*this)(a, s, e));
  }

 private:
  const std::int16_t* codes_;
  int slices_, d_k_, arrays_;
};

/// RTL adds in steps of the ramp; the adapter multiplies by what a step stands for.
class ShiftAddPins : public RowPins {
 public:
  ShiftAddPins(RtlInstance& rtl, const arith::AvProductConfig& config);
  std::string inputs(const std::vector<unsigned char>& input) const override;

 private:
  void drive(const std::vector<unsigned char>& input) override;
  void read(std::vector<unsigned char>& output) override;
  void check() override;

  arith::AvProductConfig config_;
  Pin &codes_, &values_;
  std::vector<std::uint64_t> words_;  ///< Of all codes.
};

/// Empty where RTL with these parameters holds the machine, else what is wrong.
std::string fits_shift_add(const RtlParameters& parameters, const arith::AvProductConfig& config,
                           int arrays);

/// Rows without winners do not come to a shift-and-add and have no line.
class ShiftAddVectors : public BlockVectors, public stage::ServiceObserver {
 public:
  struct Config {
    arith::AvProductConfig values;
    int arrays;
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes `unit` from now on. `set` must have the layout of this configuration.
  ShiftAddVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                  const stage::RowRange& rows, crossbar::ShiftAdd& unit);

  void begun(const stage::RowTag& row, const std::vector<unsigned char>& codes) override;
  void finished(const stage::RowTag& row, const std::vector<unsigned char>& values) override;

 private:
  VectorSet& set_;
  Config config_;
  PinWidths widths_;
  const stage::Clock& clock_;
  stage::RowRange rows_;
  std::int64_t begun_ = 0;
};

}  // namespace topkima::cosim
