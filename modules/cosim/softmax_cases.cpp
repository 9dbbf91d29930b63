// SPDX-License-Identifier: Apache-2.0
#include "cosim/softmax_cases.h"

#include <algorithm>

namespace topkima::cosim {
namespace {

constexpr std::int32_t largest_exponent = 32768;

std::vector<stage::TokenCode> entries_of(const std::vector<unsigned char>& bytes) {
  const stage::EntryRow row(bytes.data());
  return {row.entries, row.entries + row.header.count};
}

bool any(const std::vector<stage::TokenCode>& entries, std::int32_t value) {
  return std::any_of(entries.begin(), entries.end(),
                     [value](const auto& entry) { return entry.code == value; });
}

bool has_equal_codes(const WeighedRow& row) {
  for (std::size_t i = 0; i < row.in.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (row.in[i].code == row.in[j].code) return true;
  return false;
}

/// Whether a probability of 0 comes of an exponent that is none.
bool rounds_to_nothing(const WeighedRow& row) {
  for (std::size_t i = 0; i < row.out.size(); ++i)
    if (row.out[i].code == 0 && row.exponents[i].code != 0) return true;
  return false;
}

}  // namespace

std::int32_t WeighedRow::largest() const {
  std::int32_t code = in.front().code;
  for (const auto& entry : in) code = std::max(code, entry.code);
  return code;
}

std::int32_t WeighedRow::smallest() const {
  std::int32_t code = in.front().code;
  for (const auto& entry : in) code = std::min(code, entry.code);
  return code;
}

// clang-format off
const SoftmaxCases::Table& SoftmaxCases::table() {
  using Row = const WeighedRow&;
  static const Table cases{
      {"one winner", "softmax#behaviour",
       [](Row r) { return r.count() == 1; }},
      {"as many winners as the RTL has", "softmax#behaviour",
       [](Row r) { return r.count() == r.winners; }},
      {"fewer winners", "softmax#behaviour",
       [](Row r) { return r.count() > 1 && r.count() < r.winners; }},
      {"fewer winners than in the row before", "softmax#easy-to-get-wrong",
       [](Row r) { return r.count() < r.before; }},
      {"equal codes", "softmax#behaviour", has_equal_codes},
      {"all codes are equal", "softmax#behaviour",
       [](Row r) { return r.count() > 1 && r.largest() == r.smallest(); }},
      {"the largest is not the first", "softmax#easy-to-get-wrong",
       [](Row r) { return r.largest() != r.in.front().code; }},
      {"the last entry of the exponent table is read", "softmax#the-exponent-table",
       [](Row r) { return r.largest() - r.smallest() == r.farthest; }},
      {"the exponent table changes between rows", "softmax#the-exponent-table",
       [](Row r) { return r.other_table; }},
      {"an exponent of 0", "softmax#behaviour",
       [](Row r) { return any(r.exponents, 0); }},
      {"the largest sum of exponents", "softmax#easy-to-get-wrong",
       [](Row r) { return r.sum == std::uint32_t(r.winners) * largest_exponent; }},
      {"a sum of 0", "softmax#behaviour",
       [](Row r) { return r.sum == 0; }},
      {"the largest probability", "softmax#behaviour",
       [](Row r) { return any(r.out, r.most); }},
      {"a probability that rounds to 0", "softmax#behaviour", rounds_to_nothing},
      {"rows back to back", "README#valid-and-ready",
       [](Row r) { return r.exponent_half.follows(r.exponent_before); }},
      {"a row comes, one moves and one leaves in one cycle", "softmax#behaviour",
       [](Row r) {
         return r.exponent_half.follows(r.exponent_before) && r.before_moved &&
                r.exponent_before.taken == r.divider_before.begun;
       }},
      {"exponents wait", "README#stalls",
       [](Row r) { return r.exponent_half.waited(); }},
      {"probabilities wait", "README#stalls",
       [](Row r) { return r.divider_half.waited(); }},
      {"exponents wait while probabilities wait", "README#stalls",
       [](Row r) { return r.both_wait; }},
      {"a row waits in front while exponents wait", "README#stalls",
       [](Row r) { return r.waits_in_front; }},
  };
  return cases;
}
// clang-format on

SoftmaxCases::SoftmaxCases(const Sizes& sizes, const stage::Clock& clock, stage::Stage& before,
                           softmax::SoftmaxUnit& unit)
    : CountedCases(table()),
      sizes_(sizes),
      clock_(clock),
      exponent_(unit.exponent),
      in_front_(clock, before) {
  unit.exponent.observe(exponent_half_);
  unit.divider.observe(divider_half_);
}

WeighedRow* SoftmaxCases::row_of(const stage::RowTag& row) {
  for (auto& weighed : rows_)
    if (weighed.row.id == row.id) return &weighed;
  return nullptr;
}

void SoftmaxCases::ExponentHalf::begun(const stage::RowTag& tag,
                                       const std::vector<unsigned char>& input) {
  if (stage::EntryRow(input.data()).header.count == 0) return;
  WeighedRow row{};
  row.row = tag;
  row.winners = cases.sizes_.winners;
  row.farthest = (1 << cases.sizes_.code_bits) - 1;
  row.most = (1 << cases.sizes_.prob_bits) - 1;
  row.in = entries_of(input);
  row.exponent_half.begun = cases.clock_.now();
  // What is written before the first row is no change.
  const auto writes = cases.exponent_.table_writes();
  row.other_table =
      cases.transactions_ + std::int64_t(cases.rows_.size()) > 0 && writes != cases.table_writes_;
  cases.table_writes_ = writes;
  cases.rows_.push_back(std::move(row));
}

void SoftmaxCases::ExponentHalf::finished(const stage::RowTag& tag,
                                          const std::vector<unsigned char>& output) {
  if (auto* row = cases.row_of(tag)) {
    row->exponents = entries_of(output);
    row->sum = stage::EntryRow(output.data()).header.sum;
    row->exponent_half.finished = cases.clock_.now();
  }
}

void SoftmaxCases::ExponentHalf::taken(const stage::RowTag& tag) {
  if (auto* row = cases.row_of(tag)) {
    row->exponent_half.taken = cases.clock_.now();
    row->waits_in_front = cases.exponents_wait_.meet(cases.in_front_.take(tag));
    cases.exponents_wait_.add(row->exponent_half);
  }
}

void SoftmaxCases::DividerHalf::begun(const stage::RowTag& tag, const std::vector<unsigned char>&) {
  if (auto* row = cases.row_of(tag)) row->divider_half.begun = cases.clock_.now();
}

void SoftmaxCases::DividerHalf::finished(const stage::RowTag& tag,
                                         const std::vector<unsigned char>& output) {
  if (auto* row = cases.row_of(tag)) {
    row->out = entries_of(output);
    row->divider_half.finished = cases.clock_.now();
  }
}

void SoftmaxCases::DividerHalf::taken(const stage::RowTag& tag) {
  if (auto* row = cases.row_of(tag)) cases.end(*row);
}

void SoftmaxCases::end(WeighedRow& row) {
  row.divider_half.taken = clock_.now();
  row.both_wait = probabilities_wait_.meet(row.exponent_half);
  probabilities_wait_.add(row.divider_half);
  row.before = last_.count();
  row.exponent_before = last_.exponent_half;
  row.divider_before = last_.divider_half;
  row.before_moved = last_.divider_half.follows(last_.divider_before);
  count(row);
  last_ = std::move(row);
  rows_.pop_front();
}

}  // namespace topkima::cosim
