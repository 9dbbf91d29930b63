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

std::vector<int> even_split(int tokens, int columns) {
  const int crossbars = (tokens + columns - 1) / columns;
  std::vector<int> split(static_cast<std::size_t>(crossbars), tokens / crossbars);
  for (int c = 0; c < tokens % crossbars; ++c) ++split[static_cast<std::size_t>(c)];
  return split;
}

std::vector<int> share_out(int k, const std::vector<int>& participants) {
  const std::int64_t total =
      std::accumulate(participants.begin(), participants.end(), std::int64_t{0});
  std::vector<int> share(participants.size());
  if (total == 0) return share;
  std::vector<std::size_t> order(participants.size());
  std::vector<std::int64_t> remainder(participants.size());
  int left = k;
  for (std::size_t i = 0; i < participants.size(); ++i) {
    const std::int64_t quota = std::int64_t{k} * participants[i];
    share[i] = static_cast<int>(quota / total);
    remainder[i] = quota % total;
    left -= share[i];
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  for (int i = 0; i < left; ++i) ++share[order[static_cast<std::size_t>(i)]];
  for (std::size_t i = 0; i < share.size(); ++i)
    if (participants[i] > 0) share[i] = std::max(share[i], 1);
  return share;
}

std::vector<int> auto_sub_k(const std::vector<int>& split, int k) {
  std::vector<int> share = share_out(k, split);
  for (int& s : share) s = std::max(s, 1);
  return share;
}

}  // namespace topkima::arith
