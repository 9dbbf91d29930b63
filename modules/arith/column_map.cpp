// SPDX-License-Identifier: Apache-2.0
#include "arith/column_map.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "arith/fixed_point.h"

namespace topkima::arith {

ColumnMap::ColumnMap(const std::vector<int>& columns, int slots, std::vector<int> first, int stride)
    : columns_(columns),
      first_(std::move(first)),
      bases_(columns.size() + 1, 0),
      slots_(slots),
      stride_(stride) {
  std::partial_sum(columns.begin(), columns.end(), bases_.begin() + 1);
}

ColumnMap ColumnMap::blocked(const std::vector<int>& columns, int slots) {
  std::vector<int> first(columns.size(), 0);
  std::partial_sum(columns.begin(), columns.end() - 1, first.begin() + 1);
  return {columns, slots, std::move(first), 1};
}

ColumnMap ColumnMap::interleaved(const std::vector<int>& columns, int slots) {
  std::vector<int> first(columns.size());
  std::iota(first.begin(), first.end(), 0);
  return {columns, slots, std::move(first), static_cast<int>(columns.size())};
}

Interval ColumnMap::columns_of(const Interval& slots, int crossbar) const {
  const std::int64_t first = first_[std::size_t(crossbar)];
  const auto column_from = [&](std::int64_t slot) {
    const std::int64_t column = -floor_div(first - slot, std::int64_t{stride_});
    return static_cast<int>(std::clamp<std::int64_t>(column, 0, columns(crossbar)));
  };
  const Interval part{column_from(slots.first), column_from(std::min(slots.end, slots_))};
  return part.size() > 0 ? part : Interval{};
}

ColumnMap::Place ColumnMap::place_at(int address) const {
  const auto above = std::upper_bound(bases_.begin(), bases_.end(), address);
  const auto crossbar = static_cast<int>(above - bases_.begin()) - 1;
  return {crossbar, address - base(crossbar)};
}

ColumnMap::Place ColumnMap::place_of(int slot) const {
  if (stride_ > 1) return {slot % stride_, slot / stride_};
  return place_at(slot);
}

int ColumnMap::address_of(int slot) const {
  const auto [crossbar, column] = place_of(slot);
  return base(crossbar) + column;
}

int ColumnMap::slot_at_address(int address) const {
  const auto [crossbar, column] = place_at(address);
  return slot_at(crossbar, column);
}

}  // namespace topkima::arith
