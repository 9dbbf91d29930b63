// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names of files and directories in an INI file, where '#' begins a comment and blanks around a
// value are nobody's (docs/files.md).

#include <string>

namespace topkima::config {

/// The name as it stands in an INI file: itself, or, where that would be read as something else, in
/// double quotes with \xNN for every character that needs it.
std::string name_to_ini(const std::string& name);
/// The name for which that stands. Throws ConfigError, which names `origin`, for an escape that is
/// none.
std::string name_from_ini(const std::string& text, const std::string& origin);

}  // namespace topkima::config
