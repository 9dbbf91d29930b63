// SPDX-License-Identifier: Apache-2.0
#include "arith/stuck_cells.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace topkima::arith {
namespace {

bool before(const StuckCell& a, const StuckCell& b) {
  return std::tie(a.place, a.bank, a.line) < std::tie(b.place, b.bank, b.line);
}

}  // namespace

StuckCells::StuckCells(const CellDefects& defects, Effect effect, Levels levels)
    : draws_(defects.key, effect),
      levels_(levels),
      threshold_(static_cast<std::uint64_t>(std::floor(defects.share * 0x1p32))),
      given_(defects.given) {
  std::stable_sort(given_.begin(), given_.end(), before);
}

void StuckCells::apply(std::uint32_t place, int bank, int line, int count,
                       std::int8_t* cells) const {
  if (threshold_ > 0) {
    std::vector<std::uint32_t> words(std::size_t(count), 0);
    draws_.words({std::uint32_t(line), place, std::uint32_t(bank)}, count, words.data());
    for (int i = 0; i < count; ++i) {
      const std::uint64_t word = words[std::size_t(i)];
      if (word >= threshold_) continue;
      const auto choice = static_cast<int>(word * std::uint64_t(levels_.count) / threshold_);
      cells[i] = static_cast<std::int8_t>(levels_.first + levels_.step * choice);
    }
  }
  const StuckCell here{place, bank, line, 0, 0};
  const auto [first, last] = std::equal_range(given_.begin(), given_.end(), here, before);
  for (auto cell = first; cell != last; ++cell)
    if (cell->column < count) cells[cell->column] = static_cast<std::int8_t>(cell->level);
}

}  // namespace topkima::arith
