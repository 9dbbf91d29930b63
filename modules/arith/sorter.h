// SPDX-License-Identifier: Apache-2.0
#pragma once
// Digital selection of the k largest codes: of equal ones the lowest address.

#include <vector>

#include "arith/topk.h"

namespace topkima::arith {

/// A sorter of k places, clock by clock: an element that comes in is compared with all places at
/// once and pushes the smaller ones down; the last one falls out. Addresses come in ascending.
class SorterCircuit {
 public:
  /// Empties the places; k >= 1.
  void start(int k);
  void take(const Winner& element);
  /// Descending codes, of equal ones ascending addresses.
  const std::vector<Winner>& places() const { return places_; }
  bool full() const { return places_.size() == k_; }

 private:
  std::size_t k_ = 1;
  std::vector<Winner> places_;
};

/// The same in closed form: moves the min(k, count) winners of `elements`, whose addresses ascend,
/// to its front and returns how many they are.
int keep_largest(Winner* elements, int count, int k);

}  // namespace topkima::arith
