// SPDX-License-Identifier: Apache-2.0
#include "crossbar/key_array.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "arith/fixed_point.h"

namespace topkima::crossbar {

KeyArray::KeyArray(const sc_core::sc_module_name& name, const stage::Clock& clock,
                   const Config& config)
    : sc_core::sc_module(name),
      clock_(clock),
      config_(config),
      stuck_(config.defects, arith::Effect::key_stuck, arith::StuckCells::ternary),
      banks_(static_cast<std::size_t>(config.banks)),
      scores_(static_cast<std::size_t>(config.columns)) {
  program.register_b_transport(this, &KeyArray::write_word_line);
  program.register_transport_dbg(this, &KeyArray::debug_write);
  query.register_b_transport(this, &KeyArray::take_query);
}

tlm::tlm_response_status KeyArray::store(tlm::tlm_generic_payload& payload) {
  const auto columns = static_cast<std::uint64_t>(config_.columns);
  const auto rows = static_cast<std::uint64_t>(config_.d_k) * config_.cells;
  const std::uint64_t line = payload.get_address() / columns;
  if (payload.get_address() % columns || line >= rows * banks_.size())
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (!payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr()) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (payload.get_data_length() != columns || payload.get_streaming_width() < columns)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  Bank& bank = banks_[line / rows];
  bank.cells.resize(rows * columns);
  std::int8_t* cells = bank.cells.data() + (line % rows) * columns;
  std::memcpy(cells, payload.get_data_ptr(), columns);
  if (stuck_.any())
    stuck_.apply(config_.defects.place, static_cast<int>(line / rows),
                 static_cast<int>(line % rows), config_.columns, cells);
  bank.changed = true;
  return tlm::TLM_OK_RESPONSE;
}

void KeyArray::write_word_line(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  payload.set_response_status(store(payload));
}

unsigned KeyArray::debug_write(tlm::tlm_generic_payload& payload) {
  return store(payload) == tlm::TLM_OK_RESPONSE ? payload.get_data_length() : 0;
}

TOPKIMA_SIMD_CLONES
static void add_cells(const std::int8_t* cells, int weight, int count, std::int8_t* values) {
  for (int i = 0; i < count; ++i)
    values[i] = static_cast<std::int8_t>(values[i] + weight * cells[i]);
}

void KeyArray::combine_cells(Bank& bank) {
  const int columns = config_.columns;
  bank.cells.resize(std::size_t(config_.d_k) * config_.cells * columns);
  std::vector<std::int8_t> values(std::size_t(config_.d_k) * columns);
  const std::int8_t* line = bank.cells.data();
  for (int i = 0; i < config_.d_k; ++i)
    for (int c = 0; c < config_.cells; ++c, line += columns)
      add_cells(line, 1 << c, columns, values.data() + std::size_t(i) * columns);
  bank.weights.load(values.data(), config_.d_k, columns, columns, config_.query_max,
                    (1 << config_.cells) - 1);
  if (config::clocked(config_.fidelity))
    bank.lines.load(bank.cells.data(), config_.d_k, config_.cells, columns, config_.weighting);
  bank.changed = false;
}

KeyArray::Bank& KeyArray::bank_of(std::uint32_t sequence) {
  Bank& bank = banks_[sequence % banks_.size()];
  if (bank.changed) combine_cells(bank);
  return bank;
}

void KeyArray::evaluate(std::uint32_t sequence, const std::int8_t* values, std::int32_t* sums) {
  bank_of(sequence).weights.multiply(values, sums);
}

void KeyArray::declare_probes(stage::ProbeScope& scope) {
  if (!config::clocked(config_.fidelity)) return;
  scope.add(phase_, {"phase", stage::Signal::Kind::text});
  scope.add(driven_, {"driven_lines", stage::Signal::Kind::integer, 16});
  phase_.set("idle");
  driven_.set(0);
}

void KeyArray::drive(Bank& bank, const stage::RowTag& row, const std::int8_t* values) {
  phase_.set("precharge");
  clock_.spend((config_.joined * config_.precharge));
  phase_.set("pulse");
  bank.lines.start(values);
  for (int cycle = 0;; ++cycle) {
    bit_lines.write({row, values, bank.lines.charge().data(), cycle});
    driven_.set(bank.lines.driven());
    if (cycle == config_.window) break;
    clock_.spend(1);
    bank.lines.clock();
  }
  phase_.set("hold");
  scores_ = bank.lines.charge();
}

namespace {

struct Pulses {
  int driven = 0, units = 0;
};

TOPKIMA_SIMD_CLONES
Pulses pulses_of(const std::int8_t* query, int count) {
  Pulses pulses;
  for (int i = 0; i < count; ++i) {
    pulses.driven += query[i] != 0;
    pulses.units += std::abs(int{query[i]});
  }
  return pulses;
}

}  // namespace

/// Of each value all cells' word lines are driven, as long as its magnitude and, where that is what
/// a pulse's length also says, their weight.
void KeyArray::count(const stage::RowTag& row, const std::int8_t* values,
                     std::int64_t begin) const {
  if (!meter_.counts()) return;
  const auto [driven, units] = pulses_of(values, config_.d_k);
  const bool pulse = arith::BitLines::by_pulse(config_.weighting);
  const int lengths = pulse ? (1 << config_.cells) - 1 : config_.cells;
  const std::int64_t cycles = (config_.joined * config_.precharge) + config_.window;
  using stage::Event;
  meter_.count(row, Event::word_line_pulse, std::uint64_t(driven) * config_.cells, begin, cycles);
  meter_.count(row, Event::pulse_unit, std::uint64_t(units) * lengths, begin, cycles);
  meter_.count(row, Event::bit_line_discharge, std::uint64_t(config_.columns * config_.joined),
               begin, cycles);
}

void KeyArray::take_query(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto* row =
      stage::accept_row(payload, stage::RowFormat::exactly(static_cast<std::size_t>(config_.d_k)));
  if (!row) return;
  const stage::RowTag tag = row->tag;
  const auto* values = reinterpret_cast<const std::int8_t*>(payload.get_data_ptr());
  Bank& bank = bank_of(tag.sequence);
  count(row->tag, values, meter_.cycle(delay));
  if (config::clocked(config_.fidelity)) {
    stage::settle(delay);
    drive(bank, tag, values);
  } else {
    bank.weights.multiply(values, scores_.data());
    delay += clock_.span((config_.joined * config_.precharge) + config_.window);
  }
  payload_.extension.tag = tag;
  auto& result = payload_.write(scores_.data(), scores_.size() * sizeof scores_[0]);
  scores->b_transport(result, delay);
  payload.set_response_status(result.get_response_status());
  if (!config::clocked(config_.fidelity)) return;
  stage::settle(delay);  // the bit lines are held until the conversion has ended
  phase_.set("idle");
}

}  // namespace topkima::crossbar
