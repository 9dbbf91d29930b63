// SPDX-License-Identifier: Apache-2.0
#include "stage/ledger.h"

#include <catch2/catch.hpp>

#include "config/errors.h"
#include "support/row_ends.h"

using namespace topkima;
using stage::Activity, stage::Ledger;
using testbenches::Causes, testbenches::causes;

TEST_CASE("an event happens its cycles after the later of its two causes") {
  Ledger ledger;
  const auto a = ledger.add_stage("a", stage::kinds::score);
  const auto early = ledger.event(a, Ledger::start, Ledger::start, 3, 3);
  const auto late = ledger.event(a, Ledger::start, Ledger::start, 10, 10);
  const auto both = ledger.event(a, early, late, 5, 15);
  CHECK(ledger.event(a, both, early, 0, 15) == both + 1);
  REQUIRE(ledger.nodes().size() == 5);  // with the start
  const auto& node = ledger.nodes()[std::size_t(both)];
  CHECK(node.time == 15);
  CHECK(node.a == early);
  CHECK(node.b == late);
  CHECK(node.cycles == 5);
  CHECK(node.stage == a);
}

TEST_CASE(
    "an event whose time its causes do not explain ends the simulation, and names the stage") {
  Ledger ledger;
  const auto stage = ledger.add_stage("head3.score", stage::kinds::score);
  const auto cause = ledger.event(stage, Ledger::start, Ledger::start, 4, 4);
  CHECK_THROWS_AS(ledger.event(stage, cause, Ledger::start, 5, 10), SimulationError);
  CHECK_THROWS_AS(ledger.event(stage, cause, Ledger::start, 5, 8), SimulationError);
  CHECK_THROWS_WITH(
      ledger.event(stage, cause, Ledger::start, 5, 10),
      Catch::Contains("head3.score") && Catch::Contains("10") && Catch::Contains("9"));
  CHECK(ledger.nodes().size() == 2);  // a refused event is not recorded
  CHECK_NOTHROW(ledger.event(stage, cause, Ledger::start, 5, 9));
}

TEST_CASE("joining two events gives the later one's time, and no event without need") {
  Ledger ledger;
  const auto stage = ledger.add_stage("a", stage::kinds::score);
  const auto early = ledger.event(stage, Ledger::start, Ledger::start, 3, 3);
  const auto late = ledger.event(stage, Ledger::start, Ledger::start, 10, 10);
  CHECK(ledger.join(early, early) == early);
  CHECK(ledger.join(early, Ledger::start) == early);
  CHECK(ledger.join(Ledger::start, late) == late);
  CHECK(ledger.nodes().size() == 3);
  for (const auto joined : {ledger.join(early, late), ledger.join(late, early)}) {
    CHECK(ledger.nodes()[std::size_t(joined)].time == 10);
    CHECK(ledger.nodes()[std::size_t(joined)].stage == stage::nobody);
  }
}

TEST_CASE("without causes no event is kept or checked, but cycles are accounted") {
  Ledger ledger(false);
  const auto stage = ledger.add_stage("a", stage::kinds::score);
  CHECK(ledger.event(stage, Ledger::start, Ledger::start, 5, 1234) == Ledger::start);
  CHECK(ledger.join(Ledger::start, Ledger::start) == Ledger::start);
  CHECK(ledger.nodes().size() == 1);
  ledger.enter(stage, Activity::busy, 0, {});
  ledger.enter(stage, Activity::starved, 7, {});
  CHECK(ledger.accounts()[std::size_t(stage)].busy == 7);
}

TEST_CASE("an account sums its cycles and splits waiting by cause") {
  Ledger ledger;
  const auto a = ledger.add_stage("a", stage::kinds::score),
             b = ledger.add_stage("b", stage::kinds::unite);
  ledger.enter(a, Activity::busy, 3, {}, b);      // starved 3 by b
  ledger.enter(a, Activity::blocked, 8, {});      // busy 5
  ledger.enter(a, Activity::starved, 14, {}, b);  // blocked 6 by b
  ledger.enter(a, Activity::busy, 18, {}, b);     // starved 4 by b
  ledger.enter(a, Activity::blocked, 18, {});     // a row in no time is still a row
  ledger.enter(a, Activity::starved, 18, {});     // blocked 0
  ledger.close(20);                               // starved 2 by nobody
  const auto& account = ledger.accounts()[std::size_t(a)];
  CHECK(account.name == "a");
  CHECK(account.kind == "score");
  CHECK(account.accounted);
  CHECK(account.rows == 2);
  CHECK(account.busy == 5);
  CHECK(account.starved == 9);
  CHECK(account.blocked == 6);
  CHECK(causes(account.starved_by) == Causes{{b, 7}, {stage::nobody, 2}});
  CHECK(causes(account.blocked_by) == Causes{{b, 6}});  // no empty causes
  CHECK(ledger.accounts()[std::size_t(b)].busy == 0);
}

TEST_CASE("a label has a name but no account of cycles, and nobody is named too") {
  Ledger ledger;
  const auto label = ledger.add_label("bus latency", stage::kinds::bus_latency);
  CHECK_FALSE(ledger.accounts()[std::size_t(label)].accounted);
  CHECK(ledger.name(label) == "bus latency");
  CHECK(ledger.name(stage::nobody) == "no more rows");
}
