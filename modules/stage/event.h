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
  topk,       ///< arbiter, address encoder, counter
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
  end       ///< behind the last
};
constexpr std::size_t component_count = std::size_t(Component::end);

enum class Event {
  word_line_pulse,
  pulse_unit,
  bit_line_discharge,
  ramp_cell_discharge,
  comparator_decision,
  arbiter_cycle,
  grant,
  tree_node,
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
  end  ///< behind the last
};
constexpr std::size_t event_count = std::size_t(Event::end);

constexpr std::array component_names{
    "key_array",      "key_ramp", "topk",    "union",     "latch",   "shifter",
    "sorter",         "exponent", "divider", "av_array",  "av_ramp", "projection",
    "projection_adc", "fold",     "dense",   "dense_adc", "vector",  "writer",
    "memory",         "bus",      "dma",     "control"};

struct EventDescription {
  const char* name;
  const char* meaning;
};
constexpr std::array events{
    EventDescription{"word_line_pulse", "a word line is driven"},
    EventDescription{"pulse_unit", "a word line stays up for one unit of its pulse"},
    EventDescription{"bit_line_discharge", "a bit line is precharged and discharged once"},
    EventDescription{"ramp_cell_discharge", "a replica cell takes part in a ramp step"},
    EventDescription{"comparator_decision", "a comparator that is on sees a ramp step"},
    EventDescription{"arbiter_cycle",
                     "a column of an arbiter is clocked, from the first ramp step to the last"},
    EventDescription{"grant", "a column is encoded and counted"},
    EventDescription{"tree_node",
                     "a node of the tree that joins crossbars to one counter is clocked"},
    EventDescription{"entry", "a winner is latched and packed"},
    EventDescription{"register_bit", "a flip-flop is written"},
    EventDescription{"shift", "an element passes the shifter"},
    EventDescription{"sort_step", "an element is compared with one place of a sorter"},
    EventDescription{"exponent", "an exponent is looked up and accumulated"},
    EventDescription{"divide", "an exponent is divided by the sum"},
    EventDescription{"rram_cell_read", "an RRAM cell's word line is driven, for one input bit"},
    EventDescription{"adc_conversion", "a partial sum is converted"},
    EventDescription{"shift_add", "a converted sum is shifted and added"},
    EventDescription{"addition", "two accumulators or codes are added"},
    EventDescription{"requantise", "an accumulator is scaled to its output's width"},
    EventDescription{"multiplication", "two numbers of 16 bits are multiplied"},
    EventDescription{"root", "a square root and a reciprocal are taken"},
    EventDescription{"lookup", "a table of 256 bytes is looked up"},
    EventDescription{"key_row_write", "a word line of a K^T array is written"},
    EventDescription{"value_row_write", "a token's row of an AV array is written"},
    EventDescription{"buffer_read_byte", "a byte is read from a small buffer"},
    EventDescription{"buffer_write_byte", "a byte is written to a small buffer"},
    EventDescription{"memory_read_byte", "a byte is read from the token memory"},
    EventDescription{"memory_write_byte", "a byte is written to the token memory"},
    EventDescription{"bus_beat", "the bus moves a word"}};
// Neither list can be shorter or longer than its enumeration.
static_assert(component_names.size() == component_count && events.size() == event_count);

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
