// SPDX-License-Identifier: Apache-2.0
#include "cosim/row_vectors.h"

#include <algorithm>

namespace topkima::cosim {

std::string parameter(const char* name, int value) {
  return std::string(name) + "=" + std::to_string(value) + " ";
}

int address_bits(int n) { return std::max(clog2(n), 1); }

void put_entries(VectorFile& line, const stage::EntryRow& row, const char* tokens, int token_bits,
                 const char* codes, int code_bits) {
  for (int w = 0; w < row.header.count; ++w) {
    line.set(tokens, w, token_bits, static_cast<std::uint64_t>(row.entries[w].token));
    line.set(codes, w, code_bits, static_cast<std::uint64_t>(row.entries[w].code));
  }
}

std::int32_t largest_code(const stage::EntryRow& row) {
  std::int32_t largest = row.header.count == 0 ? 0 : row.entries[0].code;
  for (int w = 0; w < row.header.count; ++w) largest = std::max(largest, row.entries[w].code);
  return largest;
}

}  // namespace topkima::cosim
