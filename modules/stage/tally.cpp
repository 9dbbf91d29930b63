#include "stage/tally.h"

#include <algorithm>

namespace topkima::stage {

void Tally::spread(Component component, Event event, std::uint64_t n, std::int64_t from,
                   std::int64_t cycles) {
  const std::int64_t last = from + std::max<std::int64_t>(cycles - 1, 0);
  while (last / interval_ >= std::int64_t(most_intervals)) lengthen_intervals();
  auto& intervals = by_interval_[std::size_t(component)][std::size_t(event)];
  const auto end = std::size_t(last / interval_) + 1;
  if (intervals.size() < end) intervals.resize(end);
  std::uint64_t before = 0;
  for (auto i = std::size_t(from / interval_); i < end; ++i) {
    // Of all events, those up to the interval's end: the last one takes what is left.
    const std::int64_t passed = std::int64_t(i + 1) * interval_ - from;
    const std::uint64_t up_to =
        passed >= cycles ? n : n * std::uint64_t(passed) / std::uint64_t(cycles);
    intervals[i] += up_to - before;
    before = up_to;
  }
}

void Tally::lengthen_intervals() {
  interval_ *= 2;
  for (auto& component : by_interval_)
    for (auto& intervals : component) {
      const std::size_t count = (intervals.size() + 1) / 2;
      for (std::size_t i = 0; i < count; ++i)
        intervals[i] = intervals[2 * i] + (2 * i + 1 < intervals.size() ? intervals[2 * i + 1] : 0);
      intervals.resize(count);
    }
}

}  // namespace topkima::stage
