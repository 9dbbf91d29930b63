// SPDX-License-Identifier: Apache-2.0
#include "crossbar/key_narrower.h"

#include <algorithm>

#include "arith/requantise.h"

namespace topkima::crossbar {

KeyNarrower::KeyNarrower(const sc_core::sc_module_name& name, int width, int q_max)
    : sc_core::sc_module(name),
      q_max_(q_max),
      registers_(registers::block("narrower")),
      wide_(static_cast<std::size_t>(width)),
      narrow_(wide_.size()) {
  in.register_b_transport(this, &KeyNarrower::pass_on);
  control.register_b_transport(this, &KeyNarrower::access);
}

void KeyNarrower::access(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.transport(payload);
}

// The sender's bytes are not its own to change: other blocks get the same row.
void KeyNarrower::pass_on(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  auto* extension = stage::accept_row(payload, stage::RowFormat::exactly(narrow_.size()));
  if (!extension) return;
  const auto* x = reinterpret_cast<const std::int8_t*>(payload.get_data_ptr());
  std::copy_n(x, wide_.size(), wide_.begin());
  const auto m = std::max<std::uint32_t>(registers_.value(registers::narrower::maximum), 1);
  arith::requantise(wide_.data(), static_cast<int>(wide_.size()), m, q_max_, narrow_.data());
  payload_.extension.copy_from(*extension);
  auto& narrowed = payload_.write(narrow_.data(), narrow_.size());
  out->b_transport(narrowed, delay);
  extension->copy_from(payload_.extension);
  payload.set_response_status(narrowed.get_response_status());
}

}  // namespace topkima::crossbar
