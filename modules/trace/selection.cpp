#include "trace/selection.h"

#include <algorithm>

#include "arith/ramp.h"
#include "arith/topk.h"
#include "config/errors.h"

namespace topkima::trace {
namespace {

bool better(const Column& a, const Column& b) {
  return a.score != b.score ? a.score > b.score : a.token < b.token;
}

}  // namespace

Selection::Selection(const RowScores& row) {
  std::size_t tokens = 0;
  for (const int columns : row.split) tokens += static_cast<std::size_t>(columns);
  if (row.split.size() != row.sub_k.size() || row.scores.size() > tokens)
    throw SimulationError("scores of " + std::to_string(row.scores.size()) +
                          " tokens do not fit the split of a head");
  int first = 0;
  for (std::size_t c = 0; c < row.split.size(); ++c) {
    convert(row, static_cast<int>(c), first);
    first += row.split[c];
  }
  std::vector<Column*> participants;
  for (auto& column : columns_)
    if (column.fate != Column::Fate::masked) participants.push_back(&column);
  std::sort(participants.begin(), participants.end(),
            [](const Column* a, const Column* b) { return better(*a, *b); });
  std::vector<int> seen(row.split.size(), 0);
  int rank = 0;
  for (auto* column : participants) {
    column->rank = ++rank;
    column->rank_here = ++seen[static_cast<std::size_t>(column->crossbar)];
  }
}

void Selection::convert(const RowScores& row, int crossbar, int first) {
  using Fate = Column::Fate;
  const auto index = static_cast<std::size_t>(crossbar);
  const int tokens = static_cast<int>(row.scores.size());
  const int columns = std::clamp(tokens - first, 0, row.split[index]);
  const int participants = std::clamp(row.participants - first, 0, columns);
  std::vector<std::int16_t> codes(static_cast<std::size_t>(participants));
  for (int a = 0; a < participants; ++a)
    codes[static_cast<std::size_t>(a)] = static_cast<std::int16_t>(
        arith::ramp_code(row.scores[static_cast<std::size_t>(first + a)], row.ramp_lsb, row.bits));
  Crossbar state{row.sub_k[index]};
  arith::TopkConfig topk;
  topk.bits = row.bits;
  topk.k = state.k;
  std::vector<arith::Winner> winners(static_cast<std::size_t>(std::min(topk.k, participants)));
  state.granted = arith::convert(topk, codes.data(), participants, winners.data()).count;
  if (state.granted > 0) {
    state.last_code = winners.back().code;
    state.last_address = winners.back().column;
  }
  for (int a = 0; a < columns; ++a) {
    const auto token = static_cast<std::size_t>(first + a);
    const int code = a < participants ? codes[static_cast<std::size_t>(a)] : 0;
    const Fate fate = a >= participants        ? Fate::masked
                      : code < state.last_code ? Fate::lower_code
                                               : Fate::lost_tie;
    columns_.push_back({first + a, crossbar, a, row.scores[token], code, fate});
  }
  for (std::size_t w = 0; w < winners.size(); ++w) {
    Column& column = columns_[static_cast<std::size_t>(first + winners[w].column)];
    column.fate = Fate::selected;
    column.grant = static_cast<int>(w) + 1;
  }
  crossbars_.push_back(state);
}

std::vector<Column> Selection::not_selected() const {
  std::vector<Column> left;
  for (const auto& column : columns_)
    if (column.fate == Column::Fate::lower_code || column.fate == Column::Fate::lost_tie)
      left.push_back(column);
  std::sort(left.begin(), left.end(), better);
  return left;
}

std::string Selection::reason(const Column& column) const {
  const Crossbar& crossbar = crossbars_[static_cast<std::size_t>(column.crossbar)];
  const std::string name = "crossbar " + std::to_string(column.crossbar);
  const std::string last = std::to_string(crossbar.last_code);
  switch (column.fate) {
    case Column::Fate::selected:
      return "grant " + std::to_string(column.grant) + " of " + std::to_string(crossbar.granted) +
             " in " + name;
    case Column::Fate::masked: return "masked: its comparator was off";
    case Column::Fate::lower_code:
      return name + " had its k = " + std::to_string(crossbar.k) +
             " when the ramp stopped at code " + last;
    case Column::Fate::lost_tie: break;
  }
  return "lost the tie at code " + last + ": column " + std::to_string(crossbar.last_address) +
         " had the last grant";
}

}  // namespace topkima::trace
