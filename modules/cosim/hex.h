// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers as reports of co-simulation show addresses and words.

#include <cstdint>
#include <cstdio>
#include <string>

namespace topkima::cosim {

/// "0x1f"
inline std::string hex(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace topkima::cosim
