// SPDX-License-Identifier: Apache-2.0
#pragma once
// What travels between the blocks of a head: byte layouts of the row payloads, and the records that
// analysis ports show to observers.
//
// clang-format off
//   query                int8[d_k]                       word-line driver -> K^T arrays
//   scores               int32[columns]                  K^T array -> ramp ADC
//   codes                int16[columns]                  ramp ADC -> top-k counter; comparator_off: no part
//   conversion           Conversion, Winner[count]       top-k counter -> union; addresses in the crossbar
//   winners              RowHeader, TokenCode[count]     union -> exponent; grant order
//   exponents            RowHeader, TokenCode[count]     exponent -> divider; sum in the header
//   weights              RowHeader, TokenCode[count]     divider -> AV arrays; the code is a probability
//   output               int32[d_k]                      AV arrays -> output DMA
// clang-format on

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "stage/row.h"

namespace topkima::stage {

struct RowHeader {
  std::int32_t count = 0;
  std::uint32_t sum = 0;
};

struct TokenCode {
  std::int32_t token;
  std::int32_t code;  ///< ramp code, exponent or probability
};

/// View of a header followed by entries.
struct EntryRow {
  explicit EntryRow(const unsigned char* bytes)
      : header(*reinterpret_cast<const RowHeader*>(bytes)),
        entries(reinterpret_cast<const TokenCode*>(bytes + sizeof(RowHeader))) {}
  const RowHeader& header;
  const TokenCode* entries;
};

constexpr std::size_t entry_row_bytes(int entries) {
  return sizeof(RowHeader) + static_cast<std::size_t>(entries) * sizeof(TokenCode);
}
/// Such rows of up to `most` entries.
inline RowFormat entry_row_format(int most) {
  return {sizeof(RowHeader), entry_row_bytes(most), sizeof(TokenCode), offsetof(RowHeader, count)};
}

/// Gives `bytes` room for `count` entries and returns them.
inline TokenCode* make_entry_row(std::vector<unsigned char>& bytes, RowHeader header) {
  bytes.resize(entry_row_bytes(header.count));
  std::memcpy(bytes.data(), &header, sizeof header);
  return reinterpret_cast<TokenCode*>(bytes.data() + sizeof header);
}

/// Cycle fidelity: one grant of one crossbar's arbiter.
struct GrantRecord {
  RowTag tag;
  int crossbar;
  int column, code;
  int counter;  ///< grants of this conversion so far
};

/// Cycle fidelity: the bit lines of one crossbar, at the start of the pulse window and after each
/// of its cycles.
struct BitLineRecord {
  RowTag tag;
  const std::int8_t* query;
  const std::int32_t* charge;  ///< score units, by column
  int elapsed;                 ///< cycles of the window
};

/// A conversion of one crossbar.
struct ConversionRecord {
  RowTag tag;
  int crossbar;
  int steps, cycles;
};

/// Winners or probabilities of one row.
struct EntriesRecord {
  RowTag tag;
  const TokenCode* entries;
  int count;
};

/// One head's output row.
struct OutputRecord {
  RowTag tag;
  const std::int32_t* values;
  int count;
};

}  // namespace topkima::stage
