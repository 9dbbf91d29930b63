// SPDX-License-Identifier: Apache-2.0
#include "observe/selection.h"

#include <algorithm>

#include "arith/ramp.h"
#include "arith/sorter.h"
#include "config/errors.h"

namespace topkima::observe {
namespace {

bool better(const Column& a, const Column& b) {
  return a.score != b.score ? a.score > b.score : a.token < b.token;
}

}  // namespace

Selection::Selection(const RowScores& row, Selector selector, const std::vector<int>& codes)
    : selector_(selector) {
  std::size_t tokens = 0;
  for (const int columns : row.split) tokens += static_cast<std::size_t>(columns);
  if (row.split.size() != row.sub_k.size() || row.scores.size() > tokens)
    throw SimulationError("scores of " + std::to_string(row.scores.size()) +
                          " tokens do not fit the split of a head");
  take_columns(row, codes);
  const auto all = static_cast<int>(columns_.size());
  if (selector == Selector::none) {
    select({0, all, all});
  } else if (selector == Selector::sorter && row.head_k > 0) {
    select({0, all, row.head_k});
  } else {
    int first = 0;
    for (std::size_t c = 0; c < row.split.size(); ++c) {
      select({first, std::clamp(all - first, 0, row.split[c]), row.sub_k[c]});
      first += row.split[c];
    }
  }
  rank(row.split.size());
}

void Selection::take_columns(const RowScores& row, const std::vector<int>& codes) {
  int first = 0;
  for (std::size_t c = 0; c < row.split.size(); ++c) {
    const int left = static_cast<int>(row.scores.size()) - first;
    for (int a = 0; a < std::min(left, row.split[c]); ++a) {
      const int token = first + a;
      const std::int32_t score = row.scores[static_cast<std::size_t>(token)];
      Column column{token, static_cast<int>(c), a, score, 0, Column::Fate::masked};
      if (row.participants.holds(token)) {
        column.code = arith::ramp_code(score, row.ramp_lsb, row.bits);
        column.fate = Column::Fate::lower_code;
      }
      columns_.push_back(column);
    }
    first += row.split[c];
  }
  if (codes.empty() && row.row_blocks == 1) return;
  codes_explained_ = codes.size() == static_cast<std::size_t>(row.participants.size());
  for (std::size_t i = 0; i < codes.size() && codes_explained_; ++i) {
    Column& column = columns_[static_cast<std::size_t>(row.participants.first) + i];
    if (row.row_blocks == 1 && codes[i] != column.code) codes_explained_ = false;
    column.code = codes[i];
  }
}

void Selection::select(Group group) {
  std::vector<arith::Winner> elements;
  for (int token = group.first; token < group.first + group.columns; ++token) {
    const Column& column = columns_[static_cast<std::size_t>(token)];
    if (column.fate != Column::Fate::masked) elements.push_back({token, column.code});
  }
  // A falling ramp grants descending codes, of equal ones the lowest address first: as a sorter.
  group.granted = arith::keep_largest(elements.data(), static_cast<int>(elements.size()), group.k);
  elements.resize(static_cast<std::size_t>(group.granted));
  for (std::size_t w = 0; w < elements.size(); ++w) {
    Column& column = columns_[static_cast<std::size_t>(elements[w].column)];
    column.fate = Column::Fate::selected;
    column.grant = static_cast<int>(w) + 1;
  }
  if (!elements.empty()) {
    group.last_code = elements.back().code;
    group.last_token = elements.back().column;
  }
  for (int token = group.first; token < group.first + group.columns; ++token) {
    Column& column = columns_[static_cast<std::size_t>(token)];
    if (column.fate == Column::Fate::lower_code && column.code == group.last_code)
      column.fate = Column::Fate::lost_tie;
  }
  groups_.push_back(group);
}

void Selection::rank(std::size_t crossbars) {
  std::vector<Column*> participants;
  for (auto& column : columns_)
    if (column.fate != Column::Fate::masked) participants.push_back(&column);
  std::sort(participants.begin(), participants.end(),
            [](const Column* a, const Column* b) { return better(*a, *b); });
  std::vector<int> seen(crossbars, 0);
  int rank = 0;
  for (auto* column : participants) {
    column->rank = ++rank;
    column->rank_here = ++seen[static_cast<std::size_t>(column->crossbar)];
  }
}

std::vector<Column> Selection::not_selected() const {
  std::vector<Column> left;
  for (const auto& column : columns_)
    if (column.fate == Column::Fate::lower_code || column.fate == Column::Fate::lost_tie)
      left.push_back(column);
  std::sort(left.begin(), left.end(), better);
  return left;
}

const Selection::Group& Selection::group_of(const Column& column) const {
  return groups_.size() == 1 ? groups_.front() : groups_[static_cast<std::size_t>(column.crossbar)];
}

std::string Selection::name_of(const Column& column) const {
  if (selector_ == Selector::ramp) return "crossbar " + std::to_string(column.crossbar);
  return groups_.size() == 1 ? "the sorter" : "sorter " + std::to_string(column.crossbar);
}

std::string Selection::reason(const Column& column) const {
  const Group& group = group_of(column);
  const std::string last = std::to_string(group.last_code);
  const bool ramp = selector_ == Selector::ramp;
  switch (column.fate) {
    case Column::Fate::selected:
      if (selector_ == Selector::none) return "every column that takes part goes on";
      return (ramp ? "grant " : "place ") + std::to_string(column.grant) + " of " +
             std::to_string(group.granted) + " in " + name_of(column);
    case Column::Fate::masked: return "masked: its comparator was off";
    case Column::Fate::lower_code:
      return name_of(column) + (ramp ? " had its k = " : " kept its k = ") +
             std::to_string(group.k) +
             (ramp ? " when the ramp stopped at code " : ", the least of them code ") + last;
    case Column::Fate::lost_tie: break;
  }
  const int place = ramp ? group.last_token - group.first : group.last_token;
  return "lost the tie at code " + last + (ramp ? ": column " : ": token ") +
         std::to_string(place) + (ramp ? " had the last grant" : " had the last place");
}

}  // namespace topkima::observe
