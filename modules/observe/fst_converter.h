// SPDX-License-Identifier: Apache-2.0
#pragma once
// GTKWave's own format, five to six times smaller than VCD, by its converter vcd2fst.

#include <string>

namespace topkima::observe {

struct FstConverter {
  /// Whether vcd2fst is found.
  static bool installed();
  /// Returns why not, or nothing. What it had written of `fst` may be left then.
  static std::string convert(const std::string& vcd, const std::string& fst);
};

}  // namespace topkima::observe
