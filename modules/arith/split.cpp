// SPDX-License-Identifier: Apache-2.0
#include "arith/split.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace topkima::arith {

std::vector<int> auto_split(int tokens, int columns) {
  std::vector<int> split(static_cast<std::size_t>(tokens / columns), columns);
  if (tokens % columns) split.push_back(tokens % columns);
  return split;
}

std::vector<int> auto_sub_k(const std::vector<int>& split, int k) {
  const std::int64_t total = std::accumulate(split.begin(), split.end(), std::int64_t{0});
  std::vector<int> share(split.size());
  std::vector<std::size_t> order(split.size());
  std::vector<std::int64_t> remainder(split.size());
  int left = k;
  for (std::size_t i = 0; i < split.size(); ++i) {
    const std::int64_t quota = std::int64_t{k} * split[i];
    share[i] = static_cast<int>(quota / total);
    remainder[i] = quota % total;
    left -= share[i];
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  for (int i = 0; i < left; ++i) ++share[order[static_cast<std::size_t>(i)]];
  for (int& s : share) s = std::max(s, 1);
  return share;
}

}  // namespace topkima::arith
