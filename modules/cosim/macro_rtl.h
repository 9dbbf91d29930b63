// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of a whole softmax macro (docs/pins/macro.md): which machines it holds. The adapters are
// those of its parts, at the pins of one instance.

#include <string>
#include <vector>

#include "cosim/rtl_model.h"

namespace topkima::cosim {

/// Empty where RTL with these parameters holds the machine, else what is wrong. `queue_depth` is
/// the number of rows that may wait before the union.
std::string fits_macro(const RtlParameters& parameters, const std::vector<int>& split,
                       const std::vector<int>& sub_k, int tokens, int code_bits, int prob_bits,
                       int queue_depth);

}  // namespace topkima::cosim
