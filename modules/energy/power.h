// SPDX-License-Identifier: Apache-2.0
#pragma once
// Power over time: what the events of an interval take, and leakage.

#include <cstdint>
#include <string>
#include <vector>

#include "energy/energy_model.h"
#include "stage/tally.h"

namespace topkima::energy {

struct Power {
  struct Series {
    stage::Component component;
    std::vector<double> mw;  ///< by interval
  };

  std::int64_t interval = 0;  ///< cycles; the last one ends with the run
  std::int64_t cycles = 0;    ///< of the run
  std::vector<Series> components;
  std::vector<double> total;  ///< mW, by interval

  std::int64_t length(std::size_t i) const;
  double peak_mw() const;
  double mean_mw() const;
};

/// The power of the components that the machine has; empty without intervals.
Power power_over_time(const EnergyModel& model, const stage::Tally& tally, std::int64_t cycles,
                      double frequency_mhz);
/// A power as it is shown everywhere: 6 digits, which every viewer keeps.
double shown(double mw);
/// start_us, a column of mW for each component, total.
std::string power_csv(const Power& power, double frequency_mhz);

}  // namespace topkima::energy
