// SPDX-License-Identifier: Apache-2.0
#pragma once
// How often lines of RTL have been executed and signals have changed, in one instance of it, where
// its library counts that (docs/coverage.md). This is compiled into the library as well.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace topkima::cosim {

class RtlCounters {
 public:
  /// `key` says what is counted, as verilator_coverage reads it; `count` is where.
  void insert(const std::uint32_t* count, std::string key, bool of_signal) {
    points_.push_back({count, std::move(key), of_signal, 0});
  }
  /// Signals are counted from now on: what their registers start with is no doing of theirs, and
  /// Verilator counts it as a change.
  void reset_is_over() {
    for (auto& point : points_)
      if (point.of_signal) point.before = *point.count;
  }
  /// Calls `take(key, count)` for each.
  template <typename Take>
  void each(const Take& take) const {
    for (const auto& point : points_) take(point.key, *point.count - point.before);
  }

 private:
  struct Point {
    const std::uint32_t* count;
    std::string key;
    bool of_signal;
    std::uint32_t before;
  };
  std::vector<Point> points_;
};

}  // namespace topkima::cosim
