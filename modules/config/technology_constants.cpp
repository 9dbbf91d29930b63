// SPDX-License-Identifier: Apache-2.0
#include "config/technology_constants.h"

#include <algorithm>

namespace topkima::config {

std::string TechnologyConstant::parameter() const {
  std::string text = name;
  std::replace(text.begin(), text.end(), '.', '_');
  return "tech." + text;
}

const std::vector<TechnologyConstant>& technology_constants() {
  constexpr double most_pj = 1e6, most_gates = 1e9, most_area = 1e9;
  static const std::vector<TechnologyConstant> constants{
      {"process.node", "nm", 1, 1000, "feature size F"},
      {"process.supply", "V", 0.1, 10, "supply voltage"},
      {"sram.row_read", "pJ", 0, most_pj, "a pulse on a word line across 256 SRAM cells"},
      {"sram.column_read", "pJ", 0, most_pj, "a bit line of 256 SRAM cells is read, without ADC"},
      {"sram.column_read_adc", "pJ", 0, most_pj,
       "a bit line of 256 SRAM cells is read by a 5-bit ADC of 31 decisions"},
      {"sram.row_write", "pJ", 0, most_pj, "256 SRAM cells on one word line are written"},
      {"sram.cell_area", "F2", 1, 1e6, "area of an SRAM cell"},
      {"sram.periphery", "", 0, 100,
       "area of decoder, precharge and write drivers over that of the cells"},
      {"sram.cell_leakage", "pW", 0, 1e9, "leakage of an SRAM cell"},
      {"rram.row_read", "pJ", 0, most_pj, "a pulse on a word line across 256 RRAM cells"},
      {"rram.column_read_adc", "pJ", 0, most_pj,
       "a bit line of 256 RRAM cells is read with a 5-bit ADC"},
      {"rram.cell_area", "F2", 1, 1e6, "area of a cell of one transistor and one resistor"},
      {"rram.periphery", "", 0, 100,
       "area of drivers, level shifters and multiplexers over that of the cells"},
      {"adc.capacitance_per_bit", "fF", 0, 1e6,
       "capacitance that an ADC's energy goes with: its part for every bit"},
      {"adc.capacitance_per_code", "fF", 0, 1e6,
       "capacitance that an ADC's energy goes with: its part over 4^bits"},
      {"adc.unit_area", "um2", 0, most_area,
       "an ADC's area over 2^bits * 10^(adc.area_slope * bits)"},
      {"adc.area_slope", "1/bit", -1, 1,
       "exponent of an ADC's area, for every bit (adc.unit_area)"},
      {"adc.gates_per_bit", "NAND2", 0, most_gates, "gates of an ADC, which leak, for every bit"},
      {"ramp.comparator_area", "um2", 0, most_area, "area of a bit line's comparator"},
      {"ramp.control_gates", "NAND2", 0, most_gates, "gates of the ramp controller of an array"},
      {"driver.gates", "NAND2", 0, most_gates, "gates of the pulse-width driver of a word line"},
      {"logic.nand2_area", "um2", 1e-6, 1e6, "area of a two-input NAND gate"},
      {"logic.nand2_leakage", "pW", 0, 1e9, "leakage of a two-input NAND gate"},
      {"logic.adder_8bit", "pJ", 0, most_pj, "an addition of 8 bits"},
      {"logic.register_8bit", "pJ", 0, most_pj, "8 flip-flops are clocked"},
      {"logic.shift_add", "pJ", 0, most_pj, "a partial sum is shifted and added"},
      {"logic.activity", "", 0, 1, "share of control logic's gates that switch in a cycle"},
      {"logic.full_adder_gates", "NAND2", 1, 1000, "area of a full adder"},
      {"logic.flip_flop_gates", "NAND2", 0, 1000, "area of a flip-flop"},
      {"logic.mux_gates", "NAND2", 0, 1000, "area of a two-input multiplexer"},
      {"topk.counter_gates", "NAND2", 0, most_gates,
       "gates of arbiter, address encoder and counter for 256 columns with 5-bit codes"},
      {"topk.union_gates", "NAND2", 0, most_gates,
       "gates of the union of 4 crossbars with 8 winners each"},
      {"softmax.exponent_gates", "NAND2", 0, most_gates,
       "gates of the exponent half for 8 winners and 5-bit codes"},
      {"softmax.divider_gates", "NAND2", 0, most_gates, "gates of the divider half for 8 winners"},
      {"buffer.byte", "pJ", 0, most_pj, "a byte is read from or written to a buffer of some KB"},
      {"memory.read_byte", "pJ", 0, most_pj, "a byte is read from the token memory"},
      {"memory.write_byte", "pJ", 0, most_pj, "a byte is written to the token memory"},
      {"wire.capacitance", "fF/um", 0, 1e6, "capacitance of a wire on the chip"},
      {"wire.activity", "", 0, 1, "share of the bus wires that switch with a beat"},
      {"bus.length", "um", 0, 1e6, "length of the bus wires"},
      {"control.gates", "NAND2", 0, most_gates, "gates of controller, distributor and registers"},
      {"dma.gates", "NAND2", 0, most_gates,
       "gates that control a DMA channel, a store or the writer"},
  };
  return constants;
}

std::size_t technology_constant(const std::string& name) {
  const auto& all = technology_constants();
  return std::size_t(std::find_if(all.begin(), all.end(),
                                  [&](const auto& constant) { return name == constant.name; }) -
                     all.begin());
}

}  // namespace topkima::config
