// SPDX-License-Identifier: Apache-2.0
#include "cosim/union_cases.h"

#include <algorithm>

namespace topkima::cosim {
namespace {

std::size_t winners(const UnitedRow& row, std::size_t crossbar) { return row.in[crossbar].size(); }

/// Whether two crossbars have a winner of the same code.
bool ties_across(const UnitedRow& row) {
  for (std::size_t a = 0; a < row.in.size(); ++a)
    for (std::size_t b = a + 1; b < row.in.size(); ++b)
      for (const auto& one : row.in[a])
        for (const auto& other : row.in[b])
          if (one.code == other.code) return true;
  return false;
}

/// Whether a crossbar has fewer winners than in the row before, whose entries stay on the pins.
bool leaves_old_entries(const UnitedRow& row) {
  for (std::size_t c = 0; c < row.in_before.size(); ++c)
    if (row.in[c].size() < row.in_before[c].size()) return true;
  return false;
}

}  // namespace

std::int32_t UnitedRow::largest() const {
  std::int32_t code = out.empty() ? 0 : out.front().code;
  for (const auto& entry : out) code = std::max(code, entry.code);
  return code;
}

// clang-format off
const UnionCases::Table& UnionCases::cases() {
  using Row = const UnitedRow&;
  static const Table cases{
      {"all crossbars of the RTL are full", "union#behaviour",
       [](Row r) { return int(r.out.size()) == r.crossbars * r.sub_k; }},
      {"one winner", "union#behaviour",
       [](Row r) { return r.out.size() == 1; }},
      {"no winner", "union#easy-to-get-wrong",
       [](Row r) { return r.out.empty(); }},
      {"a crossbar without winners", "union#easy-to-get-wrong",
       [](Row r) {
         for (std::size_t c = 0; c < r.in.size(); ++c)
           if (winners(r, c) == 0 && !r.out.empty()) return true;
         return false;
       }},
      {"the first crossbar is empty and another is not", "union#easy-to-get-wrong",
       [](Row r) { return winners(r, 0) == 0 && !r.out.empty(); }},
      {"fewer crossbars than the RTL has", "union#easy-to-get-wrong",
       [](Row r) { return int(r.in.size()) < r.crossbars; }},
      {"a crossbar has fewer winners than in the row before", "union#easy-to-get-wrong",
       leaves_old_entries},
      {"equal codes of two crossbars", "union#behaviour", ties_across},
      {"the largest code is not the first crossbar's", "union#behaviour",
       [](Row r) { return !r.out.empty() && r.largest() != r.out.front().code; }},
      {"the largest code is negative", "union#easy-to-get-wrong",
       [](Row r) { return r.largest() < 0; }},
      {"the last token wins", "union#pins-of-a-sub-top-k-union",
       [](Row r) {
         for (const auto& entry : r.out)
           if (entry.token == r.last_token) return true;
         return false;
       }},
      {"rows back to back", "README#valid-and-ready",
       [](Row r) { return r.stay.follows(r.before); }},
      {"the winners wait", "README#stalls",
       [](Row r) { return r.stay.waited(); }},
      {"a row comes as one leaves that has waited", "union#easy-to-get-wrong",
       [](Row r) { return r.stay.follows(r.before) && r.before.waited(); }},
      {"a row waits in front while winners wait behind", "README#stalls",
       [](Row r) { return r.waits_in_front; }},
  };
  return cases;
}
// clang-format on

UnionCases::UnionCases(int crossbars, int sub_k, int tokens, int own_crossbars,
                       const stage::Clock& clock, stage::Stage& score, topk::TopkUnion& unite)
    : CountedCases(cases()),
      clock_(clock),
      own_crossbars_(std::size_t(own_crossbars)),
      in_front_(clock, score) {
  row_.crossbars = crossbars;
  row_.sub_k = sub_k;
  row_.last_token = tokens - 1;
  unite.observe(*this);
}

void UnionCases::begun(const stage::RowTag&, const std::vector<unsigned char>& input) {
  row_.in_before = std::move(row_.in);
  row_.in = winners_of(input, own_crossbars_);
  row_.before = row_.stay;
  row_.stay.begun = clock_.now();
}

void UnionCases::finished(const stage::RowTag& tag, const std::vector<unsigned char>& output) {
  const stage::EntryRow row(output.data());
  row_.out.assign(row.entries, row.entries + row.header.count);
  row_.stay.finished = clock_.now();
  finished_ = tag;
}

void UnionCases::taken(const stage::RowTag& row) {
  row_.stay.taken = clock_.now();
  row_.waits_in_front = waits_.meet(in_front_.take(row));
  waits_.add(row_.stay);
  count(row_);
  finished_.reset();
}

void UnionCases::conclude() {
  if (finished_) taken(stage::RowTag(*finished_));
}

}  // namespace topkima::cosim
