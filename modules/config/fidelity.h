// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a block goes through time.

namespace topkima::config {

enum class Fidelity {
  row,    ///< a whole row at once, its cycles counted in closed form
  cycle,  ///< one clock cycle after the other, every signal visible
};

}  // namespace topkima::config
