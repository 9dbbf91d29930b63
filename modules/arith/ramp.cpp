// SPDX-License-Identifier: Apache-2.0
#include "arith/ramp.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>

#include "arith/fixed_point.h"
#include "arith/scan.h"

namespace topkima::arith {

int ramp_code(std::int64_t value, std::int64_t lsb, int bits) {
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  return static_cast<int>(std::clamp(round_half_up(value, lsb), -half, half - 1));
}

TOPKIMA_SIMD_CLONES
void ramp_codes(const std::int32_t* scores, int count, int lsb, int bits, std::int16_t* codes) {
  const std::int32_t half = 1 << (bits - 1), divisor = 2 * lsb;
  const float reciprocal = 1.0f / static_cast<float>(divisor);
  // Beyond these scores the code saturates; clamping first keeps the quotient small, so that the
  // float estimate is off by at most one and the remainder puts it right.
  const std::int64_t reach = static_cast<std::int64_t>(half + 1) * lsb;
  const auto limit = static_cast<std::int32_t>(std::min<std::int64_t>(reach, INT32_MAX / 4));
  for (int i = 0; i < count; ++i) {
    const std::int32_t score = std::clamp(scores[i], -limit, limit);
    const std::int32_t dividend = 2 * score + lsb;
    std::int32_t quotient =
        static_cast<std::int32_t>(static_cast<float>(dividend) * reciprocal + 40000.0f) - 40000;
    const std::int32_t remainder = dividend - quotient * divisor;
    quotient += remainder >= divisor ? 1 : 0;
    quotient -= remainder < 0 ? 1 : 0;
    codes[i] = static_cast<std::int16_t>(std::clamp(quotient, -half, half - 1));
  }
}

namespace {

std::int32_t within_int32(std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, INT32_MIN, INT32_MAX));
}

/// Bit 0 of each of eight bytes, gathered into eight bits.
std::uint64_t gather(const unsigned char* bytes) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes, 8);
  return eight * 0x0102040810204080u >> 56;
}

}  // namespace

TOPKIMA_SIMD_CLONES
void find_crossings(const std::int32_t* scores, int count, std::int64_t level, std::int64_t above,
                    std::uint64_t* fired) {
  // Twice a score is even and within 32 bits: a bound beyond them acts as the nearest one within.
  const std::int32_t low = within_int32(level);
  const bool open = above > INT32_MAX;
  const std::int32_t high = within_int32(above - 1);
  for (int first = 0; first < count; first += 64) {
    unsigned char crossed[64] = {};
    unsigned char any = 0;
    const int width = std::min(64, count - first);
    for (int j = 0; j < width; ++j) {
      const std::int32_t twice = 2 * scores[first + j];
      crossed[j] = static_cast<unsigned char>((twice >= low) & (open | (twice <= high)));
      any |= crossed[j];
    }
    std::uint64_t word = 0;
    if (any)
      for (int byte = 0; byte < 8; ++byte) word |= gather(crossed + 8 * byte) << (8 * byte);
    fired[first / 64] = word;
  }
}

TOPKIMA_SIMD_CLONES
void find_crossings(const double* seen, int count, double level, double above,
                    std::uint64_t* fired) {
  for (int first = 0; first < count; first += 64) {
    unsigned char crossed[64] = {};
    const int width = std::min(64, count - first);
    for (int j = 0; j < width; ++j)
      crossed[j] =
          static_cast<unsigned char>((seen[first + j] >= level) & (seen[first + j] < above));
    std::uint64_t word = 0;
    for (int byte = 0; byte < 8; ++byte) word |= gather(crossed + 8 * byte) << (8 * byte);
    fired[first / 64] = word;
  }
}

Interval columns_on(const std::int16_t* codes, int columns) {
  const auto is_on = [](std::int16_t code) { return code != comparator_off; };
  const std::int16_t* const end = codes + columns;
  const auto* first = std::find_if(codes, end, is_on);
  if (first == end) return {};
  const auto* behind = std::partition_point(first, end, is_on);
  return {static_cast<int>(first - codes), static_cast<int>(behind - codes)};
}

void FallingRamp::start(int lsb, const std::int32_t* scores, Interval participants) {
  scores_ = scores;
  real_ = nullptr;
  start(lsb, participants);
}

void FallingRamp::start(int lsb, const RealRamp& ramp, const double* seen, Interval participants) {
  real_ = &ramp;
  seen_ = seen;
  start(lsb, participants);
}

void FallingRamp::start(int lsb, Interval participants) {
  lsb_ = lsb;
  participants_ = participants;
  code_ = 1 << (bits_ - 1);
  steps_ = 0;
  const std::int64_t words = std::max<std::int64_t>(1, ceil_div(participants.end, 64));
  fired_.assign(static_cast<std::size_t>(words), 0);
}

bool FallingRamp::step() {
  const int lowest = -(1 << (bits_ - 1));
  if (code_ == lowest) return false;
  move_to(code_ - 1, code_ - 1 == lowest);
  return true;
}

void FallingRamp::move_to(int code, bool last) {
  // Whole words from the one that the first participant is in.
  const int word = participants_.first / 64, from = 64 * word, count = participants_.end - from;
  auto* fired = fired_.data() + word;
  if (real_) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const double above = steps_++ == 0 ? infinity : real_->reach(code_);
    code_ = code;
    find_crossings(seen_ + from, count, last ? -infinity : real_->reach(code_), above, fired);
  } else {
    const auto level = [this](int c) { return (2 * std::int64_t{c} - 1) * lsb_; };
    const std::int64_t above = steps_++ == 0 ? INT64_MAX : level(code_);
    code_ = code;
    find_crossings(scores_ + from, count, last ? INT64_MIN : level(code_), above, fired);
  }
  *fired &= ~std::uint64_t{0} << participants_.first % 64;
}

void RampCalibration::add_row(const std::int32_t* scores, int participants, int k) {
  // The row's best so far, in falling order, at the end of what was collected.
  const std::size_t first = collected_.size();
  const int most = std::min(k, participants);
  collected_.resize(first + static_cast<std::size_t>(most));
  if (most == 0) return;
  std::int32_t* best = collected_.data() + first;
  std::partial_sort_copy(scores, scores + most, best, best + most, std::greater<>());
  const auto next = [&](int from) {
    return next_above(scores, from, participants, best[most - 1]);
  };
  for (int i = next(most); i < participants; i = next(i + 1)) {
    int place = most - 1;
    for (; place > 0 && best[place - 1] < scores[i]; --place) best[place] = best[place - 1];
    best[place] = scores[i];
  }
}

void RampCalibration::add_row(const std::int32_t* partial, int blocks, int columns,
                              int participants, int k) {
  if (blocks == 1) {
    add_row(partial, participants, k);
    return;
  }
  const auto count = static_cast<std::size_t>(participants);
  sums_.assign(count, 0);
  for (int b = 0; b < blocks; ++b)
    for (std::size_t j = 0; j < count; ++j) sums_[j] += partial[std::size_t(b) * columns + j];
  best_.resize(count);
  std::iota(best_.begin(), best_.end(), 0);
  const auto most = static_cast<std::size_t>(std::min(k, participants));
  if (most < count)
    std::nth_element(best_.begin(), best_.begin() + std::ptrdiff_t(most), best_.end(),
                     [this](int a, int b) {
                       const auto left = sums_[std::size_t(a)], right = sums_[std::size_t(b)];
                       return left != right ? left > right : a < b;
                     });
  for (int b = 0; b < blocks; ++b)
    for (std::size_t i = 0; i < most; ++i)
      collected_.push_back(partial[std::size_t(b) * columns + std::size_t(best_[i])]);
}

int RampCalibration::lsb(int bits, double saturate_share) {
  if (collected_.empty()) return 1;
  const double total = static_cast<double>(collected_.size());
  // The largest number of scores that may saturate; found by the rule's own comparison, since the
  // rounded product share * total may lie on either side of a whole number.
  auto allowed = static_cast<std::size_t>(std::min(total, std::floor(saturate_share * total)));
  while (allowed > 0 && static_cast<double>(allowed) / total > saturate_share) --allowed;
  while (allowed < collected_.size() && static_cast<double>(allowed + 1) / total <= saturate_share)
    ++allowed;
  if (allowed >= collected_.size()) return 1;
  const auto first_kept = collected_.begin() + static_cast<std::ptrdiff_t>(allowed);
  std::nth_element(collected_.begin(), first_kept, collected_.end(), std::greater<>());
  // 2 s < (2^bits - 1) lsb must hold for the largest score that may not saturate.
  const std::int64_t steps = (std::int64_t{1} << bits) - 1;
  return static_cast<int>(std::max<std::int64_t>(1, floor_div(2 * *first_kept, steps) + 1));
}

}  // namespace topkima::arith
