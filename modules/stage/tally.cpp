// SPDX-License-Identifier: Apache-2.0
#include "stage/tally.h"

#include <algorithm>

namespace topkima::stage {

void Tally::spread(std::vector<std::uint64_t>& intervals, std::uint64_t n, std::int64_t from,
                   std::int64_t cycles) {
  const std::int64_t last = from + std::max<std::int64_t>(cycles - 1, 0);
  while (last / interval_ >= std::int64_t(most_intervals)) lengthen_intervals();
  auto i = std::size_t(from / interval_);
  last_ = i;
  last_begin_ = std::int64_t(i) * interval_;
  std::int64_t passed = last_begin_ + interval_ - from;  // of the span, up to the interval's end
  std::uint64_t before = 0;
  for (;; ++i, passed += interval_) {
    if (intervals.size() <= i) intervals.resize(i + 1);
    if (passed >= cycles) {
      intervals[i] += n - before;  // the last one takes what is left
      return;
    }
    const std::uint64_t up_to = n * std::uint64_t(passed) / std::uint64_t(cycles);
    intervals[i] += up_to - before;
    before = up_to;
  }
}

void Tally::lengthen_intervals() {
  interval_ *= 2;
  last_ /= 2;
  last_begin_ = std::int64_t(last_) * interval_;
  for (auto& component : by_interval_)
    for (auto& intervals : component) {
      const std::size_t count = (intervals.size() + 1) / 2;
      for (std::size_t i = 0; i < count; ++i)
        intervals[i] = intervals[2 * i] + (2 * i + 1 < intervals.size() ? intervals[2 * i + 1] : 0);
      intervals.resize(count);
    }
}

}  // namespace topkima::stage
