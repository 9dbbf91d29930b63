// SPDX-License-Identifier: Apache-2.0
#include "energy/power.h"

#include <catch2/catch.hpp>
#include <numeric>

using namespace topkima;
using stage::Component;
using stage::Event;

namespace {

energy::EnergyModel model() {
  config::Settings settings;
  return {energy::read_technology("32nm"), config::resolve(settings, {1, 1, 4, 4, 8, false}),
          stage::in_soc};
}

}  // namespace

TEST_CASE("power by interval adds up to the energy of the run, its last interval a short one") {
  stage::Tally tally;
  tally.keep_intervals(200);
  tally.count(Component::memory, Event::memory_read_byte, 0, 1000, 150, 120);
  tally.count(Component::bus, Event::bus_beat, 0, 7, 399, 2);
  const auto m = model();
  const auto power = energy::power_over_time(m, tally, 450, 200);
  REQUIRE(power.total.size() == 3);
  CHECK(power.length(0) == 200);
  CHECK(power.length(2) == 50);
  const auto report = m.evaluate(tally.counts(), 450);
  double pj = 0;
  for (std::size_t i = 0; i < 3; ++i) pj += power.total[i] * double(power.length(i)) * 5;
  CHECK(pj == Approx(report.energy_pj().value));
  CHECK(power.mean_mw() == Approx(report.energy_pj().value / (450 * 5)));
  CHECK(power.peak_mw() == power.total[1]);
}

TEST_CASE("what is counted behind the end of a run belongs to its last interval") {
  stage::Tally tally;
  tally.keep_intervals(10);
  tally.count(Component::bus, Event::bus_beat, 0, 5, 40, 10);
  const auto m = model();
  const auto power = energy::power_over_time(m, tally, 20, 200);
  REQUIRE(power.total.size() == 2);
  CHECK(power.total[1] > power.total[0]);
}

TEST_CASE("without intervals there is no power over time") {
  stage::Tally tally;
  tally.count(Component::bus, Event::bus_beat, 0, 5, 0, 10);
  CHECK(energy::power_over_time(model(), tally, 20, 200).total.empty());
}

TEST_CASE("the table of power has a column per component, and the total") {
  stage::Tally tally;
  tally.keep_intervals(200);
  const auto text = energy::power_csv(energy::power_over_time(model(), tally, 450, 200), 200);
  CHECK(text.rfind("start_us,key_array_mw,", 0) == 0);
  CHECK(text.find(",total_mw\n0,") != std::string::npos);
  CHECK(text.find("\n2,") != std::string::npos);
}
