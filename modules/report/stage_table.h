// SPDX-License-Identifier: Apache-2.0
#pragma once
// The table of kinds of stage (stage/kinds.h) as other programs read it: what --list-stages prints.

#include <string>

namespace topkima::report {

/// A line per kind.
std::string stage_table_text();
/// {"kinds": [...], "named": [...]}: every field of StageKind, and the accounts that have a name of
/// their own.
std::string stage_table_json();

}  // namespace topkima::report
