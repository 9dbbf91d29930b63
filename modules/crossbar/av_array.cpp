// SPDX-License-Identifier: Apache-2.0
#include "crossbar/av_array.h"

#include <algorithm>

#include "arith/fixed_point.h"

namespace topkima::crossbar {

AvArray::AvArray(const sc_core::sc_module_name& module, stage::Context& context,
                 const std::string& name, const Config& config)
    : Stage(module, context, name, stage::kinds::av, config.queue_depth,
            stage::entry_row_format(config.winners), config.fidelity),
      shift_add(context.clock, config.arrays, config.shift_add),
      config_(config),
      array_meter_(context.meter(stage::Component::av_array)),
      ramp_meter_(context.meter(stage::Component::av_ramp)) {
  for (int b = 0; b < config.banks; ++b) banks_.emplace_back(config.arrays, config.tokens, b);
  program.register_b_transport(this, &AvArray::write_token);
  program.register_transport_dbg(this, &AvArray::debug_write);
}

tlm::tlm_response_status AvArray::store(const tlm::tlm_generic_payload& payload) {
  const auto d_k = static_cast<std::uint64_t>(config_.arrays.d_k);
  const auto tokens = static_cast<std::uint64_t>(config_.tokens);
  const std::uint64_t line = payload.get_address() / d_k;
  if (payload.get_address() % d_k || line >= tokens * banks_.size())
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (!payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr()) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (payload.get_data_length() != d_k || payload.get_streaming_width() < d_k)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  banks_[line / tokens].write(static_cast<int>(line % tokens),
                              reinterpret_cast<const std::int8_t*>(payload.get_data_ptr()));
  return tlm::TLM_OK_RESPONSE;
}

void AvArray::write_token(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  payload.set_response_status(store(payload));
}

unsigned AvArray::debug_write(tlm::tlm_generic_payload& payload) {
  return store(payload) == tlm::TLM_OK_RESPONSE ? payload.get_data_length() : 0;
}

std::int32_t* AvArray::take_weights(const stage::Row& row, std::vector<unsigned char>& output) {
  const stage::EntryRow weights(row.data.data());
  weights_.clear();
  for (int w = 0; w < weights.header.count; ++w)
    weights_.push_back({weights.entries[w].token, weights.entries[w].code});
  output.resize(static_cast<std::size_t>(config_.arrays.d_k) * sizeof(std::int32_t));
  return reinterpret_cast<std::int32_t*>(output.data());
}

/// `live`: the tokens whose arrays are evaluated.
arith::AvProduct::Row AvArray::row_of(const stage::RowTag& tag) const {
  arith::AvProduct::Row row{
      tag.sequence, tag.turn(std::uint32_t(config_.heads_per_chain)), {0, config_.tokens}};
  if (mask.size() == 0) return row;
  const auto& row_mask = mask->of(tag);
  if (row_mask.gate_empty) row.live = row_mask.tokens;
  return row;
}

std::int64_t AvArray::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  std::int32_t* values = take_weights(row, output);
  const int count = static_cast<int>(weights_.size());
  banks_[row.tag.sequence % banks_.size()].read(weights_.data(), count, values, row_of(row.tag));
  outputs.write({row.tag, values, config_.arrays.d_k});
  const auto& arrays = config_.arrays;
  return count == 0
             ? 0
             : config_.precharge + arrays.weight_max + (1 << arrays.bits) + config_.shift_add;
}

void AvArray::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  std::fill_n(take_weights(row, output), config_.arrays.d_k, 0);
  if (!weights_.empty()) {
    convert(row);
    phase_.set("shift_add");
    shift_add.serve(row.tag, circuit_.codes(), output);
    phase_.set("idle");
  }
  outputs.write(
      {row.tag, reinterpret_cast<const std::int32_t*>(output.data()), config_.arrays.d_k});
}

/// From the winners to the codes of all columns, clock by clock.
void AvArray::convert(const stage::Row& row) {
  const auto& clock = context_.clock;
  circuit_.start(banks_[row.tag.sequence % banks_.size()], weights_.data(),
                 static_cast<int>(weights_.size()), row_of(row.tag));
  phase_.set("precharge");
  clock.spend(config_.precharge);
  phase_.set("pulse");
  for (int cycle = 0; cycle < config_.arrays.weight_max; ++cycle) {
    driven_.set(circuit_.driven());
    show_bit_lines();
    clock.spend(1);
    circuit_.pulse();
  }
  driven_.set(0);
  show_bit_lines();
  phase_.set("ramp");
  for (int step = 0; step < 1 << config_.arrays.bits; ++step) {
    circuit_.ramp_step();
    code_.set(circuit_.code());
    ramp_mv_.set(circuit_.level() * mv_per_unit_);
    crossed_.set(circuit_.crossed());
    clock.spend(1);
  }
  crossed_.set(0);
}

/// All arrays that do not rest are evaluated and converted, also those without a winner; a
/// probability of 0 makes no pulse.
void AvArray::count(const stage::Row& row, const std::vector<unsigned char>&, std::int64_t begin,
                    std::int64_t cycles) {
  const stage::EntryRow weights(row.data.data());
  if (weights.header.count == 0) return;
  std::uint64_t driven = 0, units = 0;
  for (int w = 0; w < weights.header.count; ++w) {
    driven += weights.entries[w].code != 0;
    units += std::uint64_t(weights.entries[w].code);
  }
  const auto& config = config_.arrays;
  const std::int64_t evaluation = config_.precharge + config.weight_max;
  const auto arrays = std::uint64_t(banks_[0].live_arrays(row_of(row.tag).live).size());
  const std::uint64_t columns = arrays * std::uint64_t(config.slices) * std::uint64_t(config.d_k);
  const std::uint64_t steps = std::uint64_t{1} << config.bits;
  using stage::Event;
  array_meter_.count(row.tag, Event::word_line_pulse, driven, begin, evaluation);
  array_meter_.count(row.tag, Event::pulse_unit, units, begin, evaluation);
  array_meter_.count(row.tag, Event::bit_line_discharge, columns, begin, evaluation);
  const std::int64_t ramp = begin + evaluation, ramp_cycles = std::int64_t(steps);
  ramp_meter_.count(row.tag, Event::ramp_cell_discharge, arrays * steps * std::uint64_t(config.lsb),
                    ramp, ramp_cycles);
  ramp_meter_.count(row.tag, Event::comparator_decision, columns * steps, ramp, ramp_cycles);
  ramp_meter_.count(row.tag, Event::shift_add, columns, ramp + ramp_cycles,
                    cycles - evaluation - ramp_cycles);
}

void AvArray::show_bit_lines() {
  for (std::size_t b = 0; b < slices_.size(); ++b)
    if (slices_[b].watched())
      slices_[b].set(circuit_.charge(0, b * std::size_t(config_.arrays.d_k)) * mv_per_unit_);
}

void AvArray::declare_probes(stage::ProbeScope& scope, double mv_per_unit) {
  if (!config::clocked(config_.fidelity)) return;
  using Kind = stage::Signal::Kind;
  mv_per_unit_ = mv_per_unit;
  scope.add(phase_, {"phase", Kind::text});
  scope.add(driven_, {"driven_rows", Kind::integer, 17});
  scope.add(ramp_mv_, {"ramp_mv", Kind::real});
  scope.add(code_, {"code", Kind::integer, config_.arrays.bits + 1, true});
  scope.add(crossed_, {"crossed", Kind::integer, 24});
  slices_.resize(std::size_t(config_.arrays.slices));
  for (std::size_t b = 0; b < slices_.size(); ++b) {
    scope.add(slices_[b], {"slice" + std::to_string(b) + "_mv", Kind::real});
    slices_[b].set(0.0);
  }
  phase_.set("idle");
  for (auto* probe : {&driven_, &code_, &crossed_}) probe->set(0);
  ramp_mv_.set(0.0);
}

void AvArray::handed_on(const stage::RowTag& tag, stage::NodeId taken) {
  shift_add.taken(tag);
  notice_.extension.tag = tag;
  notice_.extension.cause = taken;
  notice_.extension.from = id();
  auto& payload = notice_.write(&tag.row, sizeof tag.row, tag.head);
  sc_core::sc_time delay;
  finished->b_transport(payload, delay);
  stage::expect_ok(payload, name());
}

}  // namespace topkima::crossbar
