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

std::size_t longest(const std::vector<topk::Sorter::Part>& parts) {
  std::size_t elements = 0;
  for (const auto& part : parts) elements = std::max(elements, part.elements.size());
  return elements;
}

/// A shorter sorter has nothing in the last elements of a row.
topk::Sorter::Element element_of(const topk::Sorter::Part& part, std::size_t number) {
  return number < part.elements.size() ? part.elements[number] : topk::Sorter::Element{false, 0, 0};
}

}  // namespace

SorterPins::SorterPins(RtlInstance& rtl, topk::Sorter& sorter, const RowLimits& limits)
    : RowPins(rtl, rtl.pin("in_valid"), &rtl.pin("in_ready"), rtl.pin("out_valid"),
              rtl.pin("out_ready")),
      sorter_(sorter),
      limits_(limits),
      result_{rtl.pin("out_count"), rtl.pin("out_token"), rtl.pin("out_code"),
              widths_.token,        widths_.code,         true},
      first_(rtl.pin("in_first")),
      last_(rtl.pin("in_last")),
      enabled_(rtl.pin("in_enabled")),
      token_(rtl.pin("in_token")),
      code_(rtl.pin("in_code")),
      k_(rtl.pin("k")) {}

bool SorterPins::passes_by(const std::vector<unsigned char>& input) const {
  return longest(sorter_.parts_of(row(), stage::EntryRow(input.data()))) == 0;
}

void SorterPins::give(const std::vector<unsigned char>& input) {
  const auto& parts = sorter_.parts_of(row(), stage::EntryRow(input.data()));
  for (std::size_t p = 0; p < parts.size(); ++p)
    k_.set_field(static_cast<int>(p) * widths_.sub_count, widths_.sub_count,
                 static_cast<std::uint64_t>(parts[p].k));
  const std::size_t elements = longest(parts);
  for (std::size_t e = 0; e < elements; ++e) {
    first_.set(e == 0);
    last_.set(e == elements - 1);
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const auto place = static_cast<int>(p);
      const auto element = element_of(parts[p], e);
      enabled_.set_field(place, 1, element.enabled);
      if (!element.enabled) continue;
      token_.set_field(place * widths_.token, widths_.token,
                       static_cast<std::uint64_t>(element.token));
      code_.set_field(place * widths_.code, widths_.code, static_cast<std::uint64_t>(element.code));
    }
    for (Pin* pin : {&first_, &last_, &enabled_, &token_, &code_, &k_}) rtl_.show(*pin);
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
  return RtlParameters(parameter("CROSSBARS", least_sorters(c.k.size(), c.per_crossbar)) +
                       parameter("SUB_K", *std::max_element(c.k.begin(), c.k.end())) +
                       parameter("CODE_BITS", c.code_bits) +
                       parameter("TOKEN_BITS", address_bits(c.tokens)) +
                       parameter("ELEMENTS", c.elements));
}

VectorSet::Layout SorterVectors::layout(const Config& config) {
  const PinWidths w(parameters(config));
  const int inputs = config.elements * w.crossbars;
  return {{{"k", w.crossbars * w.sub_count},
           {"elements", clog2(config.elements + 1)},
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
    : set_(set),
      widths_(parameters(config)),
      element_bits_(clog2(config.elements + 1)),
      clock_(clock),
      rows_(rows),
      sorter_(sorter) {
  sorter.observe(*this);
}

void SorterVectors::begun(const stage::RowTag& row, const std::vector<unsigned char>& input) {
  const auto& parts = sorter_.parts_of(row, stage::EntryRow(input.data()));
  const std::size_t elements = longest(parts);
  comes_ = rows_.holds(row) && elements > 0;
  if (!comes_) return;
  begun_ = clock_.now();
  auto& line = set_.stimulus();
  line.set("elements", elements);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    line.set("k", static_cast<int>(p), widths_.sub_count, static_cast<std::uint64_t>(parts[p].k));
    for (std::size_t e = 0; e < elements; ++e) {
      const auto place = static_cast<int>(e) * widths_.crossbars + static_cast<int>(p);
      const auto element = element_of(parts[p], e);
      line.set("in_enabled", place, 1, element.enabled);
      line.set("in_token", place, widths_.token, static_cast<std::uint64_t>(element.token));
      line.set("in_code", place, widths_.code, static_cast<std::uint64_t>(element.code));
    }
  }
}

void SorterVectors::finished(const stage::RowTag& row, const std::vector<unsigned char>& output) {
  if (!comes_) return;
  const stage::EntryRow winners(output.data());
  auto& line = set_.expected();
  line.set("cycles", static_cast<std::uint64_t>(clock_.now() - begun_));
  line.set("out_count", static_cast<std::uint64_t>(winners.header.count));
  put_entries(line, winners, "out_token", widths_.token, "out_code", widths_.code);
  set_.end_transaction(row);
}

}  // namespace topkima::cosim
