// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes an INI file apart. Whoever reads it says which keys there may be.

#include <string>
#include <vector>

#include "files/input_file.h"

namespace topkima::config {

struct IniEntry {
  std::string key;  ///< "section.name", or "name" before the first section
  std::string value;
};

/// The entries in the order of the text, which errors call `path`. Throws the kind's error when it
/// is no INI file.
std::vector<IniEntry> parse_ini(const std::string& text, const std::string& path,
                                const files::InputKind& kind);

inline std::vector<IniEntry> read_ini(const std::string& path, const files::InputKind& kind) {
  return parse_ini(files::read_text(path, kind), path, kind);
}

}  // namespace topkima::config
