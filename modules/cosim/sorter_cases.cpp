// SPDX-License-Identifier: Apache-2.0
#include "cosim/sorter_cases.h"

#include <algorithm>
#include <functional>

#include "cosim/sorter_rtl.h"

namespace topkima::cosim {
namespace {

/// Whether some sorter fulfils a condition on its codes and its k.
template <typename Holds>
bool any_sorter(const SortedRow& row, Holds holds) {
  for (std::size_t s = 0; s < row.codes.size(); ++s)
    if (holds(row.codes[s], static_cast<std::size_t>(row.k[s]))) return true;
  return false;
}

using Codes = const std::vector<int>&;

bool keeps_one_of_equals(Codes codes, std::size_t k) {
  if (codes.size() <= k) return false;
  std::vector<int> falling = codes;
  std::sort(falling.begin(), falling.end(), std::greater<>());
  return falling[k - 1] == falling[k];
}

}  // namespace

int SortedRow::participants() const {
  std::size_t sum = 0;
  for (const auto& of : codes) sum += of.size();
  return static_cast<int>(sum);
}

// clang-format off
const SorterCases::Table& SorterCases::cases() {
  using Row = const SortedRow&;
  static const Table cases{
      {"all that the RTL can keep is kept", "sorter#behaviour",
       [](Row r) { return r.count == r.winners; }},
      {"a sorter keeps one", "sorter#behaviour",
       [](Row r) { return any_sorter(r, [](Codes codes, std::size_t k) { return k == 1 && !codes.empty(); }); }},
      {"fewer columns than k", "sorter#easy-to-get-wrong",
       [](Row r) { return any_sorter(r, [](Codes codes, std::size_t k) { return !codes.empty() && codes.size() < k; }); }},
      {"columns that take no part", "sorter#behaviour",
       [](Row r) { return r.participants() > 0 && r.participants() < r.columns; }},
      {"no column takes part", "sorter#easy-to-get-wrong",
       [](Row r) { return r.participants() == 0; }},
      {"a sorter without a column that takes part beside one that has some", "sorter#easy-to-get-wrong",
       [](Row r) { return r.participants() > 0 && any_sorter(r, [](Codes codes, std::size_t) { return codes.empty(); }); }},
      {"a row of one element", "sorter#easy-to-get-wrong",
       [](Row r) { return r.elements == 1; }},
      {"of equal codes one is kept and one is not", "sorter#easy-to-get-wrong",
       [](Row r) { return any_sorter(r, keeps_one_of_equals); }},
      {"the largest comes last", "sorter#behaviour",
       [](Row r) {
         return any_sorter(r, [](Codes codes, std::size_t) {
           return codes.size() > 1 && codes.back() > *std::max_element(codes.begin(), codes.end() - 1);
         });
       }},
      {"codes of both signs", "sorter#behaviour",
       [](Row r) {
         return any_sorter(r, [](Codes codes, std::size_t) {
           return std::any_of(codes.begin(), codes.end(), [](int code) { return code < 0; }) &&
                  std::any_of(codes.begin(), codes.end(), [](int code) { return code >= 0; });
         });
       }},
      {"fewer sorters than the RTL has", "sorter#easy-to-get-wrong",
       [](Row r) { return int(r.codes.size()) < r.sorters; }},
      {"rows back to back", "README#valid-and-ready",
       [](Row r) { return r.stay.follows(r.before); }},
      {"the winners wait", "README#stalls",
       [](Row r) { return r.stay.waited(); }},
      {"a row waits in front while winners wait behind", "README#stalls",
       [](Row r) { return r.waits_in_front; }},
  };
  return cases;
}
// clang-format on

SorterCases::SorterCases(int winners, int sorters, const stage::Clock& clock,
                         stage::Stage& in_front, topk::Sorter& sorter)
    : CountedCases(cases()), clock_(clock), sorter_(sorter), in_front_(clock, in_front) {
  row_.winners = winners;
  row_.sorters = sorters;
  sorter.observe(*this);
}

void SorterCases::begun(const stage::RowTag& tag, const std::vector<unsigned char>& input) {
  const stage::EntryRow row(input.data());
  const auto& parts = sorter_.parts_of(tag, row);
  row_.codes.assign(parts.size(), {});
  row_.k.clear();
  row_.elements = row_.columns = 0;
  for (std::size_t s = 0; s < parts.size(); ++s) {
    const auto elements = static_cast<int>(parts[s].elements.size());
    row_.k.push_back(parts[s].k);
    row_.elements = std::max(row_.elements, elements);
    row_.columns += elements;
    for (const auto& element : parts[s].elements)
      if (element.enabled) row_.codes[s].push_back(element.code);
  }
  row_.before = row_.stay;
  row_.stay.begun = clock_.now();
}

void SorterCases::finished(const stage::RowTag& tag, const std::vector<unsigned char>& output) {
  row_.count = stage::EntryRow(output.data()).header.count;
  row_.stay.finished = clock_.now();
  finished_ = tag;
}

void SorterCases::taken(const stage::RowTag& row) {
  row_.stay.taken = clock_.now();
  row_.waits_in_front = waits_.meet(in_front_.take(row));
  waits_.add(row_.stay);
  if (row_.elements > 0) count(row_);  // Others pass the sorters by.
  finished_.reset();
}

void SorterCases::conclude() {
  if (finished_) taken(stage::RowTag(*finished_));
}

}  // namespace topkima::cosim
