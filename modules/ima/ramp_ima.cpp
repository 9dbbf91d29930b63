#include "ima/ramp_ima.h"

#include <algorithm>

#include "arith/ramp.h"
#include "arith/split.h"

namespace topkima::ima {

namespace reg = registers::ima;

RampIma::RampIma(const sc_core::sc_module_name& name, const Config& config)
    : sc_core::sc_module(name),
      config_(config),
      registers_(registers::block("ima")),
      codes_(static_cast<std::size_t>(config.columns)) {
  scores.register_b_transport(this, &RampIma::convert);
  control.register_b_transport(this, &RampIma::access);
}

void RampIma::access(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.transport(payload);
}

int RampIma::enabled_columns(std::uint32_t row) const {
  const auto valid = std::min<std::uint32_t>(registers_.value(reg::valid_tokens),
                                             static_cast<std::uint32_t>(config_.tokens));
  const long position = static_cast<long>(row) + registers_.value(reg::first_row);
  const int participants = arith::participants(config_.tokens, static_cast<int>(valid),
                                               registers_.value(reg::causal) & 1, position);
  return std::clamp(participants - config_.first_column, 0, config_.columns);
}

void RampIma::convert(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto* row =
      stage::accept_row(payload, stage::RowFormat::exactly(codes_.size() * sizeof(std::int32_t)));
  if (!row) return;
  const int enabled = enabled_columns(row->tag.row);
  const auto lsb = static_cast<int>(
      std::clamp<std::uint32_t>(registers_.value(reg::ramp_lsb), 1, arith::largest_ramp_lsb));
  arith::ramp_codes(reinterpret_cast<const std::int32_t*>(payload.get_data_ptr()), enabled, lsb,
                    config_.bits, codes_.data());
  std::fill(codes_.begin() + enabled, codes_.end(), arith::comparator_off);
  payload_.extension.tag = row->tag;
  auto& result = payload_.write(codes_.data(), codes_.size() * sizeof codes_[0]);
  codes->b_transport(result, delay);
  payload.set_response_status(result.get_response_status());
}

}  // namespace topkima::ima
