// SPDX-License-Identifier: Apache-2.0
// The ramp clock by clock, against a counter that the test plays.
#include <catch2/catch.hpp>

#include "ima/mask_unit.h"
#include "ima/ramp_ima.h"
#include "support/columns.h"
#include "support/row_ends.h"
#include "support/script.h"

using namespace topkima;
using namespace topkima::testbenches;
using Kind = stage::RampStep::Kind;
using Cycles = std::vector<std::int64_t>;

namespace {

/// Notes each step and holds the ramp for so many cycles; stops it with the given step.
class FakeCounter : public sc_core::sc_module {
 public:
  struct Step {
    std::int64_t cycle;
    Kind kind;
    int code, participants;
    std::uint64_t fired;
  };

  tlm_utils::simple_target_socket<FakeCounter> in{"in"};

  FakeCounter(const sc_core::sc_module_name& module, const stage::Clock& clock)
      : sc_core::sc_module(module), clock_(clock) {
    in.register_b_transport(this, &FakeCounter::take);
  }

  std::vector<Step> steps;
  Cycles hold;  ///< by step; one where nothing is said
  std::size_t stop_at = SIZE_MAX;

 private:
  void take(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    auto* step = payload.get_extension<stage::RampStep>();
    std::uint64_t fired = 0;
    std::memcpy(&fired, payload.get_data_ptr(), sizeof fired);
    steps.push_back({clock_.now(), step->kind, step->code, step->participants, fired});
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    const std::size_t number = steps.size() - 2;  // the arming is none
    if (step->kind == Kind::arm) return;
    clock_.spend(number < hold.size() ? hold[number] : 1);
    step->stop = number == stop_at || step->kind == Kind::last;
  }

  const stage::Clock& clock_;
};

struct Falling {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  ima::RampIma ima;
  ima::MaskUnit mask;
  FakeCounter counter{"counter", context.clock};
  Recording row_counter{"row_counter"};
  Initiator host{"host"}, mask_host{"mask_host"};
  std::vector<std::int32_t> scores;
  std::int64_t returned = 0;
  Script sender;

  explicit Falling(const ima::RampIma::Config& config)
      : ima("ima", config),
        mask("mask", blocked({config.columns})),
        sender("sender", context, [this](Script& script) {
          script.until(10);
          stage::RowPayload payload;
          payload.extension.tag = tag_of(7);
          sc_core::sc_time delay = context.clock.span(2);
          auto& row = payload.write(scores.data(), scores.size() * sizeof scores[0]);
          script.out->b_transport(row, delay);
          stage::expect_ok(row, "sender");
          CHECK(delay == sc_core::SC_ZERO_TIME);
          returned = context.clock.now();
        }) {
    sender.out.bind(ima.scores);
    host.out.bind(ima.control);
    ima.mask.bind(mask);
    mask_host.out.bind(mask.control);
    ima.codes.bind(row_counter.in);
    ima.crossings.bind(counter.in);
    host.at_start = [this] {
      CHECK(host.write32(registers::ima::ramp_lsb.offset, 4) == tlm::TLM_OK_RESPONSE);
    };
  }
};

}  // namespace

TEST_CASE("the ramp falls a step per cycle, is held by the counter and stops with it, by hand") {
  // 3 bits, step 4: thresholds 10, 6, 2, -2, ... of codes 3, 2, 1, 0, ...
  Falling f({4, 0, 3, stage::Fidelity::cycle});
  f.scores = {6, 1, 12, 5};
  f.counter.hold = {1, 5, 2};
  f.counter.stop_at = 2;
  sc_core::sc_start();
  // The row comes at 10 with a delay of 2.
  REQUIRE(f.counter.steps.size() == 4);
  const FakeCounter::Step expected[] = {{12, Kind::arm, 4, 4, 0},
                                        {12, Kind::step, 3, 4, 0b0100},
                                        {13, Kind::step, 2, 4, 0b0001},
                                        {18, Kind::step, 1, 4, 0b1000}};
  for (std::size_t s = 0; s < 4; ++s) {
    CHECK(f.counter.steps[s].cycle == expected[s].cycle);
    CHECK(f.counter.steps[s].kind == expected[s].kind);
    CHECK(f.counter.steps[s].code == expected[s].code);
    CHECK(f.counter.steps[s].participants == expected[s].participants);
    CHECK(f.counter.steps[s].fired == expected[s].fired);
  }
  CHECK(f.returned == 20);
}

TEST_CASE("a ramp that nobody stops ends with its lowest step, where all that are left fire") {
  Falling f({3, 0, 2, stage::Fidelity::cycle});
  f.scores = {-1000, 0, 1000};
  sc_core::sc_start();
  REQUIRE(f.counter.steps.size() == 5);
  CHECK(f.counter.steps[1].fired == 0b100);
  CHECK(f.counter.steps[2].fired == 0b010);
  CHECK(f.counter.steps[3].fired == 0);
  CHECK(f.counter.steps[4].fired == 0b001);
  CHECK(f.counter.steps[4].kind == Kind::last);
  CHECK(f.returned == 16);
}
