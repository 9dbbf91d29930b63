// SPDX-License-Identifier: Apache-2.0
// Whole machines so small that what they count is known by hand.
#include <catch2/catch.hpp>

#include "attention_macro/simulate.h"
#include "former_soc/simulate.h"
#include "support/fresh_kernel.h"

using namespace topkima;
using stage::Component;
using stage::Event;

namespace {

using Given = std::vector<std::pair<std::string, std::string>>;

/// One head, two tokens of d_k 2, and `rows` rows of Q that are all [3, 0].
workload::Workload small(int rows) {
  workload::Workload workload;
  workload.shape = {1, 1, rows, 2, 2, false};
  std::vector<std::int8_t> q(std::size_t(rows) * 2, 0);
  for (std::size_t r = 0; r < std::size_t(rows); ++r) q[2 * r] = 3;
  workload.q = {{1, std::size_t(rows), 2}, {}, q};
  workload.k = {{1, 2, 2}, {}, {2, 1, -1, 4}};
  workload.v = {{1, 2, 2}, {}, {5, -6, 7, 8}};
  return workload;
}

report::RunResult run(bool soc, const workload::Workload& workload, Given given = {}) {
  testbenches::fresh_kernel();
  config::Settings settings;
  given.insert(given.begin(), {{"softmax.score_step", "0.001"}, {"ima.ramp_lsb", "1"}});
  for (const auto& [name, value] : given) settings.set(name, value, "test");
  return soc ? platforms::simulate_soc(settings, workload, {})
             : platforms::simulate_macro(settings, workload, {});
}

std::uint64_t count(const report::RunResult& run, Component component, Event event) {
  const auto* found = run.energy.find(component);
  REQUIRE(found);
  for (const auto& one : found->events)
    if (one.event == event) return one.count;
  FAIL("no such event");
  return 0;
}

}  // namespace

TEST_CASE("the events of one row in a macro, by hand") {
  for (const char* fidelity : {"row", "cycle"}) {
    const auto one = run(false, small(1), {{"fidelity.all", fidelity}, {"topk.k", "1"}});
    // Value 3 drives three word lines for 3 units each; value 0 drives none.
    CHECK(count(one, Component::key_array, Event::word_line_pulse) == 3);
    CHECK(count(one, Component::key_array, Event::pulse_unit) == 9);
    CHECK(count(one, Component::key_array, Event::bit_line_discharge) == 2);
    // Scores 6 and -3, so codes 6 and -3: the tenth step, of code 6, has the only grant.
    CHECK(count(one, Component::key_ramp, Event::ramp_cell_discharge) == 10);
    CHECK(count(one, Component::key_ramp, Event::comparator_decision) == 20);
    CHECK(count(one, Component::topk, Event::grant) == 1);
    CHECK(count(one, Component::topk, Event::arbiter_cycle) == 2 * 10);
    CHECK(count(one, Component::unite, Event::entry) == 1);
    CHECK(count(one, Component::exponent, Event::exponent) == 1);
    CHECK(count(one, Component::divider, Event::divide) == 1);
    // The winner's probability is 31; an array of 2 x 4 columns, a full ramp of steps of 3.
    CHECK(count(one, Component::av_array, Event::word_line_pulse) == 1);
    CHECK(count(one, Component::av_array, Event::pulse_unit) == 31);
    CHECK(count(one, Component::av_array, Event::bit_line_discharge) == 8);
    CHECK(count(one, Component::av_ramp, Event::ramp_cell_discharge) == 32 * 3);
    CHECK(count(one, Component::av_ramp, Event::comparator_decision) == 8 * 32);
    CHECK(count(one, Component::av_ramp, Event::shift_add) == 8);
  }
}

TEST_CASE("where pulses carry the cells' weights, their units do too") {
  const auto one = run(false, small(1), {{"score.weighting", "pulse"}});
  CHECK(count(one, Component::key_array, Event::word_line_pulse) == 3);
  CHECK(count(one, Component::key_array, Event::pulse_unit) == 3 * (1 + 2 + 4));
}

TEST_CASE("the baselines' events, by hand") {
  const auto conventional = run(false, small(1), {{"softmax.macro", "conventional"}});
  CHECK(count(conventional, Component::key_ramp, Event::ramp_cell_discharge) == 32);
  CHECK(count(conventional, Component::key_ramp, Event::comparator_decision) == 64);
  CHECK(count(conventional, Component::latch, Event::register_bit) == 2 * 5);
  CHECK(count(conventional, Component::exponent, Event::exponent) == 2);
  const auto sorted = run(
      false, small(1),
      {{"softmax.macro", "digital_topk"}, {"topk.k", "1"}, {"attention.scaling", "left_shift"}});
  CHECK(count(sorted, Component::sorter, Event::sort_step) == 2);
  CHECK(count(sorted, Component::shifter, Event::shift) == 2);
  CHECK(count(sorted, Component::divider, Event::divide) == 1);
}

TEST_CASE("twice the rows of Q, the same ones, take exactly twice the dynamic energy") {
  const auto one = run(false, small(3)), two = run(false, small(6));
  CHECK(two.energy.dynamic_pj.value == 2 * one.energy.dynamic_pj.value);
  CHECK(two.energy.leakage_pj.value > one.energy.leakage_pj.value);
  CHECK(two.energy.area_mm2.value == one.energy.area_mm2.value);
}

TEST_CASE("the events of the SoC around its heads, by hand, at both fidelities") {
  for (const char* fidelity : {"row", "cycle"}) {
    const auto soc = run(true, small(1), {{"fidelity.all", fidelity}});
    // K^T: 2 values of 3 cells; V: 2 tokens. The buffer takes 2 tokens of 2 bytes.
    CHECK(count(soc, Component::writer, Event::key_row_write) == 6);
    CHECK(count(soc, Component::writer, Event::value_row_write) == 2);
    CHECK(count(soc, Component::writer, Event::buffer_write_byte) == 4);
    CHECK(count(soc, Component::writer, Event::buffer_read_byte) == 4);
    // Q, K and V have 1, 2 and 2 rows of 2 bytes; the output has one.
    CHECK(count(soc, Component::memory, Event::memory_read_byte) == 10);
    CHECK(count(soc, Component::memory, Event::memory_write_byte) == 2);
    CHECK(count(soc, Component::bus, Event::bus_beat) == 5 + 1);
    CHECK(count(soc, Component::dma, Event::requantise) == 2);
    CHECK(count(soc, Component::dma, Event::buffer_write_byte) == 10);
    // Delivered as they came; the store reads 2 values of 4 bytes.
    CHECK(count(soc, Component::dma, Event::buffer_read_byte) == 10 + 8);
    CHECK(count(soc, Component::control, Event::buffer_write_byte) == 0);
  }
}

TEST_CASE("a schedule that buffers Q writes and reads its bytes") {
  const auto soc = run(true, small(3), {{"pipeline.schedule", "buffered"}});
  CHECK(count(soc, Component::control, Event::buffer_write_byte) == 6);
  CHECK(count(soc, Component::control, Event::buffer_read_byte) == 6);
}

TEST_CASE("the events of projections, by hand, at both fidelities") {
  workload::Workload workload;
  workload.shape = {1, 1, 2, 2, 2, true};
  workload.x = {{2, 2}, {127, 64, -1, 0}, {}};
  workload.wq = workload.wk = workload.wv = {{2, 2}, {1, 2, 3, 4}, {}};
  for (const char* fidelity : {"row", "cycle"}) {
    const auto soc = run(true, workload, {{"fidelity.all", fidelity}});
    // Ones: 7, 1, 8 of -1 in 8 bits, 0; for Q, K and V; 8 slices, 2 outputs.
    CHECK(count(soc, Component::projection, Event::rram_cell_read) == 3 * 16 * 8 * 2);
    // 3 projections, 2 tokens, 8 input bits, 8 slices, 2 outputs, one row block.
    CHECK(count(soc, Component::projection_adc, Event::adc_conversion) == 3 * 2 * 8 * 8 * 2);
    CHECK(count(soc, Component::projection_adc, Event::shift_add) == 3 * 2 * 8 * 8 * 2);
    CHECK(count(soc, Component::projection_adc, Event::addition) == 3 * 2 * 2);
    CHECK(count(soc, Component::projection_adc, Event::requantise) == 3 * 2 * 2);
  }
}

TEST_CASE("power over time is the same at both fidelities, interval by interval") {
  platforms::Observation observation;
  observation.power = true;
  for (const bool soc : {false, true})
    for (const char* macro : {"topkima", "conventional", "digital_topk"})
      for (const char* schedule : {"sequential", "coarse", "fine", "buffered"}) {
        INFO(soc << " " << macro << " " << schedule);
        std::vector<energy::Power> powers;
        for (const char* fidelity : {"row", "cycle"}) {
          testbenches::fresh_kernel();
          config::Settings settings;
          for (const auto& [name, value] : Given{{"attention.heads", "2"},
                                                 {"attention.tokens", "9"},
                                                 {"attention.d_model", "8"},
                                                 {"topk.split", "5,4"},
                                                 {"energy.interval_us", "0.035"},
                                                 {"softmax.macro", macro},
                                                 {"attention.scaling", "left_shift"},
                                                 {"pipeline.schedule", schedule},
                                                 {"fidelity.all", fidelity}})
            settings.set(name, value, "test");
          const auto workload = workload::make_workload(settings, soc);
          const auto run = soc ? platforms::simulate_soc(settings, workload, observation)
                               : platforms::simulate_macro(settings, workload, observation);
          powers.push_back(run.power);
        }
        REQUIRE(powers[0].interval == 7);
        CHECK(powers[0].total == powers[1].total);
        REQUIRE(powers[0].components.size() == powers[1].components.size());
        for (std::size_t i = 0; i < powers[0].components.size(); ++i)
          CHECK(powers[0].components[i].mw == powers[1].components[i].mw);
      }
}
