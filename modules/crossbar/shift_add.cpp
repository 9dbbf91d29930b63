// SPDX-License-Identifier: Apache-2.0
#include "crossbar/shift_add.h"

namespace topkima::crossbar {

void ShiftAdd::serve(const stage::RowTag& row, const std::vector<std::int16_t>& codes,
                     std::vector<unsigned char>& values) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(codes.data());
  codes_.assign(bytes, bytes + codes.size() * sizeof codes[0]);
  holds_row_ = true;
  tell_begun(row, codes_);
  if (circuit()) {
    circuit()->serve(row, codes_, values);
  } else {
    clock_.spend(cycles_);
    const auto columns = std::size_t(config_.slices) * std::size_t(config_.d_k);
    arith::shift_and_add(config_, codes.data(), static_cast<int>(codes.size() / columns),
                         reinterpret_cast<std::int32_t*>(values.data()));
  }
  tell_finished(row, values);
}

void ShiftAdd::taken(const stage::RowTag& row) {
  if (holds_row_) tell_taken(row);
  holds_row_ = false;
}

}  // namespace topkima::crossbar
