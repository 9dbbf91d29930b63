// SPDX-License-Identifier: Apache-2.0
#include "cosim/union_rtl.h"

#include <algorithm>
#include <cstring>

#include "cosim/fits.h"
#include "cosim/row_vectors.h"

namespace topkima::cosim {
namespace {

/// Whether the union is a part of the RTL.
bool is_inside(const RtlInstance& rtl) { return rtl.block() != config::Block::unite; }

}  // namespace

std::vector<std::vector<arith::Winner>> winners_of(const std::vector<unsigned char>& input,
                                                   std::size_t crossbars) {
  std::vector<std::vector<arith::Winner>> winners(crossbars);
  const auto* at = input.data();
  for (auto& those : winners) {
    std::int32_t count = 0;
    std::memcpy(&count, at, sizeof count);
    at += sizeof count;
    those.resize(static_cast<std::size_t>(count));
    if (count > 0) std::memcpy(those.data(), at, those.size() * sizeof those[0]);
    at += those.size() * sizeof those[0];
  }
  return winners;
}

UnionPins::UnionPins(RtlInstance& rtl, const std::vector<int>& first_columns, int stride,
                     const RowLimits& limits)
    : RowPins(rtl, rtl.pin(is_inside(rtl) ? "row_ready" : "in_valid"),
              &rtl.pin(is_inside(rtl) ? "row_valid" : "in_ready"),
              rtl.pin(is_inside(rtl) ? "winners_valid" : "out_valid"),
              rtl.pin(is_inside(rtl) ? "winners_ready" : "out_ready")),
      inside_(is_inside(rtl)),
      first_columns_(first_columns),
      limits_(limits),
      result_{rtl.pin(inside_ ? "winners_count" : "out_count"),
              rtl.pin(inside_ ? "winners_token" : "out_token"),
              rtl.pin(inside_ ? "winners_code" : "out_code"),
              widths_.token,
              widths_.code,
              true},
      max_(rtl.pin(inside_ ? "winners_max" : "out_max")) {
  if (inside_) rtl.pin("crossbars_used").set(first_columns.size());
  Pin& first = rtl_.pin("first_column");
  for (std::size_t c = 0; c < first_columns_.size(); ++c)
    first.set_field(static_cast<int>(c) * widths_.token, widths_.token,
                    static_cast<std::uint64_t>(first_columns_[c]));
  rtl_.pin("column_stride").set(static_cast<std::uint64_t>(stride));
}

void UnionPins::drive(const std::vector<unsigned char>& input) {
  const auto winners = winners_of(input, first_columns_.size());
  std::vector<std::int32_t> first_codes;
  for (const auto& those : winners)
    if (!those.empty()) first_codes.push_back(those.front().code);
  largest_ = first_codes.empty() ? 0 : *std::max_element(first_codes.begin(), first_codes.end());
  if (inside_) return;
  Pin &counts = rtl_.pin("in_count"), &columns = rtl_.pin("in_column"),
      &codes = rtl_.pin("in_code");
  for (std::size_t c = 0; c < winners.size(); ++c) {
    counts.set_field(static_cast<int>(c) * widths_.sub_count, widths_.sub_count, winners[c].size());
    int place = static_cast<int>(c) * widths_.sub_k;
    for (const auto& winner : winners[c]) {
      columns.set_field(place * widths_.column, widths_.column,
                        static_cast<std::uint64_t>(winner.column));
      codes.set_field(place++ * widths_.code, widths_.code,
                      static_cast<std::uint64_t>(winner.code));
    }
  }
  for (Pin* pin : {&counts, &columns, &codes}) rtl_.show(*pin);
}

void UnionPins::read(std::vector<unsigned char>& output) {
  read_entries(result_, limits_.winners, limits_.tokens, output);
}

std::string UnionPins::inputs(const std::vector<unsigned char>& input) const {
  const auto winners = winners_of(input, first_columns_.size());
  std::string text;
  for (std::size_t c = 0; c < winners.size(); ++c) {
    text += (c == 0 ? "crossbar " : ", crossbar ") + std::to_string(c) + ":";
    if (winners[c].empty()) text += " none";
    for (const auto& winner : winners[c]) text += " " + entry_text(winner.column, winner.code);
  }
  return text;
}

void UnionPins::taken(const stage::RowTag& row) {
  RowPins::taken(row);
  ++rtl_.rows_left;
}

void UnionPins::check() {
  check_rest(result_);
  const auto largest = max_.signed_field(0, widths_.code);
  if (largest != largest_)
    fail("answers " + std::to_string(largest) + " as the largest code",
         "it is " + std::to_string(largest_));
}

std::string fits_union(const RtlParameters& parameters, const std::vector<int>& split,
                       const std::vector<int>& sub_k, int tokens, int code_bits) {
  return Fit(parameters)
      .at_least("CROSSBARS", static_cast<int>(split.size()))
      .at_least("SUB_K", *std::max_element(sub_k.begin(), sub_k.end()))
      .at_least("COLUMN_BITS", clog2(*std::max_element(split.begin(), split.end())))
      .at_least("TOKEN_BITS", clog2(tokens))
      .at_least("CODE_BITS", code_bits)
      .text();
}

RtlParameters UnionVectors::parameters(const Config& c) {
  return RtlParameters(
      parameter("CROSSBARS", static_cast<int>(c.first_columns.size())) +
      parameter("SUB_K", c.sub_k) + parameter("COLUMN_BITS", address_bits(c.columns)) +
      parameter("CODE_BITS", c.code_bits) + parameter("TOKEN_BITS", address_bits(c.tokens)));
}

VectorSet::Layout UnionVectors::layout(const Config& config) {
  const PinWidths w(parameters(config));
  return {{{"in_count", w.crossbars * w.sub_count},
           {"in_column", w.crossbars * w.sub_k * w.column},
           {"in_code", w.crossbars * w.sub_k * w.code},
           {"first_column", w.crossbars * w.token},
           {"column_stride", w.token}},
          {{"cycles", cycle_bits},
           {"out_count", w.winner_count},
           {"out_token", w.winners * w.token},
           {"out_code", w.winners * w.code},
           {"out_max", w.code}}};
}

UnionVectors::UnionVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                           const stage::RowRange& rows, topk::TopkUnion& unite)
    : set_(set), config_(config), widths_(parameters(config)), clock_(clock), rows_(rows) {
  unite.observe(*this);
}

void UnionVectors::begun(const stage::RowTag& row, const std::vector<unsigned char>& input) {
  if (!rows_.holds(row)) return;
  begun_ = clock_.now();
  auto& line = set_.stimulus();
  line.set("column_stride", static_cast<std::uint64_t>(config_.stride));
  const auto* at = input.data();
  for (int c = 0; c < widths_.crossbars; ++c) {
    std::int32_t count = 0;
    std::memcpy(&count, at, sizeof count);
    at += sizeof count;
    line.set("in_count", c, widths_.sub_count, static_cast<std::uint64_t>(count));
    line.set("first_column", c, widths_.token,
             static_cast<std::uint64_t>(config_.first_columns[static_cast<std::size_t>(c)]));
    for (int w = 0; w < count; ++w, at += sizeof(arith::Winner)) {
      arith::Winner winner;
      std::memcpy(&winner, at, sizeof winner);
      const int place = c * widths_.sub_k + w;
      line.set("in_column", place, widths_.column, static_cast<std::uint64_t>(winner.column));
      line.set("in_code", place, widths_.code, static_cast<std::uint64_t>(winner.code));
    }
  }
}

void UnionVectors::finished(const stage::RowTag& row, const std::vector<unsigned char>& output) {
  if (!rows_.holds(row)) return;
  const stage::EntryRow winners(output.data());
  auto& line = set_.expected();
  line.set("cycles", static_cast<std::uint64_t>(clock_.now() - begun_));
  line.set("out_count", static_cast<std::uint64_t>(winners.header.count));
  put_entries(line, winners, "out_token", widths_.token, "out_code", widths_.code);
  line.set("out_max", static_cast<std::uint64_t>(largest_code(winners)));
  set_.end_transaction(row);
}

}  // namespace topkima::cosim
