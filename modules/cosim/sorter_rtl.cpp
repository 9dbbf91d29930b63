// SPDX-License-Identifier: Apache-2.0
#include "cosim/sorter_rtl.h"

#include <algorithm>

#include "cosim/fits.h"
#include "cosim/row_vectors.h"

namespace topkima::cosim {
namespace {

/// The fewest sorters of RTL: one alone has nothing to join.
int least_sorters(std::size_t sorters, bool per_crossbar) {
  return per_crossbar ? std::max(static_cast<int>(sorters), 2) : 1;
}

}  // namespace

std::vector<SorterElement> element_of(const topk::Sorter::Config& sorters,
                                      const stage::EntryRow& row, int number) {
  std::vector<SorterElement> elements;
  // The row has the columns that take part, which are neighbours.
  const int first_token = row.header.count > 0 ? row.entries[0].token : 0;
  int first = 0;
  for (const auto& part : sorters.parts) {
    const int entry = first + number - first_token;
    first += part.columns;
    if (number < part.columns && entry >= 0 && entry < row.header.count)
      elements.push_back({true, row.entries[entry].token, row.entries[entry].code});
    else
      elements.push_back({false, 0, 0});
  }
  return elements;
}

SorterPins::SorterPins(RtlInstance& rtl, const topk::Sorter::Config& sorters,
                       const RowLimits& limits)
    : RowPins(rtl, rtl.pin("in_valid"), &rtl.pin("in_ready"), rtl.pin("out_valid"),
              rtl.pin("out_ready")),
      sorters_(sorters),
      limits_(limits),
      result_{rtl.pin("out_count"), rtl.pin("out_token"), rtl.pin("out_code"),
              widths_.token,        widths_.code,         true},
      first_(rtl.pin("in_first")),
      last_(rtl.pin("in_last")),
      enabled_(rtl.pin("in_enabled")),
      token_(rtl.pin("in_token")),
      code_(rtl.pin("in_code")) {
  Pin& k = rtl.pin("k");
  for (std::size_t p = 0; p < sorters_.parts.size(); ++p)
    k.set_field(static_cast<int>(p) * widths_.sub_count, widths_.sub_count,
                static_cast<std::uint64_t>(sorters_.parts[p].k));
}

void SorterPins::give(const std::vector<unsigned char>& input) {
  const stage::EntryRow row(input.data());
  const int elements = sorters_.elements();
  for (int e = 0; e < elements; ++e) {
    first_.set(e == 0);
    last_.set(e == elements - 1);
    int place = 0;
    for (const auto& element : element_of(sorters_, row, e)) {
      enabled_.set_field(place, 1, element.enabled);
      if (element.enabled) {
        token_.set_field(place * widths_.token, widths_.token,
                         static_cast<std::uint64_t>(element.token));
        code_.set_field(place * widths_.code, widths_.code,
                        static_cast<std::uint64_t>(element.code));
      }
      ++place;
    }
    for (Pin* pin : {&first_, &last_, &enabled_, &token_, &code_}) rtl_.show(*pin);
    offer();
  }
}

void SorterPins::read(std::vector<unsigned char>& output) {
  read_entries(result_, limits_.winners, limits_.tokens, output);
}

std::string SorterPins::inputs(const std::vector<unsigned char>& input) const {
  const stage::EntryRow row(input.data());
  std::string text = std::to_string(row.header.count) + " columns";
  for (int i = 0; i < row.header.count; ++i)
    text += " " + entry_text(row.entries[i].token, row.entries[i].code);
  return text;
}

std::string fits_sorter(const RtlParameters& parameters, const std::vector<int>& k,
                        bool per_crossbar, int tokens, int code_bits) {
  const int sorters = least_sorters(k.size(), per_crossbar);
  Fit fit(parameters);
  return (per_crossbar ? fit.at_least("CROSSBARS", sorters) : fit.exactly("CROSSBARS", sorters))
      .at_least("SUB_K", *std::max_element(k.begin(), k.end()))
      .at_least("TOKEN_BITS", clog2(tokens))
      .at_least("CODE_BITS", code_bits)
      .text();
}

RtlParameters SorterVectors::parameters(const Config& c) {
  int most_kept = 1;
  for (const auto& part : c.sorters.parts) most_kept = std::max(most_kept, part.k);
  return RtlParameters(
      parameter("CROSSBARS", least_sorters(c.sorters.parts.size(), c.per_crossbar)) +
      parameter("SUB_K", most_kept) + parameter("CODE_BITS", c.code_bits) +
      parameter("TOKEN_BITS", address_bits(c.tokens)) +
      parameter("ELEMENTS", c.sorters.elements()));
}

VectorSet::Layout SorterVectors::layout(const Config& config) {
  const PinWidths w(parameters(config));
  const int inputs = config.sorters.elements() * w.crossbars;
  return {{{"k", w.crossbars * w.sub_count},
           {"in_enabled", inputs},
           {"in_token", inputs * w.token},
           {"in_code", inputs * w.code}},
          {{"cycles", cycle_bits},
           {"out_count", w.winner_count},
           {"out_token", w.winners * w.token},
           {"out_code", w.winners * w.code}}};
}

SorterVectors::SorterVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                             const stage::RowRange& rows, topk::Sorter& sorter)
    : set_(set), config_(config), widths_(parameters(config)), clock_(clock), rows_(rows) {
  sorter.observe(*this);
}

void SorterVectors::begun(const stage::RowTag& row, const std::vector<unsigned char>& input) {
  if (!rows_.holds(row)) return;
  begun_ = clock_.now();
  auto& line = set_.stimulus();
  for (std::size_t p = 0; p < config_.sorters.parts.size(); ++p)
    line.set("k", static_cast<int>(p), widths_.sub_count,
             static_cast<std::uint64_t>(config_.sorters.parts[p].k));
  const stage::EntryRow codes(input.data());
  for (int e = 0; e < config_.sorters.elements(); ++e) {
    int place = e * widths_.crossbars;
    for (const auto& element : element_of(config_.sorters, codes, e)) {
      line.set("in_enabled", place, 1, element.enabled);
      line.set("in_token", place, widths_.token, static_cast<std::uint64_t>(element.token));
      line.set("in_code", place++, widths_.code, static_cast<std::uint64_t>(element.code));
    }
  }
}

void SorterVectors::finished(const stage::RowTag& row, const std::vector<unsigned char>& output) {
  if (!rows_.holds(row)) return;
  const stage::EntryRow winners(output.data());
  auto& line = set_.expected();
  line.set("cycles", static_cast<std::uint64_t>(clock_.now() - begun_));
  line.set("out_count", static_cast<std::uint64_t>(winners.header.count));
  put_entries(line, winners, "out_token", widths_.token, "out_code", widths_.code);
  set_.end_transaction(row);
}

}  // namespace topkima::cosim
