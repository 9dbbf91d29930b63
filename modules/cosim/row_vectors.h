// SPDX-License-Identifier: Apache-2.0
#pragma once
// What test vectors of blocks that serve rows have in common. A transaction is a row.

#include <string>

#include "cosim/vector_set.h"
#include "stage/link.h"

namespace topkima::cosim {

/// "SUB_K=8 ", for RtlParameters.
std::string parameter(const char* name, int value);
/// Bits of an address among `n`; one at least.
int address_bits(int n);
/// Puts a row's entries into a line: tokens into one field and codes into another.
void put_entries(VectorFile& line, const stage::EntryRow& row, const char* tokens, int token_bits,
                 const char* codes, int code_bits);
/// The largest code of a row; 0 for one without winners.
std::int32_t largest_code(const stage::EntryRow& row);

}  // namespace topkima::cosim
