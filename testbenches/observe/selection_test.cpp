// SPDX-License-Identifier: Apache-2.0
#include "observe/selection.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "config/errors.h"

using namespace topkima;
using observe::Column, observe::RowScores, observe::Selection, observe::Selector;
using Fate = Column::Fate;

namespace {

RowScores by_hand() {
  RowScores row;
  row.scores = {32, 90, 34, 31, 50, 12, 99, 98};
  row.ramp_lsb = 10;
  row.columns = arith::ColumnMap::blocked({4, 4}, 8);
  row.sub_k = {2, 1};
  row.participants = {0, 6};
  return row;
}

std::vector<Fate> fates(const Selection& selection) {
  std::vector<Fate> fates;
  for (const auto& column : selection.columns()) fates.push_back(column.fate);
  return fates;
}

int code_of(int score, int lsb, int bits) {
  const int half = 1 << (bits - 1);
  const int code = static_cast<int>(std::floor((2.0 * score + lsb) / (2.0 * lsb)));
  return std::max(-half, std::min(half - 1, code));
}

/// The rule, word for word: the ramp falls; columns that it crosses in a step are granted in
/// ascending address; the k-th grant stops it.
struct Ramp {
  std::vector<int> granted;  ///< addresses
  int stopped_at;            ///< code

  Ramp(const std::vector<int>& codes, int k, int bits) : stopped_at(-(1 << (bits - 1))) {
    for (int code = (1 << (bits - 1)) - 1; code >= -(1 << (bits - 1)); --code)
      for (int a = 0; a < static_cast<int>(codes.size()); ++a) {
        if (codes[std::size_t(a)] != code) continue;
        granted.push_back(a);
        if (static_cast<int>(granted.size()) < k) continue;
        stopped_at = code;
        return;
      }
  }
};

}  // namespace

TEST_CASE("each column's fate and reason, by hand") {
  // Crossbar 0: codes 3 9 3 3 of which two win; crossbar 1: codes 5 1, one wins, then two masked.
  const auto row = by_hand();
  const Selection selection(row);
  CHECK(fates(selection) == std::vector<Fate>{Fate::selected, Fate::selected, Fate::lost_tie,
                                              Fate::lost_tie, Fate::selected, Fate::lower_code,
                                              Fate::masked, Fate::masked});
  const auto& columns = selection.columns();
  CHECK(selection.reason(columns[1]) == "grant 1 of 2 in crossbar 0");
  CHECK(selection.reason(columns[0]) == "grant 2 of 2 in crossbar 0");
  CHECK(selection.reason(columns[2]) == "lost the tie at code 3: column 0 had the last grant");
  CHECK(selection.reason(columns[5]) == "crossbar 1 had its k = 1 when the ramp stopped at code 5");
  CHECK(selection.reason(columns[6]) == "masked: its comparator was off");
  CHECK(columns[2].rank == 3);  // 90 50 34 32 31 12
  CHECK(columns[2].rank_here == 2);
  CHECK(columns[0].rank == 4);
  CHECK(columns[0].rank_here == 3);
  CHECK(columns[5].rank == 6);
  CHECK(columns[5].rank_here == 2);
  CHECK(columns[5].address == 1);
  CHECK(columns[6].rank == 0);
  std::vector<int> others;
  for (const auto& column : selection.not_selected()) others.push_back(column.token);
  CHECK(others == std::vector<int>{2, 3, 5});
}

TEST_CASE("one sorter of a head keeps the largest codes of all crossbars") {
  // Codes 3 9 3 3 | 5 1; of the four largest the last is a tie of three.
  auto row = by_hand();
  row.head_k = 3;
  const Selection selection(row, Selector::sorter);
  CHECK(fates(selection) == std::vector<Fate>{Fate::selected, Fate::selected, Fate::lost_tie,
                                              Fate::lost_tie, Fate::selected, Fate::lower_code,
                                              Fate::masked, Fate::masked});
  const auto& columns = selection.columns();
  CHECK(columns[0].grant == 3);
  CHECK(columns[4].grant == 2);
  CHECK(selection.reason(columns[4]) == "place 2 of 3 in the sorter");
  CHECK(selection.reason(columns[2]) == "lost the tie at code 3: token 0 had the last place");
  CHECK(selection.reason(columns[5]) == "the sorter kept its k = 3, the least of them code 3");
}

TEST_CASE("a sorter of each crossbar selects what the ramp does, and says so as a sorter") {
  const auto row = by_hand();
  const Selection selection(row, Selector::sorter);
  CHECK(fates(selection) == fates(Selection(row)));
  CHECK(selection.reason(selection.columns()[5]) ==
        "sorter 1 kept its k = 1, the least of them code 5");
  CHECK(selection.reason(selection.columns()[1]) == "place 1 of 2 in sorter 0");
}

TEST_CASE("without selection every column that takes part goes on") {
  const Selection selection(by_hand(), Selector::none);
  for (const auto& column : selection.columns())
    CHECK(column.fate == (column.token < 6 ? Fate::selected : Fate::masked));
  CHECK(selection.not_selected().empty());
  CHECK(selection.reason(selection.columns()[5]) == "every column that takes part goes on");
}

TEST_CASE("codes that were seen count; only those of one row block follow from the scores") {
  auto row = by_hand();
  row.head_k = 1;
  std::vector<int> codes{3, 9, 3, 3, 5, 1};
  CHECK(Selection(row, Selector::sorter, codes).scores_explain_codes());
  codes[5] = 10;
  CHECK_FALSE(Selection(row, Selector::sorter, codes).scores_explain_codes());
  row.row_blocks = 2;
  const Selection summed(row, Selector::sorter, codes);
  CHECK(summed.scores_explain_codes());
  CHECK(summed.columns()[5].fate == Fate::selected);
  CHECK(summed.columns()[5].code == 10);
  CHECK_FALSE(Selection(row, Selector::sorter).scores_explain_codes());  // none were seen
}

TEST_CASE("scores that do not fit the split are refused") {
  RowScores row;
  row.scores = {1, 2, 3};
  row.columns = arith::ColumnMap::blocked({2}, 2);
  row.sub_k = {1};
  row.participants = {0, 2};
  CHECK_THROWS_AS(Selection(row), SimulationError);
  row.columns = arith::ColumnMap::blocked({2, 2}, 3);
  CHECK_THROWS_AS(Selection(row), SimulationError);
  row.sub_k = {1, 1};
  CHECK(Selection(row).columns().size() == 3);  // a split may hold more columns than there are
}

TEST_CASE("fates, grants and ranks are those of the rule, on random rows") {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    RowScores row;
    row.bits = 1 + int(random() % 6);
    row.ramp_lsb = 1 + int(random() % 12);
    const int crossbars = 1 + int(random() % 4);
    int columns = 0;
    std::vector<int> split;
    for (int c = 0; c < crossbars; ++c) {
      split.push_back(1 + int(random() % 12));
      row.sub_k.push_back(1 + int(random() % 6));
      columns += split.back();
    }
    row.scores.resize(std::size_t(columns - int(random() % unsigned(split.back()))));
    row.columns = arith::ColumnMap::blocked(split, int(row.scores.size()));
    for (auto& score : row.scores) score = int(random() % 301) - 150;
    row.participants.end = int(random() % (row.scores.size() + 1));
    if (random() % 2 && row.participants.end > 0)
      row.participants.first = int(random() % unsigned(row.participants.end));
    const Selection selection(row);
    REQUIRE(selection.columns().size() == row.scores.size());
    CAPTURE(seed);
    std::size_t token = 0;
    for (int c = 0; c < crossbars; ++c) {
      std::vector<int> codes;
      const std::size_t first = token;
      for (int a = 0; a < split[std::size_t(c)] && token < row.scores.size(); ++a, ++token)
        if (row.participants.holds(int(token)))
          codes.push_back(code_of(row.scores[token], row.ramp_lsb, row.bits));
      const Ramp ramp(codes, row.sub_k[std::size_t(c)], row.bits);
      for (std::size_t t = first; t < token; ++t) {
        const auto& column = selection.columns()[t];
        const int address = int(t - first);
        const int before = std::max(0, row.participants.first - int(first));
        const auto grant = std::find(ramp.granted.begin(), ramp.granted.end(), address - before);
        REQUIRE(column.crossbar == c);
        REQUIRE(column.address == address);
        REQUIRE(column.score == row.scores[t]);
        int better = 0, better_here = 0;
        for (auto o = std::size_t(row.participants.first); o < std::size_t(row.participants.end);
             ++o) {
          const bool above =
              row.scores[o] > row.scores[t] || (row.scores[o] == row.scores[t] && o < t);
          better += above;
          better_here += above && o >= first && o < token;
        }
        if (!row.participants.holds(int(t))) {
          REQUIRE(column.fate == Fate::masked);
          continue;
        }
        REQUIRE(column.code == codes[std::size_t(address - before)]);
        REQUIRE(column.rank == better + 1);
        REQUIRE(column.rank_here == better_here + 1);
        if (grant != ramp.granted.end()) {
          REQUIRE(column.fate == Fate::selected);
          REQUIRE(column.grant == grant - ramp.granted.begin() + 1);
        } else if (column.code < ramp.stopped_at) {
          REQUIRE(column.fate == Fate::lower_code);
          REQUIRE_THAT(selection.reason(column),
                       Catch::EndsWith("stopped at code " + std::to_string(ramp.stopped_at)));
        } else {
          REQUIRE(column.fate == Fate::lost_tie);
          REQUIRE(column.code == ramp.stopped_at);
          const int last = ramp.granted.back() + before;
          REQUIRE(address > last);
          REQUIRE_THAT(selection.reason(column),
                       Catch::Contains("tie at code " + std::to_string(ramp.stopped_at) + ":") &&
                           Catch::Contains("column " + std::to_string(last) + " "));
        }
      }
    }
  }
}
