// SPDX-License-Identifier: Apache-2.0
#include "observe/wave_writer.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "config/errors.h"
#include "support/fresh_kernel.h"
#include "support/temporary_directory.h"
#include "wave_machine.h"

using namespace topkima;
using namespace topkima::testbenches;
using observe::WaveOptions, observe::WaveWriter;
using stage::Activity, stage::Probe, stage::Signal;
using Kind = Signal::Kind;
using Changes = std::vector<std::pair<double, std::string>>;
namespace fs = std::filesystem;

namespace {

WaveOptions options_for(const std::string& path) {
  WaveOptions options;
  options.path = path;
  return options;
}

/// Without what grows hidden until its writer ends.
std::ptrdiff_t entries(const std::string& path) {
  return std::count_if(fs::directory_iterator(path), fs::directory_iterator(),
                       [](const auto& each) { return each.path().filename().string()[0] != '.'; });
}

const std::string topk = "soc.head0.topk0.";

}  // namespace

TEST_CASE("a probe's changes are in the dump at their times, each kind in its way") {
  Machine m({});
  m.play([&] {
    m.valid.set(false);
    m.until(3);
    m.valid.set(true);
    m.code.set(-5);
    m.ramp.set(0.25);
    m.phase.set("ramp down");
    sc_core::wait(2500, sc_core::SC_PS);  // in mid-cycle
    m.ramp.set(0.5);
    sc_core::wait(17'500, sc_core::SC_PS);
    const std::uint64_t words[] = {1, 0x21};
    m.columns.set_bits(words);
    m.valid.set(false);
    m.phase.set("");
  });
  const Dump dump = m.finish(10);
  CHECK(dump.begin() == 0);
  CHECK(dump.end() == 50'000);
  CHECK(dump.cycles(topk + "grant_valid") == Changes{{0, "0"}, {3, "1"}, {7, "0"}});
  CHECK(dump.cycles(topk + "code[5:0]") == Changes{{0, "x"}, {3, "111011"}});
  CHECK(dump.cycles(topk + "ramp") == Changes{{0, "nan"}, {3, "0.25"}, {3.5, "0.5"}});
  CHECK(dump.cycles(topk + "phase") == Changes{{0, "-"}, {3, "ramp_down"}, {7, "-"}});
  CHECK(dump.cycles(topk + "columns[69:0]") ==
        Changes{{0, "x"}, {7, "100001" + std::string(63, '0') + "1"}});
  CHECK(dump.types.at(topk + "ramp") == "real");
  CHECK(dump.types.at(topk + "phase") == "string");
  CHECK(dump.types.at(topk + "columns[69:0]") == "wire");
}

TEST_CASE("changes of one instant collapse to the last, and an equal value is no change") {
  Machine m({});
  m.play([&] {
    m.code.set(1);
    m.until(2);
    m.code.set(2);
    sc_core::wait(sc_core::SC_ZERO_TIME);
    m.code.set(1);  // back to what it was
    m.until(3);
    m.code.set(4);
    m.code.set(5);
    m.until(4);
    m.code.set(5 + 64);  // the same in six bits
    m.ramp.set(0.0);
    m.until(5);
    m.ramp.set(-0.0);
  });
  const Dump dump = m.finish(10);
  CHECK(dump.cycles(topk + "code[5:0]") == Changes{{0, "1"}, {3, "101"}});
  CHECK(dump.cycles(topk + "ramp") == Changes{{0, "nan"}, {4, "0"}});
}

TEST_CASE("a stage shows what its account says, each stall with its cause from its first cycle") {
  Machine m({});
  m.play([&] {
    auto& ledger = m.context.ledger;
    const auto row = head_row(0, 7);
    m.until(4);
    ledger.queue(m.score, row, 1, 4);
    ledger.enter(m.score, Activity::busy, 4, row, m.label);
    m.until(9);
    ledger.enter(m.score, Activity::blocked, 9, row);
    m.until(15);
    ledger.queue(m.score, head_row(0, 8), 2, 15);
    ledger.enter(m.score, Activity::busy, 15, head_row(0, 8), m.store);
    ledger.queue(m.score, row, 1, 15);
    // Booked afterwards: the store waited for the bus from 16 on and was busy from 18 to 20.
    m.until(20);
    ledger.enter(m.store, Activity::blocked, 16, row, m.score);
    ledger.enter(m.store, Activity::busy, 18, row, m.bus);
    ledger.enter(m.store, Activity::starved, 20, {});
    stage::RowTag token;
    token.row = 12;
    ledger.enter(m.bus, Activity::busy, 20, token, m.label);
    ledger.enter(m.bus, Activity::starved, 20, token);  // in no time
    ledger.enter(m.bus, Activity::busy, 20, token);
    m.until(22);
    ledger.enter(m.bus, Activity::starved, 22, token);
  });
  const Dump dump = m.finish(30);
  const std::string score = "soc.head0.score.", store = "soc.head0.store.", bus = "soc.bus.read.";
  CHECK(dump.cycles(score + "state") ==
        Changes{{0, "starved"}, {4, "busy"}, {9, "blocked"}, {15, "busy"}});
  CHECK(dump.cycles(score + "cause") ==
        Changes{{0, "bus_latency"}, {4, "-"}, {9, "head0.store"}, {15, "-"}});
  CHECK(dump.cycles(score + "row[63:0]") == Changes{{0, "x"}, {4, "111"}, {15, "1000"}});
  CHECK(dump.cycles(score + "queue[15:0]") == Changes{{0, "0"}, {4, "1"}});
  CHECK(dump.cycles(score + "token[31:0]") == Changes{{0, "x"}});
  CHECK(dump.cycles(store + "state") ==
        Changes{{0, "starved"}, {16, "blocked"}, {18, "busy"}, {20, "starved"}});
  CHECK(dump.cycles(store + "cause") ==
        Changes{{0, "head0.score"}, {16, "bus.read"}, {18, "-"}, {20, "no_more_rows"}});
  CHECK(dump.cycles(bus + "state") == Changes{{0, "starved"}, {20, "busy"}, {22, "starved"}});
  CHECK(dump.cycles(bus + "token[31:0]") == Changes{{0, "x"}, {20, "1100"}, {22, "x"}});
  CHECK(dump.cycles(bus + "row[63:0]") == Changes{{0, "x"}});
  CHECK(dump.cycles("soc.head1.score.cause") == Changes{{0, "no_more_rows"}});
  CHECK(dump.signals.count("soc.bus_latency.state") == 0);  // a label has no account
}

TEST_CASE("a run that is cut off shows what still waits, with whom it last asked") {
  Machine m({});
  m.play([&] {
    m.until(4);
    m.context.ledger.enter(m.score, Activity::busy, 4, head_row(0, 0), m.label);
    m.until(6);
    m.context.ledger.enter(m.score, Activity::blocked, 6, head_row(0, 0));
    m.context.ledger.refuse(m.store, m.score);
    m.until(9);
  });
  m.wave.finish(9);  // without Ledger::close
  const Dump dump = read_dump(m.place.read("w.vcd"));
  CHECK(dump.cycles("soc.head0.score.state") ==
        Changes{{0, "starved"}, {4, "busy"}, {6, "blocked"}});
  CHECK(dump.cycles("soc.head0.score.cause") ==
        Changes{{0, "bus_latency"}, {4, "-"}, {6, "head0.store"}});
}

TEST_CASE("the window opens with the values in force and closes before its end") {
  WaveOptions options;
  options.from = 12;
  options.to = 25;
  Machine m(options);
  m.play([&] {
    m.code.set(1);
    m.pass(5, 0);
    m.code.set(2);  // in cycle 25
    m.until(26);
    m.code.set(3);
  });
  const Dump dump = m.finish(30);
  CHECK(dump.begin() == 60'000);
  CHECK(dump.end() == 125'000);
  CHECK(dump.cycles(topk + "code[5:0]") == Changes{{12, "1"}});
  CHECK(dump.cycles("soc.head0.score.state") == Changes{{12, "busy"}, {15, "starved"}});
  CHECK(dump.cycles("soc.head0.score.queue[15:0]") == Changes{{12, "1"}, {15, "0"}});
  CHECK(dump.cycles("soc.head0.store.state") == Changes{{12, "starved"}, {15, "busy"}});
  CHECK(dump.cycles("soc.head0.store.cause") == Changes{{12, "head0.score"}, {15, "-"}});
}

TEST_CASE("a window that begins with a change shows it as the value in force") {
  WaveOptions options;
  options.from = 5;
  Machine m(options);
  m.play([&] {
    m.code.set(1);
    m.until(5);
    m.code.set(2);
    m.until(6);
  });
  CHECK(m.finish(6).cycles(topk + "code[5:0]") == Changes{{5, "10"}});
}

TEST_CASE("a clock that is started later makes that instant the first cycle") {
  Machine m({});
  m.play([&] {
    m.code.set(1);
    sc_core::wait(7, sc_core::SC_US);
    m.code.set(2);
    m.valid.set(true);
    sc_core::wait(1, sc_core::SC_US);
    m.context.clock.start();
    m.until(3);
    m.code.set(3);
    m.pass(4, 0);
  });
  const Dump dump = m.finish(30);
  CHECK(dump.begin() == 8'000'000);
  CHECK(dump.end() == 8'150'000);
  using Times = Dump::Changes;
  CHECK(dump.signals.at(topk + "code[5:0]") == Times{{8'000'000, "10"}, {8'015'000, "11"}});
  CHECK(dump.signals.at(topk + "grant_valid") == Times{{8'000'000, "1"}});
  CHECK(dump.signals.at("soc.head0.score.state") ==
        Times{{8'000'000, "starved"}, {8'020'000, "busy"}, {8'070'000, "starved"}});
}

TEST_CASE("only the scopes asked for are connected and shown, and what is missing is said") {
  WaveOptions options;
  options.scopes = {"soc.head0.topk*", "soc.bus", "soc.haed1.*"};
  Machine m(options);
  CHECK(m.code.watched());
  CHECK_FALSE(m.far.watched());
  m.play([&] { m.pass(5, 0); });
  const Dump dump = m.finish(30);
  CHECK(dump.signals.count(topk + "code[5:0]") == 1);
  CHECK(dump.signals.count("soc.bus.read.state") == 1);
  CHECK(dump.signals.count("soc.head0.score.state") == 0);
  CHECK(dump.signals.count("soc.head1.topk0.code[7:0]") == 0);
  CHECK_THAT(m.wave.summary(), Catch::Contains("no instance matches soc.haed1.*"));
  CHECK_THAT(m.wave.summary(), Catch::Contains("16 signals of other instances left out"));
}

TEST_CASE("around a row: from its arrival until it has left its head, with a margin") {
  WaveOptions options;
  options.around = 1;
  options.margin = 3;
  Machine m(options);
  m.play([&] {
    m.pass(5, 0);
    m.code.set(1);
    m.far.set(9);
    m.until(46);
    m.code.set(2);
    m.until(48);
    m.code.set(3);
    m.pass(50, 1);
    m.until(72);
    m.code.set(4);
    m.until(73);
    m.code.set(5);
    m.pass(80, 2);
  });
  const Dump dump = m.finish(120);
  CHECK(dump.begin() == 47 * 5000);
  CHECK(dump.end() == 73 * 5000);
  CHECK(dump.cycles(topk + "code[5:0]") == Changes{{47, "10"}, {48, "11"}, {72, "100"}});
  CHECK(dump.cycles("soc.head0.score.state") ==
        Changes{{47, "starved"}, {50, "busy"}, {60, "starved"}});
  CHECK(dump.cycles("soc.head0.score.cause") ==
        Changes{{47, "bus_latency"}, {50, "-"}, {60, "bus_latency"}});
  CHECK(dump.cycles("soc.head0.store.row[63:0]") == Changes{{47, "x"}, {60, "1"}, {70, "x"}});
  for (const auto& [name, changes] : dump.signals) {
    CAPTURE(name);
    CHECK(name.compare(0, 10, "soc.head0.") == 0);  // nothing but the row's head
  }
}

TEST_CASE("around a row with a margin that reaches before the start") {
  WaveOptions options;
  options.around = 0;
  options.margin = 100;
  options.scopes = {"*"};
  Machine m(options);
  m.play([&] {
    m.far.set(1);
    m.until(2);
    m.far.set(2);
    m.pass(5, 0);
  });
  const Dump dump = m.finish(40);
  CHECK(dump.begin() == 0);
  CHECK(dump.end() == 40 * 5000);
  CHECK(dump.cycles("soc.head1.topk0.code[7:0]") == Changes{{0, "1"}, {2, "10"}});
}

TEST_CASE("around a row that never comes, nothing is written and one line says so") {
  WaveOptions options;
  options.around = 77;
  Machine m(options);
  m.play([&] { m.pass(5, 0); });
  m.context.ledger.close(40);
  m.wave.finish(40);
  CHECK(entries(m.place.path()) == 0);
  CHECK_THAT(m.wave.summary(), Catch::Contains("row 77"));
  CHECK(m.wave.summary().find('\n') == std::string::npos);
}

TEST_CASE("a window behind the end of the run is not written") {
  WaveOptions options;
  options.from = 1000;
  Machine m(options);
  m.play([&] { m.pass(5, 0); });
  m.context.ledger.close(40);
  m.wave.finish(40);
  CHECK(entries(m.place.path()) == 0);
  CHECK_THAT(m.wave.summary(), Catch::Contains("cycle 40"));
}

TEST_CASE("beyond its size a dump ends, whole instants, and the summary says where") {
  const auto run = [](std::int64_t max_bytes) {
    fresh_kernel();
    WaveOptions options;
    options.max_bytes = max_bytes;
    auto m = std::make_unique<Machine>(options);
    m->play([&m = *m] {
      for (int i = 0; i < 400; ++i) {
        m.code.set(i);
        m.ramp.set(i);
        if (i % 40 == 0)
          m.pass(m.context.clock.now(), static_cast<std::uint32_t>(i));
        else
          m.until(m.context.clock.now() + 1);
      }
    });
    return m;
  };
  auto whole = run(1'000'000);
  const Dump all = whole->finish(600);
  CHECK(all.end() == 3'000'000);
  CHECK(whole->wave.summary().find("full") == std::string::npos);
  for (const std::int64_t most : {4'000, 6'000, 8'765}) {
    CAPTURE(most);
    auto part = run(most);
    const Dump dump = part->finish(600);
    CHECK(fs::file_size(part->place / "w.vcd") <= std::uintmax_t(most));
    CHECK(fs::file_size(part->place / "w.vcd") > std::uintmax_t(most) - 200);
    CHECK(dump.end() < all.end());
    CHECK_THAT(part->wave.summary(),
               Catch::Contains("nothing from cycle " + std::to_string(dump.end() / 5000)) &&
                   Catch::Contains("--wave.max_mb"));
    for (const auto& [name, changes] : all.signals) {
      CAPTURE(name);
      Dump::Changes expected;
      for (const auto& change : changes)
        if (change.first < dump.end()) expected.push_back(change);
      CHECK(dump.signals.at(name) == expected);
    }
  }
}

TEST_CASE("a place or options that cannot be are configuration errors") {
  const TemporaryDirectory place;
  stage::Context context{stage::Clock(200), stage::Ledger()};
  const auto make = [&](const WaveOptions& options) { WaveWriter(options, context, "soc"); };
  CHECK_THROWS_AS(make(options_for(place / "w.txt")), ConfigError);
  CHECK_THROWS_AS(make(options_for("")), ConfigError);
  CHECK_THROWS_AS(make(options_for(place / "no/such/w.vcd")), ConfigError);
  CHECK_THROWS_AS(make(options_for("/proc/w.vcd")), ConfigError);
  fs::create_directories(place / "d.vcd");
  CHECK_THROWS_WITH(make(options_for(place / "d.vcd")), Catch::Contains("directory"));
  auto options = options_for(place / "w.vcd");
  options.from = -1;
  CHECK_THROWS_AS(make(options), ConfigError);
  options.from = options.to = 5;
  CHECK_THROWS_AS(make(options), ConfigError);
  options = options_for(place / "w.vcd");
  options.around = 1;
  CHECK_NOTHROW(make(options));
  options.from = 5;
  CHECK_THROWS_AS(make(options), ConfigError);
  options.from = 0;
  options.margin = -1;
  CHECK_THROWS_AS(make(options), ConfigError);
  CHECK(entries(place.path()) == 1);
}

TEST_CASE("an .fst without its converter is a configuration error that names the package") {
  const TemporaryDirectory place;
  stage::Context context{stage::Clock(200), stage::Ledger()};
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", place.path().c_str(), 1);
  CHECK_THROWS_WITH(WaveWriter(options_for(place / "w.fst"), context, "soc"),
                    Catch::Contains("apt-get install gtkwave"));
  ::setenv("PATH", path.c_str(), 1);
  CHECK(entries(place.path()) == 0);
}

TEST_CASE("two probes of one name, or a probe with a stage's, are errors") {
  Machine m({});
  Probe again;
  CHECK_THROWS_AS(m.wave.scope("head0.topk0").add(again, {"code", Kind::bit}), ConfigError);
  m.wave.scope("head0.score").add(again, {"state", Kind::bit});
  m.play([&] { m.pass(5, 0); });
  CHECK_THROWS_AS(m.finish(40), SimulationError);
  CHECK(entries(m.place.path()) == 0);
}

TEST_CASE("a run that is given up leaves nothing, an earlier dump stays") {
  const TemporaryDirectory place;
  place.write("w.vcd", "old");
  stage::Context context{stage::Clock(200), stage::Ledger()};
  { WaveWriter wave(options_for(place / "w.vcd"), context, "soc"); }
  CHECK(entries(place.path()) == 1);
  CHECK(place.read("w.vcd") == "old");
}

TEST_CASE("a full disk ends in an error and leaves nothing") {
  for (const char* name : {"w.vcd", "w.fst"}) {
    if (name[2] == 'f' && std::system("command -v vcd2fst >/dev/null") != 0) continue;
    fresh_kernel();
    Machine m({}, name);
    m.play([&] {
      for (int i = 0; i < 4000; ++i) {
        m.ramp.set(std::sqrt(i));
        m.until(m.context.clock.now() + 1);
      }
    });
    m.context.ledger.close(5000);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 20'000;
    ::setrlimit(RLIMIT_FSIZE, &small);
    CHECK_THROWS_AS(m.wave.finish(5000), SimulationError);
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, handler);
    CHECK(entries(m.place.path()) == 0);
  }
}

TEST_CASE("an .fst holds the same changes") {
  if (std::system("command -v vcd2fst >/dev/null && command -v fst2vcd >/dev/null") != 0) {
    WARN("gtkwave is not installed");
    return;
  }
  const auto play = [](Machine& m) {
    m.play([&m] {
      m.phase.set("a-\"quote\"_%s_#1_$end");
      for (int i = 0; i < 30; ++i) {
        m.code.set(i - 15);
        m.valid.set(i % 3 == 0);
        m.ramp.set(i * 0.1);
        const std::uint64_t words[] = {std::uint64_t(i) << 60, std::uint64_t(i)};
        m.columns.set_bits(words);
        m.pass(m.context.clock.now() + 1, std::uint32_t(i));
      }
    });
    m.context.ledger.close(700);
    m.wave.finish(700);
  };
  Machine vcd({});
  play(vcd);
  fresh_kernel();
  Machine fst({}, "w.fst");
  play(fst);
  CHECK(entries(fst.place.path()) == 2);  // with its view
  const std::string command = "fst2vcd " + (fst.place / "w.fst") + " > " + (fst.place / "back.vcd");
  REQUIRE(std::system(command.c_str()) == 0);
  const Dump a = read_dump(vcd.place.read("w.vcd")), b = read_dump(fst.place.read("back.vcd"));
  CHECK(a.begin() == b.begin());
  CHECK(a.end() == b.end());
  REQUIRE(a.signals.size() == b.signals.size());
  for (const auto& [name, changes] : a.signals) {
    CAPTURE(name);
    CHECK(b.signals.at(name) == changes);
  }
}
