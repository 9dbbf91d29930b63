// SPDX-License-Identifier: Apache-2.0
#include "crossbar/projection_tile.h"

#include <algorithm>
#include <cstring>

#include "arith/bit_serial.h"
#include "arith/fixed_point.h"
#include "arith/requantise.h"
#include "config/errors.h"

namespace topkima::crossbar {

namespace reg = registers::projection;

ProjectionTile::ProjectionTile(const sc_core::sc_module_name& module, stage::Context& context,
                               const std::string& name, const stage::StageKind& kind,
                               const Config& config)
    : Stage(module, context, name, kind, config.queue_depth,
            stage::RowFormat::exactly(std::size_t(config.inputs)), config.fidelity),
      config_(config),
      owns_(std::size_t(config.heads_per_chain), Own(config.registers)),
      accumulators_(std::size_t(config.outputs())),
      array_meter_(context.meter(config.array_component)),
      adc_meter_(context.meter(config.adc_component)) {
  program.register_b_transport(this, &ProjectionTile::refuse);
  program.register_transport_dbg(this, &ProjectionTile::debug);
  control.register_b_transport(this, &ProjectionTile::access);
  for (auto& own : owns_)
    own.registers.on_write = [&own](const registers::Register&, std::uint32_t, std::uint32_t,
                                    tlm::tlm_generic_payload&) { own.expected_rows.clear(); };
}

void ProjectionTile::access(int member, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  owns_.at(std::size_t(member)).registers.transport(payload);
}

// Writing RRAM takes pulses and verification that this model does not time.
void ProjectionTile::refuse(int, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
}

void ProjectionTile::load(const std::int8_t* weights) {
  for (auto& own : owns_) {
    own.expected_rows.clear();
    own.results.clear();
  }
  weights_.clear();
  weights_.emplace_back(config_.arrays, weights, config_.inputs, config_.outputs());
  if (config::clocked(config_.fidelity))
    circuit_.emplace(config_.arrays, weights, config_.inputs, config_.outputs(),
                     config_.column_mux);
}

unsigned ProjectionTile::debug(int member, tlm::tlm_generic_payload& payload) {
  Own& own = owns_.at(std::size_t(member));
  const std::uint64_t address = payload.get_address();
  const std::uint64_t length = payload.get_data_length(), inputs = std::uint64_t(config_.inputs);
  auto* data = reinterpret_cast<std::int8_t*>(payload.get_data_ptr());
  if (payload.is_write() && address == 0 && length == inputs * std::uint64_t(config_.outputs())) {
    load(data);
    return payload.get_data_length();
  }
  const bool calibrates = address == registers::calibration_offset;
  if (payload.is_write() && (calibrates || address == registers::ahead_offset) &&
      !weights_.empty() && length % inputs == 0) {
    project(data, static_cast<int>(length / inputs), calibrates, own);
    return payload.get_data_length();
  }
  if (payload.is_read() && address >= registers::result_offset) {
    const std::uint64_t first = address - registers::result_offset;
    if (first + length > own.results.size()) return 0;
    std::memcpy(data, own.results.data() + first, length);
    return payload.get_data_length();
  }
  return 0;
}

void ProjectionTile::set_maxima(const std::int32_t* acc, int rows, Own& own) {
  std::vector<std::int64_t> maxima(std::size_t(config_.heads), 1);
  const std::int32_t* head = acc;
  for (int r = 0; r < rows; ++r)
    for (auto& m : maxima) {
      m = std::max(m, arith::largest_magnitude(head, config_.head_width));
      head += config_.head_width;
    }
  for (std::size_t h = 0; h < maxima.size(); ++h)
    own.registers.set(reg::maximum, static_cast<std::uint32_t>(maxima[h]),
                      static_cast<std::uint32_t>(h));
}

void ProjectionTile::project(const std::int8_t* x, int rows, bool calibrate, Own& own) {
  const auto outputs = std::size_t(config_.outputs());
  std::vector<std::int32_t> acc(std::size_t(rows) * outputs);
  weights_.front().accumulate(x, rows, acc.data());
  if (calibrate) set_maxima(acc.data(), rows, own);
  own.expected_rows.assign(x, x + std::size_t(rows) * std::size_t(config_.inputs));
  own.results.resize(acc.size());
  for (std::size_t first = 0; first < acc.size(); first += outputs)
    requantise(acc.data() + first, own.results.data() + first, own);
}

void ProjectionTile::requantise(const std::int32_t* acc, std::int8_t* output,
                                const Own& own) const {
  for (int h = 0; h < config_.heads; ++h) {
    const auto m = std::max<std::uint32_t>(own.registers.value(reg::maximum, std::uint32_t(h)), 1);
    const std::size_t first = std::size_t(h) * config_.head_width;
    arith::requantise(acc + first, config_.head_width, m, config_.q_max, output + first);
  }
}

std::int64_t ProjectionTile::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  const std::size_t inputs = row.data.size(), outputs = accumulators_.size();
  const std::size_t expected =
      std::size_t(row.tag.sequence) * std::size_t(config_.rows_per_sequence) + row.tag.row;
  const std::size_t first = expected * inputs;
  if (weights_.empty()) throw SimulationError(std::string(name()) + " has no weights");
  Own& own = this->own(row.tag);
  if (first + inputs <= own.expected_rows.size() &&
      std::memcmp(own.expected_rows.data() + first, row.data.data(), inputs) == 0) {
    const auto* results = reinterpret_cast<unsigned char*>(own.results.data());
    const auto* result = results + expected * outputs;
    output.assign(result, result + outputs);
  } else {
    output.resize(outputs);
    weights_.front().accumulate(row.as<std::int8_t>(), 1, accumulators_.data());
    requantise(accumulators_.data(), reinterpret_cast<std::int8_t*>(output.data()), own);
  }
  return config_.cycles();
}

void ProjectionTile::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  if (!circuit_) throw SimulationError(std::string(name()) + " has no weights");
  const auto& clock = context_.clock;
  circuit_->start(row.as<std::int8_t>());
  for (int bit = 0; bit < config_.arrays.input_bits; ++bit) {
    input_bit_.set(bit);
    phase_.set("precharge");
    clock.spend(config_.precharge);
    circuit_->drive(bit);
    driven_.set(circuit_->driven());
    phase_.set("read");
    for (int columns = 0; columns < config_.column_mux; ++columns) {
      column_phase_.set(columns);
      circuit_->convert(columns);
      clock.spend(1);
    }
    driven_.set(0);
  }
  phase_.set("add");
  clock.spend(config_.adder);
  phase_.set("idle");
  output.resize(accumulators_.size());
  requantise(circuit_->accumulators().data(), reinterpret_cast<std::int8_t*>(output.data()),
             own(row.tag));
}

/// A word line is driven for every one in the two's complement bits of its value.
void ProjectionTile::count(const stage::Row& row, const std::vector<unsigned char>&,
                           std::int64_t begin, std::int64_t cycles) {
  const auto& arrays = config_.arrays;
  const auto driven =
      std::uint64_t(arith::count_ones(row.as<std::int8_t>(), config_.inputs, arrays.input_bits));
  const auto outputs = std::uint64_t(config_.outputs());
  const auto row_blocks = std::uint64_t(arith::ceil_div(config_.inputs, arrays.array_rows));
  const auto slices = std::uint64_t(arith::ceil_div(arrays.weight_bits, arrays.cell_bits));
  const std::uint64_t conversions =
      std::uint64_t(arrays.input_bits) * row_blocks * slices * outputs;
  const std::int64_t adding = begin + cycles - config_.adder;
  using stage::Event;
  array_meter_.count(row.tag, Event::rram_cell_read, driven * slices * outputs, begin,
                     cycles - config_.adder);
  adc_meter_.count(row.tag, Event::adc_conversion, conversions, begin, cycles - config_.adder);
  adc_meter_.count(row.tag, Event::shift_add, conversions, begin, cycles - config_.adder);
  adc_meter_.count(row.tag, Event::addition, row_blocks * outputs, adding, config_.adder);
  adc_meter_.count(row.tag, Event::requantise, outputs, adding, config_.adder);
}

void ProjectionTile::declare_probes(stage::ProbeScope& scope) {
  if (!config::clocked(config_.fidelity)) return;
  using Kind = stage::Signal::Kind;
  scope.add(phase_, {"phase", Kind::text});
  scope.add(input_bit_, {"input_bit", Kind::integer, 4});
  scope.add(column_phase_, {"column_phase", Kind::integer, 11});
  scope.add(driven_, {"driven_lines", Kind::integer, 17});
  phase_.set("idle");
  for (auto* probe : {&input_bit_, &column_phase_, &driven_}) probe->set(0);
}

}  // namespace topkima::crossbar
