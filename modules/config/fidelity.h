// SPDX-License-Identifier: Apache-2.0
#pragma once
// How blocks go through time.

#include <stdexcept>

namespace topkima::config {

enum class Fidelity {
  row,    ///< a whole row at once, its cycles counted in closed form
  cycle,  ///< one clock cycle after the other, every signal visible
};

/// How each kind of block goes through time. No result depends on it.
struct BlockFidelity {
  Fidelity score = Fidelity::row, topk = Fidelity::row, unite = Fidelity::row,
           softmax = Fidelity::row, av = Fidelity::row;
  Fidelity projection = Fidelity::row, write = Fidelity::row, bus = Fidelity::row;
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
