// SPDX-License-Identifier: Apache-2.0
#include "arith/bit_lines.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

TOPKIMA_SIMD_CLONES
void add_line(const std::int8_t* line, int factor, int columns, std::int32_t* current) {
  for (int j = 0; j < columns; ++j) current[j] += factor * line[j];
}

TOPKIMA_SIMD_CLONES
void integrate(const std::int32_t* current, int columns, std::int32_t* charge) {
  for (int j = 0; j < columns; ++j) charge[j] += current[j];
}

}  // namespace

void BitLines::load(const std::int8_t* cells, int d_k, int cells_per_value, int columns,
                    Weighting weighting) {
  columns_ = columns;
  groups_per_value_ = by_pulse(weighting) ? cells_per_value : 1;
  groups_ = d_k * groups_per_value_;
  const auto width = std::size_t(columns);
  if (by_pulse(weighting)) {
    lines_.assign(cells, cells + std::size_t(groups_) * width);
  } else {
    // The cells of a value are driven together: their currents add up on the bit line.
    lines_.assign(std::size_t(groups_) * width, 0);
    for (int i = 0; i < d_k; ++i)
      for (int c = 0; c < cells_per_value; ++c, cells += width)
        for (std::size_t j = 0; j < width; ++j) {
          auto& sum = lines_[std::size_t(i) * width + j];
          sum = static_cast<std::int8_t>(sum + (1 << c) * cells[j]);
        }
  }
  current_.resize(width);
  charge_.resize(width);
  length_.resize(std::size_t(groups_));
  sign_.resize(std::size_t(groups_));
  order_.resize(std::size_t(groups_));
}

void BitLines::start(const std::int8_t* query) {
  std::fill(current_.begin(), current_.end(), 0);
  std::fill(charge_.begin(), charge_.end(), 0);
  for (int g = 0; g < groups_; ++g) {
    const int value = query[g / groups_per_value_];
    length_[std::size_t(g)] = std::abs(value) << (g % groups_per_value_);
    sign_[std::size_t(g)] = value < 0 ? -1 : 1;
  }
  std::iota(order_.begin(), order_.end(), 0);
  std::sort(order_.begin(), order_.end(),
            [this](int a, int b) { return length_[std::size_t(a)] > length_[std::size_t(b)]; });
  driven_ = 0;
  elapsed_ = 0;
  while (driven_ < groups_ && length_[std::size_t(order_[std::size_t(driven_)])] > 0) {
    const int group = order_[std::size_t(driven_++)];
    add_line(line(group), sign_[std::size_t(group)], columns_, current_.data());
  }
}

void BitLines::clock() {
  integrate(current_.data(), columns_, charge_.data());
  ++elapsed_;
  // Pulses that end with this cycle.
  while (driven_ > 0 && length_[std::size_t(order_[std::size_t(driven_ - 1)])] <= elapsed_) {
    const int group = order_[std::size_t(--driven_)];
    add_line(line(group), -sign_[std::size_t(group)], columns_, current_.data());
  }
}

}  // namespace topkima::arith
