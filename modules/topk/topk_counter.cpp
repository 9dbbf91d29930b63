#include "topk/topk_counter.h"

#include <algorithm>
#include <cstring>

#include "arith/ramp.h"

namespace topkima::topk {

namespace reg = registers::topk;

TopkCounter::TopkCounter(const sc_core::sc_module_name& name, const stage::Clock& clock,
                         const Config& config)
    : sc_core::sc_module(name),
      clock_(clock),
      config_(config),
      registers_(registers::block("topk")) {
  codes.register_b_transport(this, &TopkCounter::count);
  control.register_b_transport(this, &TopkCounter::access);
}

void TopkCounter::access(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.transport(payload);
}

void TopkCounter::count(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto bytes = static_cast<std::size_t>(config_.columns) * sizeof(std::int16_t);
  const auto* row = stage::accept_row(payload, stage::RowFormat::exactly(bytes));
  if (!row) return;
  const auto* codes = reinterpret_cast<const std::int16_t*>(payload.get_data_ptr());
  // The masks switch comparators off from some column on.
  const int participants = static_cast<int>(
      std::partition_point(codes, codes + config_.columns,
                           [](std::int16_t code) { return code != arith::comparator_off; }) -
      codes);
  arith::TopkConfig topk;
  topk.bits = config_.bits;
  topk.k = static_cast<int>(std::clamp<std::uint32_t>(registers_.value(reg::k), 1, 65536));
  const auto most = static_cast<std::size_t>(std::min(topk.k, config_.columns));
  topk.stop_when_exhausted = registers_.value(reg::stop) & 1;

  output_.resize(sizeof(arith::Conversion) + most * sizeof(arith::Winner));
  auto* winners_out = reinterpret_cast<arith::Winner*>(output_.data() + sizeof(arith::Conversion));
  const auto conversion = arith::convert(topk, codes, participants, winners_out);
  std::memcpy(output_.data(), &conversion, sizeof conversion);
  delay += clock_.span(conversion.cycles);
  conversions.write({row->tag, config_.crossbar, conversion.steps, conversion.cycles});

  payload_.extension.tag = row->tag;
  auto& result = payload_.write(
      output_.data(),
      sizeof conversion + static_cast<std::size_t>(conversion.count) * sizeof(arith::Winner));
  winners->b_transport(result, delay);
  payload.set_response_status(result.get_response_status());
}

}  // namespace topkima::topk
