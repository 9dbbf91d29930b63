// SPDX-License-Identifier: Apache-2.0
#pragma once
// How blocks go through time.

#include <array>
#include <stdexcept>

#include "config/machine_kind.h"

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

/// A parameter of section "fidelity": the blocks that it is about, and what they are.
struct FidelityKey {
  const char* key;
  Fidelity BlockFidelity::*blocks;
  const char* what;
  unsigned machines;  ///< bits of Has
};
/// All of them, in the order in which parameters are listed.
inline constexpr std::array fidelity_keys{
    FidelityKey{"score", &BlockFidelity::score, "word lines and bit lines of K^T", in_any},
    FidelityKey{"topk", &BlockFidelity::topk,
                "ramp, comparators, arbiter and counter; code latches", in_any},
    FidelityKey{"union", &BlockFidelity::unite, "union of the crossbars' winners; latches, sorters",
                in_any},
    FidelityKey{"softmax", &BlockFidelity::softmax, "exponent and divider pipelines; shifter",
                in_any},
    FidelityKey{"av", &BlockFidelity::av, "AV arrays with their shift-and-add", in_any},
    FidelityKey{"projection", &BlockFidelity::projection, "bit-serial projections", with_memory},
    FidelityKey{"write", &BlockFidelity::write, "writers of K^T and V", with_memory},
    FidelityKey{"bus", &BlockFidelity::bus, "bus, beat by beat", with_memory}};
static_assert(fidelity_keys.size() * sizeof(Fidelity) == sizeof(BlockFidelity),
              "every block's fidelity has its parameter");
/// The key of blocks; throws std::logic_error when they have none.
constexpr const char* key_of(Fidelity BlockFidelity::*blocks) {
  for (const FidelityKey& each : fidelity_keys)
    if (each.blocks == blocks) return each.key;
  throw std::logic_error("blocks without a key in section fidelity");
}

/// Whether a block spends its cycles one by one.
constexpr bool clocked(Fidelity fidelity) {
  switch (fidelity) {
    case Fidelity::row: return false;
    case Fidelity::cycle: return true;
  }
  throw std::logic_error("a fidelity that is not described");
}

}  // namespace topkima::config
