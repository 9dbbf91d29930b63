// SPDX-License-Identifier: Apache-2.0
#include "encoder/token_module.h"

#include <algorithm>
#include <cstring>

#include "head/rram_tile.h"
#include "registers/register_map.h"

namespace topkima::platforms {

using vector::ResidualBuffer;

namespace {

constexpr int most_activation = 127;

/// Before the first step and behind each that adds to the residual stream.
std::vector<std::unique_ptr<ResidualBuffer>> buffers_for(const TokenPlan& plan) {
  std::vector<std::unique_ptr<ResidualBuffer>> buffers;
  buffers.push_back(std::make_unique<ResidualBuffer>());
  for (const auto& step : plan.steps)
    if (step.norm) buffers.push_back(std::make_unique<ResidualBuffer>());
  return buffers;
}

int width_out_of(const TokenPlan& plan) {
  int width = 0;
  for (const auto& step : plan.steps)
    if (step.matrix) width = step.matrix->outputs;
  return width;
}

vector::TokenReader::Config reader_config(const config::MachineConfig& c, const TokenPlan& plan) {
  vector::TokenReader::Config reader{plan.steps.front().matrix->inputs,
                                     plan.reads_residual ? c.shape.d_model() : 0,
                                     c.dma.prefetch_rows};
  if (plan.position) {
    reader.position = plan.position->data();
    reader.position_width = c.shape.d_model();
  }
  return reader;
}

}  // namespace

TokenModule::Layout::Layout(const TokenPlan& plan, const config::MachineConfig& config,
                            std::size_t all_rows)
    : rows(all_rows),
      d_model(std::size_t(config.shape.d_model())),
      width_in(std::size_t(plan.steps.front().matrix->inputs)),
      width_out(std::size_t(width_out_of(plan))),
      bytes_in(width_in + (plan.reads_residual ? d_model * sizeof(std::int16_t) : 0)),
      bytes_out(width_out + (plan.writes_residual ? d_model * sizeof(std::int16_t) : 0)) {}

vector::TokenWriter::Config TokenModule::writer_config(const config::MachineConfig& c,
                                                       const vector::TokenTimes& times) const {
  vector::TokenWriter::Config settings{};
  settings.width = int(layout_.width_out);
  settings.residual_width = plan_.writes_residual ? c.shape.d_model() : 0;
  settings.sequences = times.sequences;
  settings.rows = times.rows;
  settings.address = layout_.rows * layout_.bytes_in;
  settings.queue_depth = c.pipeline.queue_depth;
  return settings;
}

TokenModule::TokenModule(const sc_core::sc_module_name& name, stage::Context& context,
                         const config::MachineConfig& c, const vector::VectorTiming& timing,
                         const TokenPlan& plan, const vector::TokenTimes& times,
                         const Tokens& input)
    : sc_core::sc_module(name),
      plan_(plan),
      input_(input),
      layout_(plan, c, times.at.size()),
      residuals_(buffers_for(plan)),
      memory("memory", layout_.rows * (layout_.bytes_in + layout_.bytes_out)),
      bus("bus", context, {c.bus.bytes_per_cycle, c.bus.latency_cycles, c.fidelity.bus}),
      reader("reader", context, reader_config(c, plan), times, flow, *residuals_.front()),
      writer("writer", context, writer_config(c, times), flow, *residuals_.back()) {
  add_stages(context, c, timing, times.rows);
  reader.bus.bind(bus.ports);
  writer.bus.bind(bus.ports);
  bus.memory.bind(memory.ports);
  loader_.bind(memory.ports);
  reader.out.bind(stages.front()->in);
  for (std::size_t s = 0; s + 1 < stages.size(); ++s) stages[s]->out.bind(stages[s + 1]->in);
  stages.back()->out.bind(writer.in);
}

void TokenModule::add_tile(stage::Context& context, const config::MachineConfig& c,
                           const TokenStep& step, int rows) {
  auto nonidealities = c.nonidealities;
  nonidealities.instance = plan_.instance;
  auto config = rram_tile(c);
  config.arrays.defects = nonidealities.rram(config::Nonidealities::first_free + step.number);
  config.inputs = step.matrix->inputs;
  config.heads = 1;
  config.head_width = step.matrix->outputs;
  config.rows_per_sequence = rows;
  config.q_max = most_activation;
  config.array_component = stage::Component::dense;
  config.adc_component = stage::Component::dense_adc;
  auto tile = std::make_unique<Tile>(step.name.c_str(), context, step.name,
                                     *stage::named_account(step.name).kind, config);
  programs_.push_back(std::make_unique<Loader>(("program_" + step.name).c_str()));
  controls_.push_back(std::make_unique<Loader>(("control_" + step.name).c_str()));
  programs_.back()->bind(tile->program);
  controls_.back()->bind(tile->control);
  stages.push_back(std::move(tile));
}

void TokenModule::add_stages(stage::Context& context, const config::MachineConfig& c,
                             const vector::VectorTiming& timing, int rows) {
  std::size_t residual = 0;
  int width = 0;
  for (const auto& step : plan_.steps) {
    const char* name = step.name.c_str();
    if (step.matrix) {
      add_tile(context, c, step, rows);
      width = step.matrix->outputs;
    } else if (step.norm) {
      stages.push_back(std::make_unique<vector::NormUnit>(
          name, context, step.name, vector::NormUnit::Config{width, timing, c.pipeline.queue_depth},
          vector::NormUnit::Constants{step.branch_gain, step.norm->gain.data(),
                                      step.norm->bias.data()},
          *residuals_[residual], *residuals_[residual + 1]));
      ++residual;
    } else {
      stages.push_back(std::make_unique<vector::GeluUnit>(
          name, context, step.name, vector::GeluUnit::Config{width, timing, c.pipeline.queue_depth},
          *step.gelu));
    }
  }
}

/// Debug transport: nothing of it is timed.
void TokenModule::move(Loader& target, tlm::tlm_command command, std::uint64_t address, void* data,
                       std::size_t bytes) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(static_cast<unsigned char*>(data));
  payload.set_data_length(static_cast<unsigned>(bytes));
  payload.set_streaming_width(static_cast<unsigned>(bytes));
  if (bytes > UINT32_MAX || target->transport_dbg(payload) != bytes)
    throw SimulationError(std::string(name()) + ": cannot move " + std::to_string(bytes) +
                          " bytes of tokens or weights; run fewer samples at once");
}

void TokenModule::start_of_simulation() {
  load_memory();
  load_tiles();
}

void TokenModule::load_memory() {
  std::vector<unsigned char> bytes(layout_.rows * layout_.bytes_in);
  auto* row = bytes.data();
  for (std::size_t r = 0; r < layout_.rows; ++r, row += layout_.bytes_in) {
    std::memcpy(row, input_.activations.data() + r * layout_.width_in, layout_.width_in);
    if (plan_.reads_residual)
      std::memcpy(row + layout_.width_in, input_.residual.data() + r * layout_.d_model,
                  layout_.d_model * sizeof(std::int16_t));
  }
  move(loader_, tlm::TLM_WRITE_COMMAND, 0, bytes.data(), bytes.size());
}

void TokenModule::load_tile(std::size_t tile, const workload::Matrix& matrix,
                            std::vector<std::int8_t>& rows) {
  auto& program = *programs_[tile];
  auto weights = matrix.weights;
  move(program, tlm::TLM_WRITE_COMMAND, 0, weights.data(), weights.size());
  auto maximum = static_cast<std::uint32_t>(matrix.maximum);
  tlm::tlm_generic_payload payload;
  payload.set_write();
  payload.set_address(registers::projection::maximum.offset);
  payload.set_data_ptr(reinterpret_cast<unsigned char*>(&maximum));
  payload.set_data_length(sizeof maximum);
  payload.set_streaming_width(sizeof maximum);
  sc_core::sc_time delay;
  (*controls_[tile])->b_transport(payload, delay);
  stage::expect_ok(payload, name());
  move(program, tlm::TLM_WRITE_COMMAND, registers::ahead_offset, rows.data(), rows.size());
  rows.resize(layout_.rows * std::size_t(matrix.outputs));
  move(program, tlm::TLM_READ_COMMAND, registers::result_offset, rows.data(), rows.size());
}

/// Projects all rows ahead, matrix by matrix: large products instead of many small ones, same bits.
void TokenModule::load_tiles() {
  auto rows = input_.activations;
  auto residual = input_.residual;
  if (plan_.position)
    while (residual.size() < layout_.rows * layout_.d_model)
      residual.insert(residual.end(), plan_.position->begin(), plan_.position->end());
  std::size_t tile = 0;
  const auto width = static_cast<int>(layout_.d_model);
  for (const auto& step : plan_.steps) {
    if (step.matrix) {
      load_tile(tile++, *step.matrix, rows);
    } else if (step.gelu) {
      arith::look_up(*step.gelu, rows.data(), static_cast<int>(rows.size()));
    } else {
      for (std::size_t r = 0; r < layout_.rows; ++r) {
        auto* h = residual.data() + r * layout_.d_model;
        auto* x = rows.data() + r * layout_.d_model;
        arith::add_branch(h, x, width, step.branch_gain);
        arith::normalise(h, width, step.norm->gain.data(), step.norm->bias.data(), x);
      }
    }
  }
}

Tokens TokenModule::output() {
  std::vector<unsigned char> bytes(layout_.rows * layout_.bytes_out);
  move(loader_, tlm::TLM_READ_COMMAND, layout_.rows * layout_.bytes_in, bytes.data(), bytes.size());
  Tokens output;
  output.activations.resize(layout_.rows * layout_.width_out);
  if (plan_.writes_residual) output.residual.resize(layout_.rows * layout_.d_model);
  const auto* row = bytes.data();
  for (std::size_t r = 0; r < layout_.rows; ++r, row += layout_.bytes_out) {
    std::memcpy(output.activations.data() + r * layout_.width_out, row, layout_.width_out);
    if (plan_.writes_residual)
      std::memcpy(output.residual.data() + r * layout_.d_model, row + layout_.width_out,
                  layout_.d_model * sizeof(std::int16_t));
  }
  return output;
}

}  // namespace topkima::platforms
