// SPDX-License-Identifier: Apache-2.0
#include "energy/area.h"

namespace topkima::energy {

Traced Silicon::cell_area(const char* name) const {
  const Traced feature = constant("process.node") * Traced(1e-3);
  return constant(name) * feature * feature;
}

void Silicon::logic(const Traced& area) {
  area_um2_ = area_um2_ + area;
  leakage_pw_ = leakage_pw_ + area / constant("logic.nand2_area") * constant("logic.nand2_leakage");
}

Silicon& Silicon::gates(const Traced& count) {
  area_um2_ = area_um2_ + count * constant("logic.nand2_area");
  leakage_pw_ = leakage_pw_ + count * constant("logic.nand2_leakage");
  return *this;
}

Silicon& Silicon::sram(double cells) {
  const Traced area = Traced(cells) * cell_area("sram.cell_area");
  area_um2_ = area_um2_ + area;
  leakage_pw_ = leakage_pw_ + Traced(cells) * constant("sram.cell_leakage");
  logic(area * constant("sram.periphery"));
  return *this;
}

Silicon& Silicon::rram(double cells) {
  const Traced area = Traced(cells) * cell_area("rram.cell_area");
  area_um2_ = area_um2_ + area;
  logic(area * constant("rram.periphery"));
  return *this;
}

Silicon& Silicon::comparators(double count) {
  logic(Traced(count) * constant("ramp.comparator_area"));
  return *this;
}

Silicon& Silicon::adcs(double count, int bits) {
  const Traced slope = constant("adc.area_slope");
  const auto shape_at = [&](double exponent) {
    return std::pow(10, exponent * bits) * std::exp2(bits);
  };
  Traced shape = slope;
  static_cast<Band&>(shape) = {shape_at(slope.value), shape_at(slope.low), shape_at(slope.high)};
  area_um2_ = area_um2_ + Traced(count) * constant("adc.unit_area") * shape;
  // Most of an ADC is capacitors.
  leakage_pw_ = leakage_pw_ + Traced(count * bits) * constant("adc.gates_per_bit") *
                                  constant("logic.nand2_leakage");
  return *this;
}

}  // namespace topkima::energy
