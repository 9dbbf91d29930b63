// SPDX-License-Identifier: Apache-2.0
#pragma once
// The constants that a technology gives to the energy model, described once: technology files,
// parameters tech.* and docs/energy-model.md follow this list.

#include <cstddef>
#include <string>
#include <vector>

namespace topkima::config {

struct TechnologyConstant {
  const char*
      name;  ///< "sram.row_read": section of a technology file, parameter tech.sram_row_read
  const char* unit;
  double low, high;  ///< inclusive
  const char* meaning;

  /// "tech.sram_row_read"
  std::string parameter() const;
};

const std::vector<TechnologyConstant>& technology_constants();
/// Position in the list, which is its length for a name that is not in it.
std::size_t technology_constant(const std::string& name);

}  // namespace topkima::config
