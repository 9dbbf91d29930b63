// SPDX-License-Identifier: Apache-2.0
// Cycles of every event of a clocked block, the model's and its RTL's: equal where they should be,
// and what docs/cycles.md says. TOPKIMA_WRITE_TABLE=1 writes that page anew.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/cosim.h"
#include "cosim/baseline_fixtures.h"
#include "cosim/event_fixtures.h"
#include "cosim/head_fixtures.h"
#include "cosim/reader_fixtures.h"
#include "cosim/register_fixtures.h"
#include "support/fresh_kernel.h"

using namespace topkima;
using namespace topkima::testbenches;

namespace {

using Column = std::vector<std::int64_t>;  ///< cycles by event

struct Table {
  std::string title;
  std::vector<std::string> events;
  std::vector<std::pair<std::string, Column>> columns;

  std::string markdown() const {
    std::string text = "## " + title + "\n\n| event |", rule = "|---|";
    for (const auto& [name, cycles] : columns) {
      text += " " + name + " |";
      rule += "---:|";
    }
    text += "\n" + rule + "\n";
    for (std::size_t e = 0; e < events.size(); ++e) {
      text += "| " + events[e] + " |";
      for (const auto& [name, cycles] : columns) text += " " + std::to_string(cycles.at(e)) + " |";
      text += "\n";
    }
    return text;
  }
};

/// Runs a block in a kernel of its own.
template <typename Block, typename... Arguments, typename Measure>
auto run(Measure measure, Arguments&&... arguments) {
  fresh_kernel();
  Block block(std::forward<Arguments>(arguments)...);
  sc_core::sc_start();
  return measure(block);
}

const std::vector<std::pair<std::string, Counting::Event>> counter_events{
    {"arming, comparators on", [](Counting& c) { return c.arm(); }},
    {"step without a request", [](Counting& c) { return c.arm() + c.step(0); }},
    {"step of 1 request", [](Counting& c) { return c.arm() + c.step(1); }},
    {"step of 2 requests", [](Counting& c) { return c.arm() + c.step(2); }},
    {"step of 5 requests", [](Counting& c) { return c.arm() + c.step(5); }},
    {"step of 5 requests, the 3rd is the k-th: stop",
     [](Counting& c) {
       c.arm(3);
       const auto cycles = c.step(5);
       REQUIRE(c.stopped);
       return cycles;
     }},
    {"step of 3 requests, nobody is left: exhausted, stop",
     [](Counting& c) {
       c.arm(8, true, 3);
       const auto cycles = c.step(3);
       REQUIRE(c.stopped);
       return cycles;
     }},
    {"step of 2 requests at the end of reach: stop",
     [](Counting& c) {
       c.arm(8, false, event::columns, 1);
       c.step(1);
       const auto cycles = c.step(2);
       REQUIRE(c.stopped);
       return cycles;
     }},
    {"step without a request at the end of reach: stop",
     [](Counting& c) {
       c.arm(8, false, event::columns, 2);
       c.step(1);
       c.step(0);
       REQUIRE_FALSE(c.stopped);
       const auto cycles = c.step(0);
       REQUIRE(c.stopped);
       return cycles;
     }},
    {"conversion without comparators, stop when exhausted",
     [](Counting& c) {
       const auto cycles = c.arm(8, true, 0);
       REQUIRE(c.stopped);
       return cycles;
     }},
    {"conversion of 2^5 steps without a request",
     [](Counting& c) {
       const auto begun = c.now();
       c.arm();
       for (int step = 0; step < 31; ++step) c.step(0);
       c.last(0);
       REQUIRE(c.stopped);
       return c.now() - begun;
     }},
    {"last step with 2 requests",
     [](Counting& c) {
       c.arm();
       c.step(1);
       return c.last(2);
     }},
    {"3 conversions back to back, each of steps with 0, 1 and 2 requests",
     [](Counting& c) {
       const auto begun = c.now();
       for (int conversion = 0; conversion < 3; ++conversion) {
         c.arm();
         for (int requests = 0; requests < 2; ++requests) c.step(requests);
         c.last(2);
       }
       return c.now() - begun;
     }},
};

Table counter_table() {
  Table table{"Top-k counter", {}, {}};
  for (const auto& [name, event] : counter_events) table.events.push_back(name);
  for (const auto& [name, by] : {std::pair{"model", By::model},
                                 {"twin", By::twins},
                                 {"softmax_macro", By::softmax_macro},
                                 {"model, 2 grants per cycle", By::two_lanes},
                                 {"two_grants", By::two_grants}}) {
    Column cycles;
    for (const auto& [text, event] : counter_events)
      cycles.push_back(run<Counting>([](Counting& c) { return c.measured; }, by, event));
    table.columns.emplace_back(name, cycles);
  }
  return table;
}

Column ramp_cycles(By by) {
  const auto steps_of = [by](std::uint32_t k) {
    return run<Ramp>([](Ramp& ramp) { return std::pair{ramp.sent, ramp.steps}; }, by, k);
  };
  const auto [sent, steps] = steps_of(5);
  REQUIRE(steps.size() == 64);
  const auto [sent_if_stopped, stopped] = steps_of(3);
  REQUIRE(stopped.size() == 2);
  return {steps[0] - sent[0],    steps[1] - steps[0],     steps[2] - steps[1],
          steps[32] - steps[31], stopped[1] - stopped[0], sent[1] - sent[0]};
}

Table ramp_table() {
  return {"Ramp",
          {"scores to the first step", "step with 3 grants to the next",
           "step without a grant to the next", "last step, with a grant, to the next row's first",
           "step with 3 grants, the k-th among them, to the next row's first",
           "whole ramp of 2^5 steps with 3 grants in the first and 1 in the last"},
          {{"model", ramp_cycles(By::model)}, {"twin", ramp_cycles(By::twins)}}};
}

Column union_cycles(By by) {
  Column cycles;
  for (const int winners : {0, 5, 16})
    cycles.push_back(
        run<Uniting>([](Uniting& u) { return u.served.cycles(); }, by, std::vector{winners}));
  cycles.push_back(
      run<Uniting>([](Uniting& u) { return u.served.begins.at(3) - u.served.begins.at(2); }, by,
                   std::vector{5, 16, 0, 5}));
  return cycles;
}

Table union_table() {
  return {"Union",
          {"row of 0 winners", "row of 5 winners", "row of 16 winners",
           "interval of rows back to back"},
          {{"model", union_cycles(By::model)}, {"twin", union_cycles(By::twins)}}};
}

Column softmax_cycles(By by) {
  Column exponents, divider;
  for (const int winners : {0, 1, 5, 16})
    run<Weighing>(
        [&](Weighing& w) {
          exponents.push_back(w.softmax.exponents.cycles());
          divider.push_back(w.softmax.divider.cycles());
        },
        by, std::vector{winners});
  Column cycles = exponents;
  cycles.insert(cycles.end(), divider.begin(), divider.end());
  run<Weighing>(
      [&](Weighing& w) {
        const auto& [e, d] = std::tie(w.softmax.exponents, w.softmax.divider);
        cycles.push_back(e.begins.at(1) - e.begins.at(0));
        cycles.push_back(d.begins.at(2) - d.begins.at(1));
        cycles.push_back(e.waited(0));
        cycles.push_back(e.waited(1));
        cycles.push_back(e.leaves.at(1) - d.leaves.at(0));
      },
      by, std::vector{5, 5, 5});
  run<Weighing>(
      [&](Weighing& w) {
        const auto& [e, d] = std::tie(w.softmax.exponents, w.softmax.divider);
        cycles.push_back(e.waited(1));
        cycles.push_back(d.ends.at(1) - d.leaves.at(0));
      },
      by, std::vector{5, 0, 5});
  return cycles;
}

Table softmax_table() {
  return {"Softmax unit",
          {"exponents, row of 0 winners", "exponents, row of 1 winner",
           "exponents, row of 5 winners", "exponents, row of 16 winners",
           "divider, row of 0 winners", "divider, row of 1 winner", "divider, row of 5 winners",
           "divider, row of 16 winners", "exponents, interval of rows of 5 winners, divider free",
           "divider, interval of rows of 5 winners", "hand-off from exponents to a free divider",
           "hand-off from exponents to a busy divider, rows of 5 winners: wait",
           "hand-off after the divider's row has left",
           "row of 0 winners behind one of 5: wait before the divider",
           "the same row's probabilities after those of the row before"},
          {{"model", softmax_cycles(By::model)}, {"twin", softmax_cycles(By::twins)}}};
}

Column head_cycles(By by) {
  Column cycles;
  const auto one_row = [&](int winners, bool skips) {
    run<Head>(
        [&](Head& head) {
          for (const auto* served : {&head.unite, &head.softmax.exponents, &head.softmax.divider})
            cycles.push_back(served->ends.at(0) - head.converted.at(0));
        },
        by, std::vector{winners}, skips);
  };
  for (const int winners : {5, 16, 0}) one_row(winners, false);
  one_row(0, true);
  run<Head>(
      [&](Head& head) {
        const auto& divider = head.softmax.divider;
        cycles.push_back(divider.ends.at(5) - divider.ends.at(4));
        cycles.push_back(head.unite.begins.at(5) - head.unite.begins.at(4));
      },
      by, std::vector{5, 5, 5, 5, 5, 5});
  return cycles;
}

Table head_table() {
  Table table{"Head: counters of two crossbars, union, softmax unit", {}, {}};
  for (const char* row : {"row of 5 winners", "row of 16 winners", "row of 0 winners",
                          "row of conversions without comparators (skipped)"})
    for (const char* result : {"winners", "exponents", "probabilities"})
      table.events.push_back(std::string(row) + ", end of the last step to " + result);
  table.events.push_back("rows of 5 winners back to back, interval of probabilities");
  table.events.push_back("rows of 5 winners back to back, interval at the union");
  for (const auto& [name, by] :
       {std::pair{"model", By::model}, {"twins", By::twins}, {"softmax_macro", By::softmax_macro}})
    table.columns.emplace_back(name, head_cycles(by));
  return table;
}

Table sorter_table() {
  const std::vector<SorterPart> one{{24, 5}}, two{{16, 5}, {8, 3}};
  const auto cycles = [&](By by) {
    Column column;
    for (const auto& parts : {one, two}) {
      for (const int columns : {24, 10, 0})
        column.push_back(
            run<Sorting>([](Sorting& s) { return s.served.cycles(); }, by, parts, columns));
      column.push_back(run<Sorting>(
          [](Sorting& s) { return s.served.begins.at(2) - s.served.begins.at(1); }, by, parts, 24));
    }
    return column;
  };
  Table table{"Digital sorters", {}, {}};
  for (const char* sorters : {"one sorter of 24 columns", "sorters of 16 and 8 columns"}) {
    for (const char* row : {"all take part", "10 take part", "none takes part"})
      table.events.push_back(std::string(sorters) + ", " + row);
    table.events.push_back(std::string(sorters) + ", interval of rows back to back");
  }
  table.columns = {{"model", cycles(By::model)}, {"twin", cycles(By::twins)}};
  return table;
}

const std::vector<std::pair<std::string, Latching::Event>> latch_events{
    {"arming", [](Latching& l) { return l.arm(); }},
    {"step without a crossing", [](Latching& l) { return l.arm() + l.step(0); }},
    {"step of 5 crossings", [](Latching& l) { return l.arm(5) + l.step(5); }},
    {"last step, and all codes read",
     [](Latching& l) {
       l.arm(2);
       l.step(2);
       return l.last(0);
     }},
    {"last step with 3 crossings, and all codes read",
     [](Latching& l) { return l.arm(3) + l.last(3); }},
    {"2 conversions of 2^5 steps back to back",
     [](Latching& l) {
       const auto begun = l.now();
       for (int conversion = 0; conversion < 2; ++conversion) {
         l.arm(5);
         for (int step = 0; step < 31; ++step) l.step(step == 7 ? 5 : 0);
         l.last(0);
       }
       return l.now() - begun;
     }},
};

Table latch_table() {
  Table table{"Code latches", {}, {}};
  for (const auto& [name, event] : latch_events) table.events.push_back(name);
  for (const auto& [name, by] : {std::pair{"model", By::model}, {"twin", By::twins}}) {
    Column cycles;
    for (const auto& [text, event] : latch_events)
      cycles.push_back(run<Latching>([](Latching& l) { return l.measured; }, by, event));
    table.columns.emplace_back(name, cycles);
  }
  return table;
}

Column adding_cycles(By by) {
  Column cycles;
  run<Adding>(
      [&](Adding& adding) {
        const auto& added = adding.added;
        cycles.push_back(added.cycles());
        cycles.push_back(added.begins.at(1) - added.begins.at(0));
        cycles.push_back(added.begins.at(2) - added.leaves.at(1));
      },
      by);
  return cycles;
}

Table adding_table() {
  return {"Shift-and-add",
          {"codes of a row to its values", "interval of rows, the next stage free",
           "from a row that waited for the next stage to the codes behind it"},
          {{"model", adding_cycles(By::model)}, {"twin", adding_cycles(By::twins)}}};
}

Table registers_table() {
  const auto cycles = [](auto& registers) { return registers.cycles; };
  return {"The controller's registers",
          {"write, address and data at once", "write, address first", "write, data first",
           "write of a register that is only read", "write where nothing is", "read",
           "read where nothing is"},
          {{"model, behind `AxiLiteFront`", run<ModelBehindFront>(cycles)},
           {"twin", run<RegistersInRtl>(cycles)}}};
}

Column reading_cycles(By by) {
  constexpr auto start = Reading::started;
  Column cycles;
  for (const std::uint32_t bytes : {16u, 64u})
    run<Reading>([&](Reading& r) { cycles.push_back(r.k.rows.at(0).cycle - start); }, by,
                 Reading::Pass{{0, 0, 0}, {0, 1, 0}, bytes, bytes, Reading::to_k});
  const Reading::Pass three{{0, 0, 0}, {0, 4, 3}, 32, 32, Reading::to_k | Reading::to_v};
  run<Reading>(
      [&](Reading& r) {
        REQUIRE((r.k.rows.size() == 4 && r.v.rows.size() == 3));
        cycles.push_back(r.v.rows[0].cycle - r.k.rows[0].cycle);
        cycles.push_back(r.k.rows[1].cycle - r.k.rows[0].cycle);
        cycles.push_back(r.k.rows[2].cycle - r.v.rows[0].cycle);
        for (std::size_t row = 0; row < 4; ++row)
          for (std::size_t i = 0; i < 32; ++i)
            REQUIRE(r.k.rows[row].data[i] == Reading::byte_at(32 * row + i));
      },
      by, three);
  run<Reading>([&](Reading& r) { cycles.push_back(r.q.rows.at(0).cycle - start); }, by,
               Reading::Pass{{4096 - 32, 0, 0}, {1, 0, 0}, 64, 64, Reading::to_q});
  run<Reading>(
      [&](Reading& r) {
        cycles.push_back(r.q.rows.at(0).cycle - start);
        cycles.push_back(r.v.rows.at(0).cycle - r.q.rows.at(0).cycle);
      },
      by, Reading::Pass{{0, 1024, 2048}, {1, 1, 1}, 64, 32, 7});
  run<Reading>([&](Reading& r) { cycles.push_back(r.v.rows.at(1).cycle - r.v.rows.at(0).cycle); },
               by, Reading::Pass{{0, 0, 0}, {0, 0, 2}, 32, 32, Reading::to_v, 1, 1});
  return cycles;
}

Table reading_table() {
  return {
      "The DMA reader, bus latency 20",
      {"command to a row of 1 beat", "command to a row of 4 beats",
       "V behind K, which both take it from one address", "interval of rows read ahead",
       "hand-off of a row to the one that waited for its place",
       "command to a row of 4 beats across a 4 KiB boundary",
       "command to a row of 3 reads, of 4, 2 and 2 beats",
       "V behind Q, from addresses of their own", "interval of rows with one place, bus latency 1"},
      {{"model", reading_cycles(By::model)}, {"twin", reading_cycles(By::twins)}}};
}

/// The events of a block, and which columns must be the same.
struct Checked {
  Table table;
  std::vector<std::vector<std::size_t>> equal;
};

/// One that has no events does not compile.
Checked events_of(config::Block block) {
  switch (block) {
    case config::Block::topk: return {counter_table(), {{0, 1, 2}, {3, 4}}};
    case config::Block::ramp: return {ramp_table(), {{0, 1}}};
    case config::Block::unite: return {union_table(), {{0, 1}}};
    case config::Block::sorter: return {sorter_table(), {{0, 1}}};
    case config::Block::latch: return {latch_table(), {{0, 1}}};
    case config::Block::softmax: return {softmax_table(), {{0, 1}}};
    case config::Block::macro: return {head_table(), {{0, 1, 2}}};
    case config::Block::shift_add: return {adding_table(), {{0, 1}}};
    case config::Block::registers: return {registers_table(), {{0, 1}}};
    case config::Block::reader: return {reading_table(), {{0, 1}}};
  }
  throw std::logic_error("no block");
}

void require_equal(const Table& table, const std::vector<std::size_t>& columns) {
  const auto& [name, expected] = table.columns.at(columns.front());
  for (const auto c : columns)
    for (std::size_t e = 0; e < table.events.size(); ++e) {
      INFO(table.title << ", " << table.events[e] << ": " << name << " and "
                       << table.columns[c].first);
      REQUIRE(expected.at(e) == table.columns[c].second.at(e));
    }
}

constexpr const char* page_file = TOPKIMA_SOURCE_DIR "/docs/cycles.md";
constexpr const char* marker = "<!-- from here on made by cycle_table_test -->\n";

}  // namespace

TEST_CASE("RTL takes the model's cycles for each event, and docs/cycles.md says which") {
  std::string made;
  for (const auto block : config::blocks) {
    const Checked checked = events_of(block);
    for (const auto& columns : checked.equal) require_equal(checked.table, columns);
    made += "\n" + checked.table.markdown();
  }
  const Table counter = counter_table();
  // Only several grants in a cycle tell the columns apart.
  CHECK(counter.columns[0].second == Column{0, 1, 1, 2, 5, 3, 3, 2, 1, 0, 32, 2, 12});
  CHECK(counter.columns[4].second == Column{0, 1, 1, 1, 3, 2, 2, 1, 1, 0, 32, 1, 9});

  std::stringstream page;
  page << std::ifstream(page_file).rdbuf();
  const auto at = page.str().find(marker);
  REQUIRE(at != std::string::npos);
  const std::string expected = page.str().substr(0, at) + marker + made;
  if (std::getenv("TOPKIMA_WRITE_TABLE")) std::ofstream(page_file) << expected;
  CHECK((page.str() == expected || std::getenv("TOPKIMA_WRITE_TABLE")));
}
