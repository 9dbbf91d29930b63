// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cases of a head's shift-and-add, whose transactions are rows.

#include "cosim/cases.h"
#include "crossbar/shift_add.h"

namespace topkima::cosim {

/// A row that has been shifted and added.
struct AddedRow {
  int arrays, slices, d_k;              ///< Of the RTL.
  int own_arrays, own_slices, own_d_k;  ///< Of the machine.
  int code_bits;                        ///< Likewise, of its ramps.
  std::vector<std::int16_t> codes;      ///< [own_arrays, own_slices, own_d_k]
  std::vector<std::int64_t> values;     ///< In steps of the ramp, [own_d_k].
  Stay stay;

  bool has_codes(int array) const;
};

class ShiftAddCases : public CountedCases<AddedRow>, public stage::ServiceObserver {
 public:
  /// Observes `unit` from now on. `arrays`, `slices` and `d_k` are those of the RTL, `config` and
  /// `own_arrays` those of the machine.
  ShiftAddCases(int arrays, int slices, int d_k, const arith::AvProductConfig& config,
                int own_arrays, const stage::Clock& clock, crossbar::ShiftAdd& unit);

  void begun(const stage::RowTag& row, const std::vector<unsigned char>& codes) override;
  void finished(const stage::RowTag& row, const std::vector<unsigned char>& values) override;
  void taken(const stage::RowTag& row) override;
  void conclude() override;

 private:
  static const Table& cases();

  const stage::Clock& clock_;
  int lsb_;
  AddedRow row_{};
  bool finished_ = false;  ///< And not taken yet.
};

}  // namespace topkima::cosim
