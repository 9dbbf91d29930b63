// SPDX-License-Identifier: Apache-2.0
#include "topk/crossbar_join.h"

#include <catch2/catch.hpp>
#include <random>

#include "ima/mask_unit.h"
#include "ima/ramp_ima.h"
#include "support/columns.h"
#include "support/fresh_kernel.h"
#include "support/ramp_walk.h"
#include "support/row_ends.h"
#include "topk/topk_counter.h"

using namespace topkima;
using namespace topkima::testbenches;

namespace {

/// Drives the scores of one crossbar into its ramp, in a process of its own.
class Driver : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Driver> out{"out"};
  std::vector<std::int32_t> scores;
  sc_core::sc_time took;

  explicit Driver(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }

 private:
  void run() {
    if (scores.empty()) return;  // its crossbar rests
    payload_.extension.tag = tag_of(0);
    sc_core::sc_time delay;
    auto& payload = payload_.write(scores.data(), scores.size() * sizeof scores[0]);
    out->b_transport(payload, delay);
    stage::expect_ok(payload, name());
    took = sc_core::sc_time_stamp() + delay;
  }
  stage::RowPayload payload_;
};

}  // namespace

TEST_CASE("a head's counter grants what one of a crossbar as wide as all does, and adds its tree") {
  std::mt19937 random(31);
  for (int seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    const auto fidelity = seed % 2 ? stage::Fidelity::cycle : stage::Fidelity::row;
    std::vector<int> split(1 + random() % 4);
    for (auto& columns : split) columns = 1 + int(random() % 90);
    const auto map = blocked(split);
    const int bits = 1 + int(random() % 6), all = map.all_columns();
    arith::TopkConfig expected;
    expected.bits = bits;
    expected.k = 1 + int(random() % 9);
    expected.grants_per_cycle = 1 + int(random() % 3);
    expected.step_cycles = int(random() % 3);
    expected.tree_cycles = int(random() % 4);
    expected.stop_when_exhausted = true;
    arith::Interval on{0, 1 + int(random() % unsigned(all))};
    on.first = int(random() % unsigned(on.end));

    stage::Clock clock(200);
    ima::MaskUnit mask("mask", map);
    topk::CrossbarJoin join("join", split);
    topk::TopkCounter::Config config{
        all, bits, 0, fidelity, expected.grants_per_cycle, expected.step_cycles};
    config.tree_cycles = expected.tree_cycles;
    config.crossbars_of_head = split;
    topk::TopkCounter counter("counter", clock, config);
    Initiator mask_host("mask_host"), host("host");
    Recording latches("latches");
    std::vector<stage::ConversionRecord> seen;
    Observer<stage::ConversionRecord> observer([&](const auto& record) { seen.push_back(record); });
    std::vector<std::unique_ptr<Driver>> drivers;
    std::vector<std::unique_ptr<ima::RampIma>> ramps;
    std::vector<std::unique_ptr<Initiator>> hosts;
    std::vector<std::int32_t> scores;
    for (std::size_t c = 0; c < split.size(); ++c) {
      const auto name = [&](const char* stem) { return stem + std::to_string(c); };
      drivers.emplace_back(new Driver(name("driver").c_str()));
      ramps.emplace_back(
          new ima::RampIma(name("ramp").c_str(), {split[c], int(c), bits, fidelity}));
      hosts.emplace_back(new Initiator(name("ramp_host").c_str()));
      auto& ramp = *ramps.back();
      drivers.back()->out.bind(ramp.scores);
      hosts.back()->out.bind(ramp.control);
      ramp.codes.bind(join.codes[c]);
      ramp.crossings.bind(join.crossings[c]);
      ramp.mask.bind(mask);
      join.conversions.bind(ramp);
      for (int j = 0; j < split[c]; ++j) scores.push_back(int(random() % 41) - 20);
      if (map.columns_of(on, int(c)).size() > 0)
        drivers.back()->scores.assign(scores.end() - split[c], scores.end());
    }
    join.joined_codes.bind(counter.codes);
    join.joined_crossings.bind(counter.crossings);
    join.mask.bind(mask);
    join.conversions.bind(observer);
    counter.winners.bind(latches.in);
    counter.conversions.bind(join);
    counter.mask.bind(mask);
    host.out.bind(counter.control);
    mask_host.out.bind(mask.control);
    host.at_start = [&] {
      host.write32(registers::topk::k.offset, std::uint32_t(expected.k));
      host.write32(registers::topk::stop.offset, 1);
    };
    mask_host.at_start = [&] {
      mask_host.write32(registers::mask::valid_tokens.offset, std::uint32_t(on.end));
      mask_host.write32(registers::mask::first_valid.offset, std::uint32_t(on.first));
    };
    sc_core::sc_start();

    const Walk walk = walk_scores(expected, scores, on, 1);
    REQUIRE(latches.writes.size() == 1);
    const Bytes& sent = latches.writes[0].data;
    const auto winners = values_of<arith::Winner>(sent, sizeof(arith::Conversion));
    REQUIRE(winners.size() == walk.winners.size());
    for (std::size_t w = 0; w < winners.size(); ++w) {
      REQUIRE(winners[w].column == walk.winners[w].column);
      REQUIRE(winners[w].code == walk.winners[w].code);
    }
    std::size_t live = 0;
    sc_core::sc_time slowest;
    for (std::size_t c = 0; c < split.size(); ++c) {
      live += !drivers[c]->scores.empty();
      slowest = std::max(slowest, drivers[c]->took);
    }
    REQUIRE(seen.size() == live);
    for (const auto& conversion : seen) {
      REQUIRE(conversion.steps == walk.steps);
      REQUIRE(conversion.cycles == walk.cycles);
    }
    REQUIRE(slowest == clock.span(walk.cycles));
  }
}
