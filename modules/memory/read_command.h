// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a channel of the DMA reader is told to read. No SystemC here.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace topkima::memory {

struct ReadCommand {
  static constexpr std::size_t destination_count = 3;  ///< Q, K, V

  std::array<std::uint32_t, destination_count> source, rows, row_bytes;  ///< address; number
  std::uint32_t destinations, sequence;  ///< bit d: destination d takes rows

  bool takes(std::size_t d) const { return (destinations >> d & 1) != 0; }
  bool wants(std::uint32_t row, std::size_t d) const { return takes(d) && row < rows[d]; }
  /// The rows that anybody wants.
  std::uint32_t all_rows() const {
    std::uint32_t most = 0;
    for (std::size_t d = 0; d < destination_count; ++d)
      if (takes(d)) most = std::max(most, rows[d]);
    return most;
  }
  /// Whose source a row is read from for `d`, which wants it: the first one with the same rows.
  std::size_t read_for(std::uint32_t row, std::size_t d) const {
    for (std::size_t first = 0; first < d; ++first)
      if (wants(row, first) && source[first] == source[d] && row_bytes[first] == row_bytes[d])
        return first;
    return d;
  }
  bool reads(std::uint32_t row, std::size_t d) const {
    return wants(row, d) && read_for(row, d) == d;
  }
  /// Whether that is the row's last read, and its last hand-off.
  bool is_last_read(std::uint32_t row, std::size_t d) const {
    for (std::size_t next = d + 1; next < destination_count; ++next)
      if (reads(row, next)) return false;
    return true;
  }
  bool is_last_taker(std::uint32_t row, std::size_t d) const {
    for (std::size_t next = d + 1; next < destination_count; ++next)
      if (wants(row, next)) return false;
    return true;
  }
  std::uint64_t address_of(std::uint32_t row, std::size_t d) const {
    return source[d] + std::uint64_t{row} * row_bytes[d];
  }
};

}  // namespace topkima::memory
