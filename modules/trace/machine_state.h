#pragma once
// What every stage is doing at this moment, in words: for breakpoints, the watchdog and standstills.

#include <string>

#include "stage/ledger.h"

namespace topkima::trace {

/// "row 1164 (head 3, row 12)", with the sequence where it is not the first; "token 12" on the way to
/// the heads.
std::string row_name(const stage::RowTag& row);

/// A line per stage: its activity, since when, whom it waits for, how many rows it holds; then who
/// is at the end of each chain of stages that wait for each other.
std::string machine_state(const stage::Ledger& ledger);

}  // namespace topkima::trace
