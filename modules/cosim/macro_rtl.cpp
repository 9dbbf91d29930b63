// SPDX-License-Identifier: Apache-2.0
#include "cosim/macro_rtl.h"

#include <algorithm>

#include "cosim/fits.h"

namespace topkima::cosim {

std::string fits_macro(const RtlParameters& parameters, const std::vector<int>& split,
                       const std::vector<int>& sub_k, int tokens, int code_bits, int prob_bits,
                       int queue_depth) {
  return Fit(parameters)
      .at_least("CROSSBARS", static_cast<int>(split.size()))
      .at_least("COLUMNS", *std::max_element(split.begin(), split.end()))
      .at_least("SUB_K", *std::max_element(sub_k.begin(), sub_k.end()))
      .at_least("TOKEN_BITS", clog2(tokens))
      .at_least("CODE_BITS", code_bits)
      .exactly("PROB_BITS", prob_bits)
      // Waiting, in service, and being converted.
      .at_least("ROWS", queue_depth + 2)
      .text();
}

}  // namespace topkima::cosim
