// SPDX-License-Identifier: Apache-2.0
#pragma once
// What blocks count, and for which part of the machine: integers from which energy follows
// (docs/energy-model.md). No SystemC here.

#include <array>
#include <cstddef>
#include <cstdint>

namespace topkima::stage {

/// Parts of the machine whose energy and area are told. The heads' instances count together.
enum class Component {
  key_array,  ///< K^T cells with their word-line drivers
  key_ramp,   ///< replica cells of the ramp, comparators
  topk,       ///< arbiter, encoder, counter
  unite,      ///< "union"
  latch,      ///< code registers of a full-ramp conversion
  shifter,
  sorter,
  exponent,
  divider,
  av_array,        ///< V cells with their word-line drivers
  av_ramp,         ///< replica cells, comparators, shift-and-add
  projection,      ///< RRAM arrays with their drivers
  projection_adc,  ///< ADCs, shift-and-add, adder tree, requantisation
  fold,            ///< the heads' W_K^T, arrays and ADCs
  dense,           ///< an encoder's other matrices: RRAM arrays with their drivers
  dense_adc,       ///< as projection_adc
  vector,          ///< an encoder's vector units, with the buffers of the residual stream
  writer,          ///< of K^T and V, with the buffer that transposes
  memory,          ///< of the tokens
  bus,
  dma,      ///< readers and stores, with their buffers
  control,  ///< controller, registers, distributor with its buffer
};
constexpr std::size_t component_count = std::size_t(Component::control) + 1;

enum class Event {
  word_line_pulse,
  pulse_unit,
  bit_line_discharge,
  ramp_cell_discharge,
  comparator_decision,
  arbiter_cycle,
  grant,
  entry,
  register_bit,
  shift,
  sort_step,
  exponent,
  divide,
  rram_cell_read,
  adc_conversion,
  shift_add,
  addition,
  requantise,
  multiplication,
  root,
  lookup,
  key_row_write,
  value_row_write,
  buffer_read_byte,
  buffer_write_byte,
  memory_read_byte,
  memory_write_byte,
  bus_beat,
};
constexpr std::size_t event_count = std::size_t(Event::bus_beat) + 1;

constexpr std::array<const char*, component_count> component_names{
    "key_array",      "key_ramp", "topk",    "union",     "latch",   "shifter",
    "sorter",         "exponent", "divider", "av_array",  "av_ramp", "projection",
    "projection_adc", "fold",     "dense",   "dense_adc", "vector",  "writer",
    "memory",         "bus",      "dma",     "control"};

struct EventDescription {
  const char* name;
  const char* meaning;
};
constexpr std::array<EventDescription, event_count> events{{
    {"word_line_pulse", "a word line is driven"},
    {"pulse_unit", "a word line stays up for one unit of its pulse"},
    {"bit_line_discharge", "a bit line is precharged and discharged once"},
    {"ramp_cell_discharge", "a replica cell takes part in a ramp step"},
    {"comparator_decision", "a comparator that is on sees a ramp step"},
    {"arbiter_cycle", "a column of an arbiter is clocked, from the first ramp step to the last"},
    {"grant", "a column is encoded and counted"},
    {"entry", "a winner is latched and packed"},
    {"register_bit", "a flip-flop is written"},
    {"shift", "an element passes the shifter"},
    {"sort_step", "an element is compared with one place of a sorter"},
    {"exponent", "an exponent is looked up and accumulated"},
    {"divide", "an exponent is divided by the sum"},
    {"rram_cell_read", "an RRAM cell's word line is driven, for one input bit"},
    {"adc_conversion", "a partial sum is converted"},
    {"shift_add", "a converted sum is shifted and added"},
    {"addition", "two accumulators or codes are added"},
    {"requantise", "an accumulator is scaled to its output's width"},
    {"multiplication", "two numbers of 16 bits are multiplied"},
    {"root", "a square root and a reciprocal are taken"},
    {"lookup", "a table of 256 bytes is looked up"},
    {"key_row_write", "a word line of a K^T array is written"},
    {"value_row_write", "a token's row of a AV array is written"},
    {"buffer_read_byte", "a byte is read from a small buffer"},
    {"buffer_write_byte", "a byte is written to a small buffer"},
    {"memory_read_byte", "a byte is read from the token memory"},
    {"memory_write_byte", "a byte is written to the token memory"},
    {"bus_beat", "the bus moves a word"},
}};

constexpr const char* name_of(Component component) {
  return component_names[std::size_t(component)];
}
constexpr const char* name_of(Event event) { return events[std::size_t(event)].name; }

/// How often each event happened in each component.
struct EventCounts {
  std::array<std::array<std::uint64_t, event_count>, component_count> counts{};

  std::uint64_t& of(Component component, Event event) {
    return counts[std::size_t(component)][std::size_t(event)];
  }
  std::uint64_t of(Component component, Event event) const {
    return counts[std::size_t(component)][std::size_t(event)];
  }
};

}  // namespace topkima::stage
