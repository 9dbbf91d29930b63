// SPDX-License-Identifier: Apache-2.0
#pragma once
// Silicon of one instance of a component: its area, and the power that leaks from it.

#include "energy/technology.h"

namespace topkima::energy {

class Silicon {
 public:
  explicit Silicon(const Technology& technology) : technology_(&technology) {}

  /// NAND2 equivalents of logic.
  Silicon& gates(const Traced& count);
  /// SRAM cells with their periphery.
  Silicon& sram(double cells);
  /// RRAM cells, which do not leak, with their periphery, which does.
  Silicon& rram(double cells);
  Silicon& comparators(double count);
  Silicon& adcs(double count, int bits);

  Traced area_mm2() const { return area_um2_ * Traced(1e-6); }
  Traced leakage_mw() const { return leakage_pw_ * Traced(1e-9); }

 private:
  Traced constant(const char* name) const { return (*technology_)[name]; }
  Traced cell_area(const char* name) const;
  /// Logic of so many um2.
  void logic(const Traced& area);

  const Technology* technology_;
  Traced area_um2_, leakage_pw_;
};

}  // namespace topkima::energy
