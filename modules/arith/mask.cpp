// SPDX-License-Identifier: Apache-2.0
#include "arith/mask.h"

#include <algorithm>
#include <tuple>

namespace topkima::arith {
namespace {

int entry_of(const std::vector<int>& entries, std::int64_t sequence) {
  return entries[entries.size() == 1 ? 0 : static_cast<std::size_t>(sequence)];
}

}  // namespace

Interval Interval::within(const Interval& part) const {
  const int from = std::max(first, part.first), to = std::min(end, part.end);
  return from < to ? Interval{from - part.first, to - part.first} : Interval{};
}

Interval Mask::of(std::int64_t sequence, std::int64_t row) const {
  const std::int64_t position = row + first_row;
  std::int64_t low = entry_of(first_valid, sequence), high = entry_of(valid_tokens, sequence);
  if (causal) high = std::min(high, position + 1);
  if (window > 0) {
    low = std::max(low, position + 1 - window);
    high = std::min(high, position + window);
  }
  if (!segment_ends.empty()) {
    const auto segment = std::upper_bound(segment_ends.begin(), segment_ends.end(), position);
    if (segment == segment_ends.end()) return {};
    low = std::max<std::int64_t>(low, segment == segment_ends.begin() ? 0 : *(segment - 1));
    high = std::min<std::int64_t>(high, *segment);
  }
  high = std::min<std::int64_t>(high, tokens);
  return low < high ? Interval{static_cast<int>(low), static_cast<int>(high)} : Interval{};
}

bool Mask::is_dense() const {
  const auto all = [](const std::vector<int>& entries, int value) {
    return std::all_of(entries.begin(), entries.end(), [&](int entry) { return entry == value; });
  };
  return all(valid_tokens, tokens) && all(first_valid, 0) && !causal && window == 0 &&
         segment_ends.empty();
}

std::size_t Mask::different() const { return std::max(valid_tokens.size(), first_valid.size()); }

bool Mask::operator==(const Mask& other) const {
  const auto all = [](const Mask& mask) {
    return std::tie(mask.tokens, mask.valid_tokens, mask.first_valid, mask.causal, mask.window,
                    mask.segment_ends, mask.first_row);
  };
  return all(*this) == all(other);
}

}  // namespace topkima::arith
