// SPDX-License-Identifier: Apache-2.0
#pragma once
// A whole encoder as a machine that is run.

#include "run/machine.h"

namespace topkima::platforms {

const Machine& encoder_machine();

}  // namespace topkima::platforms
