#include "crossbar/projection_tile.h"

#include <algorithm>
#include <cstring>

#include "arith/fixed_point.h"
#include "config/errors.h"

namespace topkima::crossbar {

namespace reg = registers::projection;

ProjectionTile::ProjectionTile(const sc_core::sc_module_name& module, stage::Bench& bench,
                               const std::string& name, const Config& config)
    : Stage(module, bench, name, name, config.queue_depth,
            stage::RowFormat::exactly(std::size_t(config.heads) * config.d_k), config.fidelity),
      config_(config),
      registers_(registers::block("projection")),
      accumulators_(std::size_t(d_model())),
      array_meter_(bench.meter(stage::Component::projection)),
      adc_meter_(bench.meter(stage::Component::projection_adc)) {
  program.register_b_transport(this, &ProjectionTile::refuse);
  program.register_transport_dbg(this, &ProjectionTile::debug);
  control.register_b_transport(this, &ProjectionTile::access);
  registers_.on_write = [this](const registers::Register&, std::uint32_t, std::uint32_t,
                               tlm::tlm_generic_payload&) { calibration_rows_.clear(); };
}

void ProjectionTile::access(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.transport(payload);
}

// Writing RRAM takes pulses and verification that this model does not time.
void ProjectionTile::refuse(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
}

unsigned ProjectionTile::debug(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  const std::uint64_t length = payload.get_data_length(), width = std::uint64_t(d_model());
  auto* data = reinterpret_cast<std::int8_t*>(payload.get_data_ptr());
  if (payload.is_write() && address == 0 && length == width * width) {
    weights_.clear();
    calibration_rows_.clear();
    calibration_results_.clear();
    weights_.emplace_back(config_.arrays, data, d_model(), d_model());
    if (config_.fidelity == stage::Fidelity::cycle)
      circuit_.emplace(config_.arrays, data, d_model(), d_model(), config_.column_mux);
    return payload.get_data_length();
  }
  if (payload.is_write() && address == registers::calibration_offset && !weights_.empty() &&
      length % width == 0) {
    calibrate(data, static_cast<int>(length / width));
    return payload.get_data_length();
  }
  if (payload.is_read() && address >= registers::result_offset) {
    const std::uint64_t first = address - registers::result_offset;
    if (first + length > calibration_results_.size()) return 0;
    std::memcpy(data, calibration_results_.data() + first, length);
    return payload.get_data_length();
  }
  return 0;
}

void ProjectionTile::calibrate(const std::int8_t* x, int rows) {
  const int width = d_model();
  std::vector<std::int32_t> acc(std::size_t(rows) * width);
  weights_.front().accumulate(x, rows, acc.data());
  std::vector<std::int64_t> maxima(std::size_t(config_.heads), 1);
  for (int r = 0; r < rows; ++r)
    for (int h = 0; h < config_.heads; ++h) {
      auto& m = maxima[std::size_t(h)];
      const auto* head = acc.data() + std::size_t(r) * width + std::size_t(h) * config_.d_k;
      m = std::max(m, arith::largest_magnitude(head, config_.d_k));
    }
  for (int h = 0; h < config_.heads; ++h)
    registers_.set(reg::maximum, static_cast<std::uint32_t>(maxima[std::size_t(h)]),
                   static_cast<std::uint32_t>(h));
  calibration_rows_.assign(x, x + acc.size());
  calibration_results_.resize(acc.size());
  for (std::size_t r = 0; r < std::size_t(rows); ++r)
    requantise(acc.data() + r * width, calibration_results_.data() + r * width);
}

void ProjectionTile::requantise(const std::int32_t* acc, std::int8_t* output) const {
  for (int h = 0; h < config_.heads; ++h) {
    const auto m = std::max<std::uint32_t>(registers_.value(reg::maximum, std::uint32_t(h)), 1);
    const std::size_t first = std::size_t(h) * config_.d_k;
    arith::requantise(acc + first, config_.d_k, m, config_.q_max, output + first);
  }
}

std::int64_t ProjectionTile::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  const std::size_t width = std::size_t(d_model()), first = row.tag.row * width;
  if (weights_.empty()) throw SimulationError(std::string(name()) + " has no weights");
  if (first + width <= calibration_rows_.size() &&
      std::memcmp(calibration_rows_.data() + first, row.data.data(), width) == 0) {
    const auto* result = reinterpret_cast<unsigned char*>(calibration_results_.data()) + first;
    output.assign(result, result + width);
  } else {
    output.resize(width);
    weights_.front().accumulate(row.as<std::int8_t>(), 1, accumulators_.data());
    requantise(accumulators_.data(), reinterpret_cast<std::int8_t*>(output.data()));
  }
  return config_.cycles();
}

void ProjectionTile::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  if (!circuit_) throw SimulationError(std::string(name()) + " has no weights");
  const auto& clock = bench_.clock;
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
  output.resize(row.data.size());
  requantise(circuit_->accumulators().data(), reinterpret_cast<std::int8_t*>(output.data()));
}

/// A word line is driven for every one in the two's complement bits of its value.
void ProjectionTile::count(const stage::Row& row, const std::vector<unsigned char>&,
                           std::int64_t begin, std::int64_t cycles) {
  const auto& arrays = config_.arrays;
  const unsigned mask = (1u << arrays.input_bits) - 1;
  std::uint64_t driven = 0;
  for (const unsigned char value : row.data)
    driven += std::uint64_t(__builtin_popcount(value & mask));
  const auto outputs = std::uint64_t(d_model());
  const auto row_blocks = std::uint64_t(arith::ceil_div(d_model(), arrays.array_rows));
  const auto slices = std::uint64_t(arith::ceil_div(arrays.weight_bits, arrays.cell_bits));
  const std::uint64_t conversions =
      std::uint64_t(arrays.input_bits) * row_blocks * slices * outputs;
  const std::int64_t adding = begin + cycles - config_.adder;
  using stage::Event;
  array_meter_.count(Event::rram_row_read, driven, begin, cycles - config_.adder);
  adc_meter_.count(Event::adc_conversion, conversions, begin, cycles - config_.adder);
  adc_meter_.count(Event::shift_add, conversions, begin, cycles - config_.adder);
  adc_meter_.count(Event::addition, row_blocks * outputs, adding, config_.adder);
  adc_meter_.count(Event::requantise, outputs, adding, config_.adder);
}

void ProjectionTile::trace(stage::ProbeScope& scope) {
  if (config_.fidelity == stage::Fidelity::row) return;
  using Kind = stage::Signal::Kind;
  scope.add(phase_, {"phase", Kind::text});
  scope.add(input_bit_, {"input_bit", Kind::integer, 4});
  scope.add(column_phase_, {"column_phase", Kind::integer, 11});
  scope.add(driven_, {"driven_lines", Kind::integer, 17});
  phase_.set("idle");
  for (auto* probe : {&input_bit_, &column_phase_, &driven_}) probe->set(0);
}

}  // namespace topkima::crossbar
