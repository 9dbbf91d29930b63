// SPDX-License-Identifier: Apache-2.0
#pragma once
// The stretch of time that a waveform shows: given, or found when a row comes.

#include <cstdint>

#include "stage/clock.h"

namespace topkima::observe {

class WaveWindow {
 public:
  static constexpr std::int64_t open_end = INT64_MAX;

  /// Cycles [from, to).
  WaveWindow(const stage::Clock& clock, std::int64_t from, std::int64_t to, std::int64_t max_bytes)
      : clock_(clock), found_(true), from_(from), to_(to), max_bytes_(max_bytes) {}
  /// Not found yet. It will open at most `margin` cycles before the cycle in which it is.
  WaveWindow(const stage::Clock& clock, std::int64_t margin, std::int64_t max_bytes)
      : clock_(clock), margin_(margin), max_bytes_(max_bytes) {}

  bool found() const { return found_; }
  void open(std::int64_t from) {
    found_ = true;
    from_ = from;
  }
  void close(std::int64_t to) { to_ = to; }

  std::int64_t from() const { return from_; }
  std::int64_t to() const { return to_; }
  /// What is not later than this is over when the window opens.
  std::int64_t horizon() const { return found_ ? from_ : clock_.now() - margin_; }

  std::uint64_t time_of(std::int64_t cycle) const { return clock_.time_of(cycle).value(); }
  std::uint64_t from_time() const { return time_of(from_); }
  std::uint64_t to_time() const { return to_ == open_end ? UINT64_MAX : time_of(to_); }
  /// When cycle 0 is. The clock may be started after the first changes.
  std::uint64_t origin() const { return time_of(0); }

  /// Counts what a change at `time` adds to the dump; false once that is full.
  bool spend(std::size_t bytes, std::uint64_t time) {
    spent_ += static_cast<std::int64_t>(bytes);
    if (spent_ <= max_bytes_) return true;
    if (time < cut_) cut_ = time;
    return false;
  }
  void start_anew() {
    spent_ = 0;
    cut_ = UINT64_MAX;
  }
  bool full() const { return cut_ != UINT64_MAX; }
  /// The time from which on nothing could be kept.
  std::uint64_t cut() const { return cut_; }
  std::int64_t max_bytes() const { return max_bytes_; }

 private:
  const stage::Clock& clock_;
  bool found_ = false;
  std::int64_t margin_ = 0;
  std::int64_t from_ = 0, to_ = open_end;
  std::int64_t max_bytes_, spent_ = 0;
  std::uint64_t cut_ = UINT64_MAX;
};

}  // namespace topkima::observe
