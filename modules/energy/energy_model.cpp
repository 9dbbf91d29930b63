// SPDX-License-Identifier: Apache-2.0
#include "energy/energy_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "arith/fixed_point.h"
#include "config/errors.h"
#include "pipeline/schedule.h"
#include "stage/kinds.h"

namespace topkima::energy {

using stage::Component;
using stage::Event;

namespace {

/// What the shipped energies hold for.
constexpr double reference_cells = 256, reference_adc_bits = 5, reference_decisions = 31;
/// Sizes of what has been synthesised.
constexpr double counter_columns = 256, union_winners = 32, softmax_winners = 8;
constexpr int softmax_code_bits = 5, token_bits = 12, exponent_bits = 16, sum_bits = 32;
/// Accumulators of weighted values and projections.
constexpr int accumulator_bits = 24;
/// Of a register with a ramp's step.
constexpr int ramp_lsb_bits = 24;

int bits_for(std::int64_t values) {
  int bits = 1;
  while ((std::int64_t{1} << bits) < values) ++bits;
  return bits;
}

double ceil_ratio(std::int64_t amount, std::int64_t unit) {
  return double(arith::ceil_div(amount, unit));
}

}  // namespace

const ComponentReport* EnergyReport::find(Component component) const {
  for (const auto& report : components)
    if (report.component == component) return &report;
  return nullptr;
}

namespace {

bool of_softmax_macro(Component component) {
  return std::any_of(stage::kinds::all.begin(), stage::kinds::all.end(), [&](const auto* kind) {
    return kind->makes_probabilities && kind->counts(component);
  });
}

}  // namespace

Traced EnergyReport::softmax_pj() const {
  Traced sum;
  for (const auto& report : components)
    if (of_softmax_macro(report.component)) sum = sum + report.energy_pj();
  return sum;
}

EnergyModel::EnergyModel(const Technology& technology, const config::MachineConfig& config,
                         stage::Has machine)
    : technology_(technology),
      config_(config),
      machine_(machine),
      chains_(config.chains()),
      heads_per_chain_(config.heads_per_chain()),
      banks_(stage::counts(machine, Component::writer) ? config.pipeline.banks : 1),
      crossbars_(double(config.topk.split.size())),
      columns_(std::accumulate(config.topk.split.begin(), config.topk.split.end(), 0.0) /
               crossbars_),
      address_bits_(bits_for(config.shape.tokens)) {
  key_arrays();
  if (stage::has(config, stage::kinds::unite)) selection();
  if (stage::has(config, stage::kinds::latch)) latches();
  if (stage::has(config, stage::kinds::sorter)) sorter();
  softmax();
  value_arrays();
  if (!stage::counts(machine, Component::memory)) return;
  if (config.shape.projected) projections();
  if (stage::has(config, stage::kinds::fold)) fold();
  shared();
}

/// Adds so many instances of a component.
void EnergyModel::place(Component component, double instances, const Silicon& each) {
  auto& to = entry(component);
  to.instances += std::int64_t(instances);
  to.area_mm2 = to.area_mm2 + Traced(instances) * each.area_mm2();
  to.leakage_mw = to.leakage_mw + Traced(instances) * each.leakage_mw();
}

/// A gate that switches: an adder's energy over its gates.
Traced EnergyModel::nand2() const {
  return constant("logic.adder_8bit") / (Traced(8) * constant("logic.full_adder_gates"));
}

/// A cycle of so many gates of control logic.
Traced EnergyModel::switched(const Traced& gates) const {
  return gates * nand2() * constant("logic.activity");
}

Traced EnergyModel::adder(double bits) const {
  return constant("logic.adder_8bit") * Traced(bits / 8);
}

Traced EnergyModel::registers(double bits) const {
  return constant("logic.register_8bit") * Traced(bits / 8);
}

Traced EnergyModel::comparison() const {
  return (constant("sram.column_read_adc") - constant("sram.column_read")) *
         Traced(1 / reference_decisions);
}

/// Capacitance of an ADC of `bits` over that of one for which the shipped energies hold. Both have
/// the same constants, so it is least and most where one of them is at its low and the other at its
/// high.
Traced EnergyModel::adc_scale(int bits) const {
  const Traced per_bit = constant("adc.capacitance_per_bit"),
               per_code = constant("adc.capacitance_per_code");
  const auto scale = [&](const Traced& bit, const Traced& code) {
    const auto capacitance = [&](double b) {
      return bit * Traced(b) + code * Traced(std::pow(4, b));
    };
    return capacitance(bits) / capacitance(reference_adc_bits);
  };
  Traced result = scale(per_bit, per_code);
  const auto [low, high] = std::minmax({result.value, scale(per_bit.low, per_code.high).value,
                                        scale(per_bit.high, per_code.low).value});
  result.low = low;
  result.high = high;
  return result;
}

/// Reading a bit line of `rows` cells with an ADC of `bits`.
Traced EnergyModel::conversion(int bits, int rows, const char* column) const {
  return constant(column) * Traced(rows / reference_cells) * adc_scale(bits);
}

/// Gates of a setting's further registers, where heads that take turns have one each.
Traced EnergyModel::further_settings(int bits) const {
  return (constant("logic.flip_flop_gates") + constant("logic.mux_gates")) *
         Traced((heads_per_chain_ - 1) * bits);
}

void EnergyModel::key_arrays() {
  const auto& c = config_;
  const double ramps = chains_ * crossbars_ * c.score.row_blocks();
  const double rows = c.crossbar.rows, ramp_rows = c.crossbar.ramp_rows;
  place(Component::key_array, ramps * c.score.joined_arrays(),
        Silicon(technology_)
            .sram(banks_ * (rows - ramp_rows) * columns_)
            .gates(Traced(banks_ * (rows - ramp_rows)) * constant("driver.gates")));
  auto& array = entry(Component::key_array).energies;
  array[Event::word_line_pulse] = constant("sram.row_read") * Traced(columns_ / reference_cells);
  array[Event::pulse_unit] = switched(constant("driver.gates"));
  array[Event::bit_line_discharge] = constant("sram.column_read") * Traced(rows / reference_cells);

  Silicon ramp_silicon = Silicon(technology_)
                             .sram(banks_ * ramp_rows * columns_)
                             .comparators(columns_)
                             .gates(constant("ramp.control_gates"));
  if (heads_per_chain_ > 1) ramp_silicon.gates(further_settings(ramp_lsb_bits));
  place(Component::key_ramp, ramps, ramp_silicon);
  auto& ramp = entry(Component::key_ramp).energies;
  ramp[Event::ramp_cell_discharge] = constant("sram.column_read") * Traced(1 / reference_cells);
  ramp[Event::comparator_decision] = comparison();
}

void EnergyModel::selection() {
  const auto& c = config_;
  const Traced per_column = constant("topk.counter_gates") * Traced(1 / counter_columns);
  const double counters = c.joins_crossbars() ? 1 : crossbars_;
  const double joined = c.joins_crossbars() ? crossbars_ : 1;  // crossbars of a counter
  place(Component::topk, chains_ * counters,
        Silicon(technology_).gates(per_column * Traced(columns_ * joined)));
  auto& counter = entry(Component::topk).energies;
  counter[Event::arbiter_cycle] = switched(per_column);
  if (c.joins_crossbars()) address_tree();
  const int widest = c.joins_crossbars()
                         ? c.attention.columns.all_columns()
                         : *std::max_element(c.topk.split.begin(), c.topk.split.end());
  counter[Event::grant] = registers(bits_for(widest) + c.ima.bits);

  const Traced per_winner = constant("topk.union_gates") * Traced(1 / union_winners);
  place(Component::unite, chains_, Silicon(technology_).gates(per_winner * Traced(c.topk.winners)));
  // A winner is written to its latch and to the packed row, past its share of the multiplexers.
  entry(Component::unite).energies[Event::entry] =
      registers(2.0 * (address_bits_ + c.ima.bits)) + switched(per_winner);
}

/// Joins crossbars to one counter: a node selects an address and keeps it for a cycle.
void EnergyModel::address_tree() {
  const double bits = bits_for(config_.attention.columns.all_columns()) + 1;
  const Traced node =
      (constant("logic.flip_flop_gates") + constant("logic.mux_gates")) * Traced(bits);
  auto& counter = entry(Component::topk);
  const Silicon tree = Silicon(technology_).gates(node * Traced(chains_ * (crossbars_ - 1)));
  counter.area_mm2 = counter.area_mm2 + tree.area_mm2();
  counter.leakage_mw = counter.leakage_mw + tree.leakage_mw();
  counter.energies[Event::tree_node] = switched(node);
}

void EnergyModel::latches() {
  const auto& c = config_;
  const double columns = columns_ * crossbars_;
  const Traced flip_flop = constant("logic.flip_flop_gates"),
               full_adder = constant("logic.full_adder_gates");
  const double places = c.pipeline.queue_depth + 2;
  place(Component::latch, chains_,
        Silicon(technology_)
            .gates(flip_flop * Traced(columns * c.score.row_blocks() * c.ima.bits * places))
            .gates(full_adder * Traced(columns * (c.score.row_blocks() - 1) * exponent_bits)));
  auto& latch = entry(Component::latch).energies;
  latch[Event::register_bit] = registers(1);
  latch[Event::addition] = adder(exponent_bits);
}

void EnergyModel::sorter() {
  const auto& c = config_;
  const double code_bits =
      c.ima.bits + bits_for(c.score.row_blocks()) - (c.score.row_blocks() == 1);
  // A place compares the element with what it holds, and takes it, its neighbour's, or stays.
  const double width = code_bits + address_bits_;
  const Traced gates =
      constant("logic.full_adder_gates") * Traced(code_bits) +
      (constant("logic.flip_flop_gates") + constant("logic.mux_gates")) * Traced(width);
  place(Component::sorter, chains_, Silicon(technology_).gates(gates * Traced(c.topk.winners)));
  entry(Component::sorter).energies[Event::sort_step] = adder(code_bits) + registers(width / 2);
}

void EnergyModel::softmax() {
  const auto& c = config_;
  const Traced flip_flop = constant("logic.flip_flop_gates"), mux = constant("logic.mux_gates");
  const double further = c.topk.winners - softmax_winners;  // entries that are held
  const double entries = heads_per_chain_ * c.score.row_blocks() * std::exp2(c.ima.bits);
  const Traced table =
      (flip_flop + mux) * Traced((entries - std::exp2(softmax_code_bits)) * exponent_bits);
  place(Component::exponent, chains_,
        Silicon(technology_)
            .gates(constant("softmax.exponent_gates") + table +
                   flip_flop * Traced(further * (token_bits + exponent_bits))));
  // The distance, the table's multiplexers, the sum, and the registers of both.
  entry(Component::exponent).energies[Event::exponent] =
      adder(c.ima.bits) + switched(mux * Traced(entries * exponent_bits)) + adder(sum_bits) +
      registers(exponent_bits + sum_bits);
  place(Component::divider, chains_,
        Silicon(technology_)
            .gates(constant("softmax.divider_gates") +
                   flip_flop * Traced(further * (token_bits + c.softmax.prob_bits))));
  // One subtraction and one remainder for each bit of the quotient, and one that rounds.
  entry(Component::divider).energies[Event::divide] =
      Traced(c.softmax.prob_bits + 1) * (adder(sum_bits) + registers(sum_bits));
  if (stage::has(c, stage::kinds::shifter)) {
    const Traced muxes = mux * Traced(exponent_bits * bits_for(exponent_bits));
    place(Component::shifter, chains_,
          Silicon(technology_).gates(muxes + flip_flop * Traced(exponent_bits)));
    entry(Component::shifter).energies[Event::shift] = muxes * nand2() + registers(exponent_bits);
  }
}

void EnergyModel::value_arrays() {
  const auto& c = config_;
  const double instances = chains_ * ceil_ratio(c.shape.tokens, c.av.rows);
  const double columns = double(c.shape.d_k) * c.av.slices;
  const double rows = c.crossbar.rows, ramp_rows = c.crossbar.ramp_rows;
  place(Component::av_array, instances,
        Silicon(technology_)
            .sram(banks_ * (rows - ramp_rows) * columns)
            .gates(Traced(banks_ * (rows - ramp_rows)) * constant("driver.gates")));
  auto& array = entry(Component::av_array).energies;
  array[Event::word_line_pulse] = constant("sram.row_read") * Traced(columns / reference_cells);
  array[Event::pulse_unit] = switched(constant("driver.gates"));
  array[Event::bit_line_discharge] = constant("sram.column_read") * Traced(rows / reference_cells);

  const Traced accumulator =
      (constant("logic.flip_flop_gates") + constant("logic.full_adder_gates")) *
      Traced(double(accumulator_bits) * c.shape.d_k);
  place(Component::av_ramp, instances,
        Silicon(technology_)
            .sram(banks_ * ramp_rows * columns)
            .comparators(columns)
            .gates(constant("ramp.control_gates") + accumulator));
  auto& ramp = entry(Component::av_ramp).energies;
  ramp[Event::ramp_cell_discharge] = constant("sram.column_read") * Traced(1 / reference_cells);
  ramp[Event::comparator_decision] = comparison();
  ramp[Event::shift_add] = constant("logic.shift_add");
}

/// Gates behind the ADCs of a matrix.
Traced EnergyModel::tile_accumulators(double outputs, double row_blocks) const {
  return (constant("logic.flip_flop_gates") + constant("logic.full_adder_gates")) *
         Traced(accumulator_bits * outputs * row_blocks);
}

/// So many projections of d_model values to `width`.
void EnergyModel::projection(double instances, double width) {
  const auto& c = config_;
  const double slices = ceil_ratio(c.projection.weight_bits, c.rram.cell_bits);
  const double blocks = ceil_ratio(c.shape.d_model(), c.rram.rows);
  place(Component::projection, instances,
        Silicon(technology_).rram(blocks * c.rram.rows * width * slices));
  const double adcs = blocks * width * slices / c.projection.column_mux;
  place(Component::projection_adc, instances,
        Silicon(technology_)
            .adcs(std::ceil(adcs), c.rram.adc_bits)
            .gates(tile_accumulators(width, blocks)));
}

void EnergyModel::projections() {
  const auto& c = config_;
  // With the scale in W_K^T there is no projection of K.
  const double shared = c.attention.keys_are_inputs() ? 1 : 2;
  if (c.shape.kv_heads == c.shape.heads) {
    projection(1 + shared, c.shape.d_model());
  } else {
    projection(1, c.shape.d_model());
    projection(shared, c.shape.kv_width());
  }
  entry(Component::projection).energies[Event::rram_cell_read] =
      constant("rram.row_read") * Traced(1 / reference_cells);
  auto& adc = entry(Component::projection_adc).energies;
  adc[Event::adc_conversion] = conversion(c.rram.adc_bits, c.rram.rows, "rram.column_read_adc");
  adc[Event::shift_add] = constant("logic.shift_add");
  adc[Event::addition] = adder(accumulator_bits);
  adc[Event::requantise] = Traced(c.projection.input_bits) * adder(accumulator_bits);
}

void EnergyModel::fold() {
  const auto& c = config_;
  const double width = c.shape.d_model(),
               slices = ceil_ratio(c.projection.weight_bits, c.rram.cell_bits);
  const double blocks = ceil_ratio(c.shape.d_k, c.rram.rows);
  const Traced accumulator = tile_accumulators(width, blocks);
  const double adcs = blocks * width * slices / c.projection.column_mux;
  place(Component::fold, chains_,
        Silicon(technology_)
            .rram(c.shape.d_k * width * slices)
            .adcs(std::ceil(adcs), c.rram.adc_bits)
            .gates(accumulator));
  auto& fold = entry(Component::fold).energies;
  fold[Event::rram_cell_read] = constant("rram.row_read") * Traced(1 / reference_cells);
  fold[Event::adc_conversion] = conversion(c.rram.adc_bits, c.rram.rows, "rram.column_read_adc");
  fold[Event::shift_add] = constant("logic.shift_add");
  fold[Event::addition] = adder(accumulator_bits);
  fold[Event::requantise] = Traced(c.score.query_bits) * adder(accumulator_bits);
}

void EnergyModel::shared() {
  const auto& c = config_;
  constexpr double bits_per_byte = 8;
  const double width = c.shape.d_model(), tokens = c.shape.tokens, rows = c.shape.query_rows;
  const double kv_width = c.shape.projected ? width : c.shape.kv_width();  // in memory
  const double key_width = c.attention.keys_are_inputs() ? width : c.shape.kv_width();
  const double value_columns = double(c.shape.d_k) * c.av.slices;
  const Traced buffer = constant("buffer.byte"), dma_gates = constant("dma.gates");
  place(Component::writer, 1,
        Silicon(technology_).sram(key_width * tokens * bits_per_byte).gates(dma_gates));
  auto& writer = entry(Component::writer).energies;
  writer[Event::key_row_write] = constant("sram.row_write") * Traced(columns_ / reference_cells);
  writer[Event::value_row_write] =
      constant("sram.row_write") * Traced(value_columns / reference_cells);
  writer[Event::buffer_read_byte] = writer[Event::buffer_write_byte] = buffer;

  const double inputs = c.shape.projected ? tokens * width : rows * width + 2 * tokens * kv_width;
  place(Component::memory, 1,
        Silicon(technology_).sram((inputs + 2 * rows * width) * bits_per_byte));
  auto& memory = entry(Component::memory).energies;
  memory[Event::memory_read_byte] = constant("memory.read_byte");
  memory[Event::memory_write_byte] = constant("memory.write_byte");

  place(Component::bus, 2, Silicon(technology_));
  const Traced wire = constant("wire.capacitance") * constant("bus.length");
  entry(Component::bus).energies[Event::bus_beat] =
      Traced(1e-3 * bits_per_byte * c.bus.bytes_per_cycle) * wire * constant("wire.activity") *
      constant("process.supply") * constant("process.supply");

  constexpr double channels = 2, word = 4;
  const double held = channels * c.dma.prefetch_rows * width +
                      chains_ * (c.pipeline.queue_depth + 1) * c.shape.d_k * word;
  place(Component::dma, 1,
        Silicon(technology_)
            .sram(held * bits_per_byte)
            .gates(dma_gates * Traced(channels + chains_)));
  auto& dma = entry(Component::dma).energies;
  dma[Event::buffer_read_byte] = dma[Event::buffer_write_byte] = buffer;
  dma[Event::requantise] = Traced(bits_per_byte) * adder(accumulator_bits);

  const bool buffers = pipeline::Schedule::of(c.pipeline.schedule).buffers_queries();
  place(Component::control, 1,
        Silicon(technology_)
            .sram(buffers ? rows * c.pipeline.banks * width * bits_per_byte : 0)
            .gates(constant("control.gates")));
  auto& control = entry(Component::control).energies;
  control[Event::buffer_read_byte] = control[Event::buffer_write_byte] = buffer;
}

double EnergyModel::leakage_mw(Component component) const {
  return entry(component).leakage_mw.value;
}

double EnergyModel::pj(Component component, Event event) const {
  const auto found = entry(component).energies.find(event);
  return found == entry(component).energies.end() ? 0 : found->second.value;
}

double EnergyModel::dynamic_pj(const stage::EventCounts& counts) const {
  double sum = 0;
  for (std::size_t c = 0; c < stage::component_count; ++c)
    for (const auto& [event, energy] : entries_[c].energies)
      sum += energy.value * double(counts.of(Component(c), event));
  return sum;
}

EnergyReport EnergyModel::evaluate(const stage::EventCounts& counts, std::int64_t cycles) const {
  EnergyReport report;
  report.technology = technology_;
  const double ns = double(cycles) * 1e3 / config_.clock.frequency_mhz;
  for (std::size_t i = 0; i < stage::component_count; ++i) {
    const auto component = Component(i);
    const Entry& from = entries_[i];
    if (from.instances == 0) {
      // What counts and is not there would cost nothing; what surrounds this kind of machine is no
      // part of it.
      for (std::size_t e = 0; e < stage::event_count; ++e)
        if (stage::counts(machine_, component) && counts.of(component, Event(e)) > 0)
          throw SimulationError(std::string("energy model: ") + stage::name_of(component) +
                                " counts " + stage::name_of(Event(e)) +
                                ", but this machine has none of it");
      continue;
    }
    ComponentReport to{component, from.instances, from.area_mm2, from.leakage_mw, {}, {}, {}};
    to.leakage_pj = from.leakage_mw * Traced(ns);
    for (std::size_t e = 0; e < stage::event_count; ++e) {
      const auto event = Event(e);
      const auto found = from.energies.find(event);
      const std::uint64_t count = counts.of(component, event);
      if (found == from.energies.end()) {
        if (count == 0) continue;
        throw SimulationError(std::string("energy model: ") + stage::name_of(component) +
                              " counts " + stage::name_of(event) + ", which has no energy there");
      }
      to.events.push_back({event, count, found->second * Traced(double(count))});
      to.dynamic_pj = to.dynamic_pj + to.events.back().pj;
    }
    report.dynamic_pj = report.dynamic_pj + to.dynamic_pj;
    report.leakage_pj = report.leakage_pj + to.leakage_pj;
    report.area_mm2 = report.area_mm2 + to.area_mm2;
    report.components.push_back(std::move(to));
  }
  report.used =
      report.dynamic_pj.constants | report.leakage_pj.constants | report.area_mm2.constants;
  return report;
}

}  // namespace topkima::energy
