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

/// The tokens of one crossbar, in ascending address.
void append_tokens(const RowScores& row, int crossbar, std::vector<int>& tokens) {
  const int columns = row.columns.slots_in(crossbar);
  for (int column = 0; column < columns; ++column)
    tokens.push_back(row.columns.slot_at(crossbar, column));
}

}  // namespace

Selection::Selection(const RowScores& row, Selector selector, const std::vector<int>& codes)
    : selector_(selector), shares_(row.shares), joined_(row.head_k > 0) {
  const auto crossbars = std::size_t(row.columns.crossbars());
  if (crossbars != row.sub_k.size() || row.scores.size() != std::size_t(row.columns.slots()))
    throw SimulationError("scores of " + std::to_string(row.scores.size()) +
                          " tokens do not fit the split of a head");
  take_columns(row, codes);
  const bool joined = selector == Selector::none || row.head_k > 0;
  Group head{{}, selector == Selector::none ? int(columns_.size()) : row.head_k};
  for (std::size_t c = 0; c < crossbars; ++c) {
    Group own{{}, row.sub_k[c]};
    append_tokens(row, int(c), joined ? head.tokens : own.tokens);
    if (!joined) select(own, row.reach);
  }
  if (joined) select(head, row.reach);
  rank(crossbars);
}

void Selection::take_columns(const RowScores& row, const std::vector<int>& codes) {
  for (int token = 0; token < row.columns.slots(); ++token) {
    const std::int32_t score = row.scores[static_cast<std::size_t>(token)];
    const auto [crossbar, address] = row.columns.place_of(token);
    Column column{token, crossbar, address, score, 0, Column::Fate::masked};
    if (row.participants.holds(token)) {
      column.code = arith::ramp_code(score, row.ramp_lsb, row.bits);
      column.fate = Column::Fate::lower_code;
    }
    columns_.push_back(column);
  }
  if (!codes.empty() || row.row_blocks > 1) take_codes(row, codes);
}

/// `codes` come in ascending address.
void Selection::take_codes(const RowScores& row, const std::vector<int>& codes) {
  codes_explained_ = codes.size() == static_cast<std::size_t>(row.participants.size());
  if (!codes_explained_) return;
  std::vector<int> tokens;
  for (int c = 0; c < row.columns.crossbars(); ++c) append_tokens(row, c, tokens);
  auto code = codes.begin();
  for (const int token : tokens) {
    Column& column = columns_[static_cast<std::size_t>(token)];
    if (column.fate == Column::Fate::masked) continue;
    if (row.row_blocks == 1 && *code != column.code) codes_explained_ = false;
    column.code = *code++;
  }
}

void Selection::select(Group group, int reach) {
  std::vector<arith::Winner> elements;
  for (std::size_t i = 0; i < group.tokens.size(); ++i) {
    const Column& column = columns_[static_cast<std::size_t>(group.tokens[i])];
    if (column.fate != Column::Fate::masked) elements.push_back({int(i), column.code});
  }
  // A falling ramp grants descending codes, of equal ones the lowest address first: as a sorter.
  group.granted = arith::keep_largest(elements.data(), static_cast<int>(elements.size()), group.k);
  elements.resize(static_cast<std::size_t>(group.granted));
  if (reach > 0 && !elements.empty()) group.lowest = elements.front().code - reach;
  while (reach > 0 && !elements.empty() && elements.back().code < group.lowest) elements.pop_back();
  const bool cut = elements.size() < std::size_t(group.granted);
  group.granted = static_cast<int>(elements.size());
  for (std::size_t w = 0; w < elements.size(); ++w) {
    const int token = group.tokens[static_cast<std::size_t>(elements[w].column)];
    Column& column = columns_[static_cast<std::size_t>(token)];
    column.fate = Column::Fate::selected;
    column.grant = static_cast<int>(w) + 1;
    group.last_code = column.code;
    group.last_token = token;
  }
  for (const int token : group.tokens) {
    Column& column = columns_[static_cast<std::size_t>(token)];
    if (column.fate != Column::Fate::lower_code) continue;
    if (cut)
      column.fate = Column::Fate::beyond_reach;
    else if (column.code == group.last_code)
      column.fate = Column::Fate::lost_tie;
  }
  groups_.push_back(std::move(group));
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
    if (column.fate != Column::Fate::masked && column.fate != Column::Fate::selected)
      left.push_back(column);
  std::sort(left.begin(), left.end(), better);
  return left;
}

const Selection::Group& Selection::group_of(const Column& column) const {
  return groups_.size() == 1 ? groups_.front() : groups_[static_cast<std::size_t>(column.crossbar)];
}

std::string Selection::name_of(const Column& column) const {
  if (selector_ == Selector::ramp)
    return joined_ ? "the head" : "crossbar " + std::to_string(column.crossbar);
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
      return name_of(column) + (ramp ? " had its " : " kept its ") +
             (shares_ ? "share of k, " : "k = ") + std::to_string(group.k) +
             (ramp ? (shares_ ? ", when" : " when") + std::string(" the ramp stopped at code ")
                   : ", the least of them code ") +
             last;
    case Column::Fate::beyond_reach:
      return "the ramp of " + name_of(column) + " stopped at code " + std::to_string(group.lowest) +
             ", its reach below the first crossing";
    case Column::Fate::lost_tie: break;
  }
  const auto& last_granted = columns_[static_cast<std::size_t>(group.last_token)];
  const int place = ramp ? last_granted.address : group.last_token;
  return "lost the tie at code " + last + (ramp ? ": column " : ": token ") +
         std::to_string(place) + (ramp ? " had the last grant" : " had the last place");
}

}  // namespace topkima::observe
