// SPDX-License-Identifier: Apache-2.0
#include "ima/mask_unit.h"

#include <algorithm>

namespace topkima::ima {

namespace reg = registers::mask;

MaskUnit::MaskUnit(const sc_core::sc_module_name& name, int tokens)
    : sc_core::sc_module(name), registers_(registers::block("mask")) {
  mask_.tokens = tokens;
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
}

arith::Interval MaskUnit::tokens_of(const stage::RowTag& row) const {
  const auto entries = static_cast<std::uint32_t>(mask_.valid_tokens.size());
  return mask_.of(row.sequence % entries, row.row);
}

}  // namespace topkima::ima
