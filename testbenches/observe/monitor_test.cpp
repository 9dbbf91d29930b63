// SPDX-License-Identifier: Apache-2.0
#include "observe/monitor.h"

#include <catch2/catch.hpp>
#include <map>
#include <memory>

#include "config/errors.h"
#include "observe/observed_soc.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using observe::Breakpoints, observe::Monitor;
using stage::Activity, stage::Context, stage::Clock, stage::Ledger, stage::StageId;
using Cycles = std::vector<std::int64_t>;

namespace {

/// Passes rows on unchanged, each after its own number of cycles.
class Worker : public stage::Stage {
 public:
  Worker(const char* module, Context& context, const std::string& name,
         const stage::StageKind& kind, Cycles service)
      : Stage(module, context, name, kind, 0, stage::RowFormat{1, 8}),
        service_(std::move(service)) {}

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override {
    output = row.data;
    return service_.at(row.tag.row);
  }
  Cycles service_;
};

/// Source -> head0.score -> head0.union -> sink, queues of depth 0.
struct Chain {
  Context context{Clock(200), Ledger()};
  RowSource source{"source", context};
  RowSink sink{"sink", context};
  Worker score, unite;

  Chain(Cycles first, Cycles second)
      : score("score", context, "head0.score", stage::kinds::score, std::move(first)),
        unite("union", context, "head0.union", stage::kinds::unite, std::move(second)) {
    source.out.bind(score.in);
    score.out.bind(unite.in);
    unite.out.bind(sink.in);
  }
  void offer(const Cycles& at) {
    for (std::size_t r = 0; r < at.size(); ++r)
      source.add(at[r], tag_of(static_cast<std::uint32_t>(r)), {0});
  }
};

Breakpoints at(const std::string& text) {
  Breakpoints breakpoints;
  breakpoints.add(text, Clock(200), "--stop-at");
  return breakpoints;
}

/// A process that does nothing, again and again: something is always left to happen.
struct Ticker : sc_core::sc_module {
  explicit Ticker(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }
  void run() {
    for (;;) sc_core::wait(sc_core::sc_time(70, sc_core::SC_NS));
  }
};

/// Spans as they are booked.
struct Spans : stage::LedgerObserver {
  void ended(const stage::Span& span) override { all.push_back(span); }
  std::vector<stage::Span> all;
};

}  // namespace

TEST_CASE("breakpoints are rows, cycles, times and stalls") {
  CHECK(at("row=1164").rows == std::vector<std::uint64_t>{1164});
  CHECK(at("cycle=2500").cycle == 2500);
  CHECK(at("12.5us").cycle == 2500);
  CHECK(at("800ns").cycle == 160);
  CHECK(at("1ms").cycle == 200'000);
  CHECK(at("stall=30").stall == 30);
  CHECK_FALSE(Breakpoints().any());
  Breakpoints several;
  for (const char* text : {"row=3", "row=5", "cycle=90", "1us", "stall=7", "stall=5"})
    several.add(text, Clock(200), "--stop-at");
  CHECK(several.rows == std::vector<std::uint64_t>{3, 5});
  CHECK(several.cycle == 90);
  CHECK(several.stall == 5);
  for (const char* text : {"", "40", "row", "row=", "row=x", "row=-1", "line=3", "cycle=1us",
                           "cycle=", "stall=1.5", "12.5", "5min", "=3", "us"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(at(text), ConfigError);
    CHECK_THROWS_WITH(at(text), Catch::StartsWith("--stop-at") &&
                                    Catch::Contains("\"" + std::string(text) + "\""));
  }
  CHECK_THROWS_WITH(at("line=3"), Catch::Contains("row=ID, cycle=N, stall=N"));
}

TEST_CASE("a row stops the simulation when its score stage takes it into service") {
  Chain chain(Cycles(4, 10), Cycles(4, 3));
  chain.offer({0, 0, 25, 50});
  Monitor monitor("monitor", chain.context, {at("row=2"), std::nullopt, 0, {}});
  sc_core::sc_start();
  CHECK(chain.context.clock.now() == 25);
  CHECK(monitor.reason() ==
        "row 2 (head 0, row 2) taken into service by head0.score in cycle 25 (0.125 us)");
  CHECK_THAT(monitor.state(), Catch::Contains("head0.score: busy with row 2 (head 0, row 2), since "
                                              "cycle 25; holds 1 row"));
  CHECK_FALSE(monitor.failed());
  CHECK(chain.context.ledger.last_turn() == 25);
}

TEST_CASE("a cycle stops the simulation at its beginning") {
  Chain chain(Cycles(2, 10), Cycles(2, 3));
  chain.offer({0, 100});
  Monitor monitor("monitor", chain.context, {at("0.3us"), std::nullopt, 0, {}});
  sc_core::sc_start();
  CHECK(sc_core::sc_time_stamp() == chain.context.clock.time_of(60));
  CHECK(monitor.reason() == "cycle 60 (0.3 us) reached");
  CHECK_FALSE(monitor.failed());
}

TEST_CASE("a clock that starts late: cycles count from there") {
  Chain chain(Cycles(2, 10), Cycles(2, 3));
  chain.offer({0, 100});
  Monitor monitor("monitor", chain.context, {at("cycle=60"), std::nullopt, 0, {}});
  sc_core::sc_start(chain.context.clock.span(20));
  chain.context.clock.start();
  sc_core::sc_start();
  CHECK(chain.context.clock.now() == 60);
  CHECK(sc_core::sc_time_stamp() == chain.context.clock.span(80));
  CHECK(monitor.reason());
}

TEST_CASE("a blocked stage stops the simulation exactly when its wait exceeds the limit") {
  // The union holds row 0 from 10 to 10 + 40; row 1 is ready at 20 and waits 30 cycles.
  for (const int limit : {0, 5, 29, 30, 31}) {
    fresh_kernel();
    Chain chain(Cycles(2, 10), Cycles(2, 40));
    chain.offer({0, 0});
    Monitor monitor("monitor", chain.context, {at("stall=" + std::to_string(limit)), {}, 0, {}});
    sc_core::sc_start();
    INFO(limit);
    CHECK(monitor.reason().has_value() == (limit < 30));
    if (limit >= 30) continue;
    CHECK(chain.context.clock.now() == 20 + limit + 1);
    CHECK(*monitor.reason() == "head0.score blocked by head0.union for more than " +
                                   std::to_string(limit) + " cycles, since cycle 20 (0.1 us)");
    CHECK_FALSE(monitor.failed());
  }
}

TEST_CASE("a wait for a row is a stall only between a stage's first row and its last") {
  // Both stages wait 50 cycles for their first row, and the score 90 for its second.
  for (const std::int64_t rows : {1, 2}) {
    fresh_kernel();
    Chain chain(Cycles(2, 10), Cycles(2, 3));
    chain.offer({50, 150});
    Monitor monitor("monitor", chain.context, {at("stall=40"), std::nullopt, rows, {}});
    sc_core::sc_start();
    CHECK(monitor.reason().has_value() == (rows == 2));
    if (rows == 1) continue;
    CHECK(chain.context.clock.now() == 60 + 41);
    CHECK(monitor.reason() ==
          "head0.score starved for more than 40 cycles, since cycle 60 (0.3 us)");
  }
}

TEST_CASE("the watchdog fails a simulation in which no stage turns, and says who waits for whom") {
  for (const int limit : {85, 100, 101, 5000}) {
    fresh_kernel();
    Chain chain(Cycles(3, 10), Cycles(3, 3));
    chain.offer({0, 0, 0});
    const Ticker ticker("ticker");
    sc_core::sc_event never;
    chain.sink.hold = [&](std::size_t row) -> std::int64_t {
      if (row == 1) sc_core::wait(never);
      return row == 0 ? 100 : 0;
    };
    Monitor monitor("monitor", chain.context, {{}, limit, 0, {}});
    sc_core::sc_start();
    INFO(limit);
    // Row 0 is in the sink until 113; the last turn before that is in 20. Then row 1 never leaves,
    // and row 2 is ready in 123.
    const std::int64_t last = limit <= 93 ? 20 : 123;
    CHECK(chain.context.clock.now() == last + limit + 1);
    CHECK(monitor.failed());
    CHECK(*monitor.reason() == "no stage has turned to anything for more than " +
                                   std::to_string(limit) + " cycles, since cycle " +
                                   std::to_string(last) + " (" +
                                   observe::Microseconds(chain.context.clock).text(last) + " us)");
    CHECK_THAT(monitor.state(), Catch::Contains("head0.union: blocked by"));
    CHECK_THAT(monitor.state(), Catch::Contains("head0.score: blocked by head0.union"));
  }
}

TEST_CASE("a monitor does not keep a simulation alive, nor speak of one that is at its end") {
  for (const bool stuck : {false, true}) {
    fresh_kernel();
    Chain chain(Cycles(2, 10), Cycles(2, 3));
    chain.offer({0, 0});
    sc_core::sc_event never;
    chain.sink.hold = [&](std::size_t) -> std::int64_t {
      if (stuck) sc_core::wait(never);
      return 0;
    };
    Breakpoints stop_at = at("stall=500");
    stop_at.add("cycle=100000", chain.context.clock, "--stop-at");
    Monitor monitor("monitor", chain.context, {stop_at, 700, 2, {}});
    sc_core::sc_start();
    CHECK_FALSE(sc_core::sc_pending_activity());
    CHECK_FALSE(monitor.reason());
    CHECK(chain.sink.rows.size() == (stuck ? 0 : 2));
    CHECK(chain.context.ledger.last_turn() == (stuck ? 20 : 23));
  }
}

TEST_CASE("a run that is done is not stopped") {
  Chain chain(Cycles(1, 10), Cycles(1, 3));
  chain.offer({0});
  const Ticker ticker("ticker");
  bool done = false;
  Monitor monitor("monitor", chain.context, {at("stall=5"), 50, 9, [&] { return done; }});
  chain.sink.hold = [&](std::size_t) {
    done = true;
    return std::int64_t{0};
  };
  sc_core::sc_start(chain.context.clock.span(1000));
  CHECK_FALSE(monitor.reason());
}

TEST_CASE("without anything to watch for a monitor sets no alarm") {
  Chain chain(Cycles(1, 10), Cycles(1, 3));
  chain.offer({0});
  Monitor monitor("monitor", chain.context, {});
  sc_core::sc_start();
  CHECK(chain.context.clock.now() == 13);
  chain.context.ledger.close(13);
}

TEST_CASE("on random machines every stall is found in its cycle, and every row") {
  int stops = 0;
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    fresh_kernel();
    std::map<std::int64_t, std::int64_t> expected;  // by limit: the cycle of the stop
    std::vector<std::int64_t> taken;                // by row id
    std::int64_t rows_per_head = 0, latency = 0;
    {
      ObservedSoc machine(random_soc(seed));
      rows_per_head = std::int64_t(machine.config.pipeline.sequences) * machine.config.shape.tokens;
      Spans spans;
      machine.context.ledger.observe(spans);
      machine.simulate();
      latency = machine.firmware.cycles();
      taken.resize(machine.rows());
      std::map<StageId, std::int64_t> rows;
      std::mt19937 random(seed);
      for (int i = 0; i < 4; ++i) expected[1 + std::int64_t(random() % 40) * (i < 2 ? 1 : 12)] = -1;
      for (const auto& span : spans.all) {
        const auto& account = machine.context.ledger.account(span.stage);
        const bool of_head = account.name.rfind("head", 0) == 0;
        if (span.activity == Activity::busy) {
          ++rows[span.stage];
          if (account.kind == "score") taken[span.row.id] = span.begin;
          continue;
        }
        const auto served = rows[span.stage];
        if (span.activity == Activity::starved &&
            (!of_head || served == 0 || served >= rows_per_head))
          continue;
        for (auto& [limit, cycle] : expected)
          if (span.end - span.begin > limit && (cycle < 0 || span.begin + limit + 1 < cycle))
            cycle = span.begin + limit + 1;
      }
    }
    const auto run = [&](const Breakpoints& stop_at) {
      fresh_kernel();
      ObservedSoc machine(random_soc(seed));
      Monitor monitor(
          "monitor", machine.context,
          {stop_at, std::nullopt, rows_per_head, [&machine] { return machine.soc.host.done(); }});
      sc_core::sc_start();
      CHECK(monitor.reason().has_value() != machine.soc.host.done());
      return monitor.reason() ? machine.context.clock.now() : -1;
    };
    for (const auto& [limit, cycle] : expected) {
      INFO("seed " << seed << ", limit " << limit);
      REQUIRE(run(at("stall=" + std::to_string(limit))) == cycle);
      stops += cycle >= 0;
    }
    const std::uint64_t id = seed * 104729 % taken.size();
    REQUIRE(run(at("row=" + std::to_string(id))) == taken[id]);
    REQUIRE(run(at("cycle=" + std::to_string(latency / 2))) == latency / 2);
    REQUIRE(run(at("cycle=" + std::to_string(latency + 1))) == -1);
  }
  CHECK(stops > 60);  // of 160
}
