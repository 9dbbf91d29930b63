// SPDX-License-Identifier: Apache-2.0
#include "ima/mask_unit.h"

#include <algorithm>

#include "arith/split.h"

namespace topkima::ima {

namespace reg = registers::mask;

MaskUnit::MaskUnit(const sc_core::sc_module_name& name, const arith::ColumnMap& columns)
    : sc_core::sc_module(name), registers_(registers::block("mask")), columns_(columns) {
  mask_.tokens = columns.slots();
  control.register_b_transport(this, &MaskUnit::access);
  read_registers();
}

void MaskUnit::access(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.transport(payload);
  if (payload.is_write() && payload.is_response_ok()) read_registers();
}

/// A number of tokens, of which there are no more than the sequence has.
int MaskUnit::token_in(const registers::Register& r, std::uint32_t element) const {
  const auto most = static_cast<std::uint32_t>(mask_.tokens);
  return static_cast<int>(std::min(registers_.value(r, element), most));
}

void MaskUnit::read_registers() {
  const auto within = [&](const registers::Register& r, std::uint32_t least) {
    return std::clamp(registers_.value(r), least, std::uint32_t{arith::Mask::most_entries});
  };
  const auto read = [&](std::vector<int>& entries, const registers::Register& r,
                        std::uint32_t count) {
    entries.resize(count);
    for (std::uint32_t i = 0; i < count; ++i) entries[i] = token_in(r, i);
  };
  read(mask_.valid_tokens, reg::valid_tokens, within(reg::sequences, 1));
  read(mask_.first_valid, reg::first_valid, within(reg::sequences, 1));
  read(mask_.segment_ends, reg::segment_end, within(reg::segments, 0));
  mask_.causal = registers_.value(reg::causal) & 1;
  constexpr std::uint32_t most = INT32_MAX;
  mask_.window = static_cast<int>(std::min(registers_.value(reg::window), most));
  mask_.first_row = static_cast<int>(std::min(registers_.value(reg::first_row), most));
  shared_k_ = static_cast<int>(std::min<std::uint32_t>(registers_.value(reg::shared_k), 65536));
  last_.gate_empty = registers_.value(reg::gate_empty) & 1;
  last_.columns.clear();
}

const stage::RowMask& MaskUnit::of(const stage::RowTag& row) const {
  const auto entries = static_cast<std::uint32_t>(mask_.valid_tokens.size());
  const arith::Interval tokens = mask_.of(row.sequence % entries, row.row);
  if (last_.columns.empty() || last_.tokens != tokens) look_at(tokens);
  return last_;
}

void MaskUnit::look_at(const arith::Interval& tokens) const {
  last_.tokens = tokens;
  last_.columns.resize(std::size_t(columns_.crossbars()));
  std::vector<int> participants(last_.columns.size());
  for (std::size_t c = 0; c < participants.size(); ++c) {
    last_.columns[c] = columns_.columns_of(tokens, int(c));
    participants[c] = last_.columns[c].size();
  }
  if (shared_k_ > 0)
    last_.shares = arith::share_out(shared_k_, participants);
  else
    last_.shares.clear();
}

}  // namespace topkima::ima
