// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every stage is doing at this moment, in words: for breakpoints, the watchdog and
// standstills.

#include <string>

#include "stage/ledger.h"

namespace topkima::observe {

/// "row 1164 (head 3, row 12)", with the sequence where it is not the first; "token 12" on the way
/// to the heads.
std::string row_name(const stage::RowTag& row);

/// Who is at the end of each chain of stages that wait for each other; then a line per stage: its
/// activity, since when, whom it waits for, how many rows it holds.
std::string machine_state(const stage::Ledger& ledger);

}  // namespace topkima::observe
