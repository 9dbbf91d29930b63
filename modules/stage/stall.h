// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random back-pressure at one handshake: in which of its cycles nothing is taken. A function of
// seed, place, row and the count of the cycle alone, so that a model and its RTL meet the same.

#include <cmath>
#include <cstdint>
#include <string>

#include "stage/clock.h"
#include "stage/ledger.h"

namespace topkima::stage {

class Stall {
 public:
  /// None.
  Stall() = default;
  /// `share` of the cycles, 0..1 (exclusive), at the handshake named `place`. `label`: whom the
  /// waiting is for in the accounts.
  Stall(double share, std::uint64_t seed, const std::string& place, StageId label,
        const Clock& clock)
      : clock_(&clock),
        limit_(static_cast<std::uint64_t>(std::ldexp(share, 64))),
        key_(seed),
        label_(label) {
    for (const char c : place) key_ = mix(key_ ^ static_cast<unsigned char>(c));
  }

  bool any() const { return limit_ > 0; }
  StageId label() const { return label_; }
  /// Whether the `n`-th cycle in which `row` asks to be taken passes in vain.
  bool holds(const RowTag& row, std::int64_t n) const {
    if (!any()) return false;
    return mix(mix(key_ ^ row.id) + static_cast<std::uint64_t>(n)) < limit_;
  }
  /// Lets those cycles pass that come next; `n` counts all that were asked about. Returns how many.
  std::int64_t pass(const RowTag& row, std::int64_t& n) const {
    if (!any()) return 0;
    std::int64_t cycles = 0;
    while (holds(row, n++)) ++cycles;
    clock_->spend(cycles);
    return cycles;
  }

 private:
  /// The finaliser of SplitMix64.
  static std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  const Clock* clock_ = nullptr;
  std::uint64_t limit_ = 0, key_ = 0;
  StageId label_ = nobody;
};

}  // namespace topkima::stage
