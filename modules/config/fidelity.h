// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a block goes through time.

#include <stdexcept>

namespace topkima::config {

enum class Fidelity {
  row,    ///< a whole row at once, its cycles counted in closed form
  cycle,  ///< one clock cycle after the other, every signal visible
};

/// Whether a block spends its cycles one by one.
constexpr bool clocked(Fidelity fidelity) {
  switch (fidelity) {
    case Fidelity::row: return false;
    case Fidelity::cycle: return true;
  }
  throw std::logic_error("a fidelity that is not described");
}

}  // namespace topkima::config
