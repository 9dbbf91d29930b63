// SPDX-License-Identifier: Apache-2.0
#include "energy/energy_model.h"

#include <catch2/catch.hpp>

using namespace topkima;
using energy::EnergyModel;
using stage::Component;
using stage::Event;

namespace {

config::MachineConfig machine(const std::vector<std::pair<std::string, std::string>>& given = {},
                              const config::Shape& shape = {12, 12, 384, 384, 64, true}) {
  config::Settings settings;
  for (const auto& [name, value] : given) settings.set(name, value, "test");
  return config::resolve(settings, shape);
}

const energy::Technology& node(const char* name) {
  static const auto t65 = energy::read_technology("65nm"), t32 = energy::read_technology("32nm");
  return name[0] == '6' ? t65 : t32;
}

}  // namespace

TEST_CASE("without an event there is leakage alone, over the time of the run") {
  const EnergyModel model(node("65nm"), machine(), stage::in_soc);
  const auto report = model.evaluate({}, 1000);
  CHECK(report.dynamic_pj.value == 0);
  double mw = 0;
  for (const auto& component : report.components) {
    CHECK(component.dynamic_pj.value == 0);
    CHECK(component.leakage_pj.value == Approx(component.leakage_mw.value * 5000));
    mw += component.leakage_mw.value;
  }
  CHECK(report.energy_pj().value == Approx(mw * 5000));  // mW x ns
}

TEST_CASE("components add up to the totals, events to their components") {
  const EnergyModel model(node("32nm"), machine(), stage::in_soc);
  stage::EventCounts counts;
  counts.of(Component::topk, Event::grant) = 7;
  counts.of(Component::topk, Event::arbiter_cycle) = 900;
  counts.of(Component::memory, Event::memory_read_byte) = 12;
  const auto report = model.evaluate(counts, 10);
  double area = 0, energy = 0;
  for (const auto& component : report.components) {
    area += component.area_mm2.value;
    energy += component.energy_pj().value;
    double events = 0;
    for (const auto& event : component.events) events += event.pj.value;
    CHECK(events == Approx(component.dynamic_pj.value));
  }
  CHECK(area == Approx(report.area_mm2.value));
  CHECK(energy == Approx(report.energy_pj().value));
  CHECK(report.find(Component::memory)->dynamic_pj.value == Approx(12 * 7.43));
}

TEST_CASE("bounds of components add up to those of the totals, of events to their components") {
  auto technology = node("32nm");
  for (auto& [band, node, conditions, provenance, citation] : technology.values) {
    const auto [low, high] = std::minmax({0.5 * band.value, 3 * band.value});
    band = {band.value, low, high};
  }
  const EnergyModel model(technology, machine(), stage::in_soc);
  stage::EventCounts counts;
  counts.of(Component::topk, Event::grant) = 7;
  counts.of(Component::projection_adc, Event::adc_conversion) = 900;
  counts.of(Component::memory, Event::memory_read_byte) = 12;
  const auto report = model.evaluate(counts, 10);
  for (const auto bound : {&energy::Band::low, &energy::Band::value, &energy::Band::high}) {
    double area = 0, energy = 0;
    for (const auto& component : report.components) {
      area += component.area_mm2.*bound;
      energy += component.energy_pj().*bound;
      double events = 0;
      for (const auto& event : component.events) events += event.pj.*bound;
      CHECK(events == Approx(component.dynamic_pj.*bound));
      CHECK(component.energy_pj().low <= component.energy_pj().value);
      CHECK(component.energy_pj().value <= component.energy_pj().high);
    }
    CHECK(area == Approx(report.area_mm2.*bound));
    CHECK(energy == Approx(report.energy_pj().*bound));
  }
  CHECK(report.find(Component::memory)->dynamic_pj.high == Approx(3 * 12 * 7.43));
}

TEST_CASE("a band, by hand") {
  // 1000 conversions of 9 bits on lines of 256 cells: 0.101 pJ at 5 bits, 0.101 to 1.009, times
  // (900 + 262.144) / (500 + 1.024), whose capacitances have one source.
  const EnergyModel model(node("32nm"), machine(), stage::in_soc);
  stage::EventCounts counts;
  counts.of(Component::projection_adc, Event::adc_conversion) = 1000;
  const auto pj = model.evaluate(counts, 0).energy_pj();
  CHECK(pj.value == Approx(234.27).epsilon(1e-4));
  CHECK(pj.low == pj.value);
  CHECK(pj.high == Approx(2340.4).epsilon(1e-4));
}

TEST_CASE("an ADC's energy over that of 5 bits is bounded by what both capacitances allow") {
  auto technology = node("32nm");
  const auto band = [&](const char* name) -> energy::Band& {
    return technology.values[config::technology_constant(name)].band;
  };
  band("rram.column_read_adc") = {0.1, 0.1, 0.1};
  band("adc.capacitance_per_bit") = {100, 50, 200};
  band("adc.capacitance_per_code") = {0.001, 0, 0.002};
  const auto conversion = [&](const char* bits) {
    const EnergyModel model(technology, machine({{"rram.adc_bits", bits}}), stage::in_soc);
    stage::EventCounts counts;
    counts.of(Component::projection_adc, Event::adc_conversion) = 1;
    return model.evaluate(counts, 0).energy_pj();
  };
  // Whatever the capacitances are, 5 bits take what they take.
  CHECK(conversion("5").low == Approx(0.1));
  CHECK(conversion("5").high == Approx(0.1));
  CHECK(conversion("9").low == Approx(0.1 * 9 / 5));
  CHECK(conversion("9").high == Approx(0.1 * (450 + 524.288) / (250 + 2.048)));
  // Fewer bits gain most where the part over 4^bits is largest.
  CHECK(conversion("3").low == Approx(0.1 * (150 + 0.128) / (250 + 2.048)));
  CHECK(conversion("3").high == Approx(0.1 * 3 / 5));
}

TEST_CASE("the energies of the arrays' events, by hand") {
  const EnergyModel model(node("65nm"), machine(), stage::in_macro);
  // Crossbars of 256 and 128 columns: 192 on the mean, of 256.
  CHECK(model.pj(Component::key_array, Event::word_line_pulse) == Approx(0.139 * 192 / 256));
  CHECK(model.pj(Component::key_array, Event::bit_line_discharge) == Approx(0.075));
  CHECK(model.pj(Component::key_ramp, Event::ramp_cell_discharge) == Approx(0.075 / 256));
  CHECK(model.pj(Component::key_ramp, Event::comparator_decision) == Approx(0.335 / 31));
  // An 8-bit address and a 5-bit code.
  CHECK(model.pj(Component::topk, Event::grant) == Approx(13 * 0.156 / 8));
  // Six steps of a 32-bit subtraction and a 32-bit remainder.
  CHECK(model.pj(Component::divider, Event::divide) == Approx(6 * (4 * 0.069 + 4 * 0.156)));
  CHECK(model.pj(Component::key_array, Event::grant) == 0);
}

TEST_CASE("an ADC's energy and area follow its bits") {
  const auto conversion = [](const std::string& bits) {
    const EnergyModel model(node("32nm"), machine({{"rram.adc_bits", bits}}), stage::in_soc);
    return model.pj(Component::projection_adc, Event::adc_conversion);
  };
  CHECK(conversion("5") == Approx(0.101));
  CHECK(conversion("9") == Approx(0.101 * (900 + 262.144) / (500 + 1.024)));
  const auto area = [](const std::string& bits) {
    const EnergyModel model(node("32nm"), machine({{"rram.adc_bits", bits}}), stage::in_soc);
    return model.evaluate({}, 0).find(Component::projection_adc)->area_mm2.value;
  };
  // 3 projections, 3 row blocks of 768 x 8 columns, 8 of which share an ADC.
  CHECK(area("8") - area("5") ==
        Approx(3 * 3 * 768 * (1200 - 9.25 * 32 * std::pow(10, -0.1845)) * 1e-6).epsilon(1e-3));
}

TEST_CASE("areas of cells, by hand") {
  const EnergyModel model(node("65nm"), machine(), stage::in_macro);
  const auto report = model.evaluate({}, 0);
  // One bank in a macro: 24 tiles of 192 rows and 192 columns on the mean, half as much periphery.
  const double cells = 192 * 192 * 280 * 0.065 * 0.065 * 1.5, drivers = 192 * 40 * 1.44;
  const auto* array = report.find(Component::key_array);
  CHECK(array->instances == 24);
  CHECK(array->area_mm2.value == Approx(24 * (cells + drivers) * 1e-6));
  const auto soc = EnergyModel(node("65nm"), machine(), stage::in_soc).evaluate({}, 0);
  CHECK(soc.find(Component::key_array)->area_mm2.value == Approx(2 * array->area_mm2.value));
  CHECK(report.find(Component::memory) == nullptr);
}

TEST_CASE("a machine has the components that it is made of") {
  const auto has = [](const std::vector<std::pair<std::string, std::string>>& given) {
    const EnergyModel model(node("65nm"), machine(given), stage::in_soc);
    std::vector<std::string> names;
    for (const auto component : {Component::topk, Component::unite, Component::latch,
                                 Component::shifter, Component::sorter, Component::fold})
      if (model.has(component)) names.push_back(stage::name_of(component));
    return names;
  };
  using Names = std::vector<std::string>;
  CHECK(has({}) == Names{"topk", "union"});
  CHECK(has({{"softmax.macro", "conventional"}}) == Names{"latch"});
  CHECK(has({{"softmax.macro", "digital_topk"}, {"attention.scaling", "left_shift"}}) ==
        Names{"latch", "shifter", "sorter"});
  CHECK(has({{"softmax.macro", "digital_topk"}, {"attention.scaling", "in_k_weights"}}) ==
        Names{"latch", "sorter", "fold"});
}

TEST_CASE("an event that its component knows no energy of is an error, not free") {
  const EnergyModel model(node("65nm"), machine(), stage::in_soc);
  stage::EventCounts counts;
  counts.of(Component::memory, Event::grant) = 1;
  CHECK_THROWS_WITH(model.evaluate(counts, 1),
                    "energy model: memory counts grant, which has no energy there");
}

TEST_CASE("an event of a component that the machine has none of is an error, not free") {
  const EnergyModel model(node("65nm"), machine(), stage::in_soc);
  stage::EventCounts counts;
  counts.of(Component::sorter, Event::sort_step) = 1;
  CHECK_THROWS_WITH(model.evaluate(counts, 1),
                    "energy model: sorter counts sort_step, but this machine has none of it");
}

TEST_CASE("the share that rests on assumptions is that of the assumed constants") {
  auto technology = node("65nm");
  const auto model = [&] { return EnergyModel(technology, machine(), stage::in_macro); };
  stage::EventCounts counts;
  counts.of(Component::key_array, Event::bit_line_discharge) = 1'000'000'000;
  CHECK(model().evaluate(counts, 1).dynamic_pj.assumed_share() == 0);
  technology.values[config::technology_constant("sram.column_read")].provenance =
      energy::Provenance::assumption;
  const auto report = model().evaluate(counts, 1);
  CHECK(report.dynamic_pj.assumed_share() == 1);
  CHECK(report.energy_pj().assumed_share() > 0.99);
  CHECK(report.used[config::technology_constant("sram.column_read")]);
  CHECK_FALSE(report.used[config::technology_constant("rram.row_read")]);
}
