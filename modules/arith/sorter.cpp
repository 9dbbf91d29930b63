// SPDX-License-Identifier: Apache-2.0
#include "arith/sorter.h"

#include <algorithm>

namespace topkima::arith {

void SorterCircuit::start(int k) {
  k_ = static_cast<std::size_t>(k);
  places_.clear();
}

void SorterCircuit::take(const Winner& element) {
  const auto place = std::find_if(places_.begin(), places_.end(),
                                  [&](const Winner& winner) { return winner.code < element.code; });
  if (place == places_.end() && full()) return;
  const auto at = place - places_.begin();
  if (full()) places_.pop_back();
  places_.insert(places_.begin() + at, element);
}

int keep_largest(Winner* elements, int count, int k) {
  const int kept = std::min(count, k);
  std::partial_sort(elements, elements + kept, elements + count,
                    [](const Winner& a, const Winner& b) {
                      return a.code != b.code ? a.code > b.code : a.column < b.column;
                    });
  return kept;
}

}  // namespace topkima::arith
