// SPDX-License-Identifier: Apache-2.0
// All observers on the whole SoC: what they say is what accounts and results say.
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "observe/log.h"
#include "observe/monitor.h"
#include "observe/observed_soc.h"
#include "observe/row_story.h"
#include "observe/timeline.h"
#include "support/fresh_kernel.h"
#include "support/temporary_directory.h"

using namespace topkima;
using testbenches::ObservedSoc, testbenches::TemporaryDirectory;
using Json = nlohmann::json;

TEST_CASE("the spans of a timeline are the accounts' cycles, and every row goes its way") {
  for (std::uint32_t seed = 0; seed < 24; ++seed) {
    testbenches::fresh_kernel();
    const TemporaryDirectory place;
    ObservedSoc machine(testbenches::random_soc(seed));
    observe::Timeline timeline(place / "t.json", std::nullopt, machine.numbers(), machine.context,
                               "soc");
    machine.run();
    timeline.finish(machine.firmware.cycles());
    std::map<std::string, std::map<std::string, std::int64_t>> cycles;
    std::map<int, std::string> processes, tracks;
    std::size_t starts = 0, finishes = 0;
    const auto trace = Json::parse(place.read("t.json"));
    for (const auto& event : trace["traceEvents"]) {
      if (event["name"] == "process_name") processes[event["pid"]] = event["args"]["name"];
      if (event["name"] == "thread_name") tracks[event["tid"]] = event["args"]["name"];
      starts += event["ph"] == "s";
      finishes += event["ph"] == "f";
      if (event["ph"] != "X") continue;
      const std::string process = processes[event["pid"]];
      const std::string name = (process == "shared" ? "" : process + ".") + tracks[event["tid"]];
      const std::int64_t from = event["args"]["from"], to = event["args"]["to"];
      cycles[name][event["cat"]] += to - from;
    }
    INFO("seed " << seed);
    CHECK(starts == machine.rows());
    CHECK(finishes == machine.rows());
    for (const auto& account : machine.context.ledger.accounts()) {
      if (!account.accounted) continue;
      INFO(account.name);
      REQUIRE(cycles[account.name]["busy"] == account.busy);
      REQUIRE(cycles[account.name]["starved"] == account.starved);
      REQUIRE(cycles[account.name]["blocked"] == account.blocked);
    }
  }
}

TEST_CASE("a range of rows has all that these rows did, and no other row") {
  using Spans = std::map<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>>;
  struct Seen : stage::LedgerObserver {
    void ended(const stage::Span& span) override { all.push_back(span); }
    std::vector<stage::Span> all;
  };
  for (std::uint32_t seed = 0; seed < 24; ++seed) {
    testbenches::fresh_kernel();
    const TemporaryDirectory place;
    ObservedSoc machine(testbenches::random_soc(seed));
    const std::uint64_t first = seed * 31 % machine.rows();
    const stage::RowRange only{first, std::min(first + seed, machine.rows() - 1)};
    std::set<std::pair<std::uint32_t, std::uint32_t>> tokens;
    for (auto id = only.first; id <= only.last; ++id)
      tokens.emplace(machine.numbers().tag(id).sequence, machine.numbers().tag(id).row);
    Seen seen;
    machine.context.ledger.observe(seen);
    observe::Timeline timeline(place / "t.json", only, machine.numbers(), machine.context, "soc");
    machine.run();
    timeline.finish(machine.firmware.cycles());

    Spans want, got, waits;
    for (const auto& span : seen.all) {
      if (span.begin == span.end) continue;  // what takes no time has no place on a track
      const auto& row = span.row;
      const bool asked = row.of_head() ? first <= row.id && row.id <= only.last
                                       : tokens.count({row.sequence, row.row}) > 0;
      const auto& name = machine.context.ledger.name(span.stage);
      const bool starved = span.activity == stage::Activity::starved;
      if (asked) (starved ? waits : want)[name].emplace_back(span.begin, span.end);
    }
    std::map<int, std::string> processes, tracks;
    INFO("seed " << seed);
    const auto trace = Json::parse(place.read("t.json"));
    for (const auto& event : trace["traceEvents"]) {
      if (event["name"] == "process_name") processes[event["pid"]] = event["args"]["name"];
      if (event["name"] == "thread_name") tracks[event["tid"]] = event["args"]["name"];
      if (event["ph"] != "X") continue;
      const std::string process = processes[event["pid"]];
      const auto name = (process == "shared" ? "" : process + ".") + tracks[event["tid"]];
      const std::pair<std::int64_t, std::int64_t> span{event["args"]["from"], event["args"]["to"]};
      if (event["cat"] != "starved") {
        got[name].push_back(span);
        continue;
      }
      // Between two rows that were asked for, and for one of them.
      REQUIRE_FALSE(got[name].empty());
      REQUIRE(got[name].back().second <= span.first);
      REQUIRE(want[name].back().first >= span.second);
      REQUIRE(std::count(waits[name].begin(), waits[name].end(), span) == 1);
    }
    REQUIRE(got == want);
  }
}

TEST_CASE("a row's story explains its winners by its scores, in every machine") {
  for (std::uint32_t seed = 0; seed < 24; ++seed) {
    testbenches::fresh_kernel();
    ObservedSoc machine(testbenches::random_soc(seed));
    const std::uint64_t id = seed * 7919 % machine.rows();
    observe::RowStory story(id, machine.numbers(), machine.context);
    for (auto& head : machine.soc.heads) {
      head.observe(story);
      if (head.latch) head.latch->winners.bind(story.codes());
    }
    const auto results = machine.run().results;
    observe::RowStory::Question question;
    question.scores = machine.scores_of(story.row());
    const observe::Selector selectors[] = {observe::Selector::ramp, observe::Selector::none,
                                           observe::Selector::sorter};
    question.selector = selectors[int(machine.config.softmax.macro)];
    question.prob_bits = machine.config.softmax.prob_bits;
    question.token = int(seed) % machine.config.shape.tokens;
    const auto told = Json::parse(story.json(question));
    INFO("seed " << seed << "\n" << story.text(question));
    REQUIRE(told["scores_explain_winners"] == true);
    std::size_t live = 0;
    for (const int participants :
         machine.config.participants_of(story.row().sequence, story.row().row))
      live += participants > 0 || !machine.config.crossbar.gate_empty;
    REQUIRE(told["conversions"].size() == live);
    REQUIRE(told["output"].size() == std::size_t(machine.config.shape.d_k));
    // Results of the first sequence are those of the recorder.
    const auto& row = story.row();
    const auto at = results.row(row.head, row.row);
    REQUIRE(told["winners"].size() == std::size_t(results.winner_count[at]));
    for (std::size_t w = 0; w < told["winners"].size(); ++w) {
      const auto place = at * std::size_t(results.winners) + w;
      REQUIRE(told["winners"][w]["token"] == results.topk_index[place]);
      REQUIRE(told["winners"][w]["code"] == results.topk_code[place]);
      REQUIRE(told["winners"][w]["probability"] == results.probability[place]);
    }
    // From the projection to the store and its transfer, stage after stage.
    const auto& stages = told["stages"];
    const bool shifts = machine.config.attention.scaling == config::Scaling::left_shift;
    const bool sorts = machine.config.softmax.macro == config::SoftmaxMacro::digital_topk;
    REQUIRE(stages.size() == 8u + shifts + sorts);
    CHECK(stages[0]["name"] == "projection.q");
    for (std::size_t s = 1; s + 1 < stages.size(); ++s) {
      REQUIRE(stages[s]["taken"] >= stages[s]["arrived"]);
      REQUIRE(stages[s]["finished"] >= stages[s]["taken"]);
      REQUIRE(stages[s]["left"] >= stages[s]["finished"]);
      REQUIRE(stages[s]["arrived"] >= stages[s - 1]["finished"]);
    }
    // Nothing in the text is wider than a terminal.
    std::istringstream lines(story.text(question));
    for (std::string line; std::getline(lines, line);) REQUIRE(line.size() <= 100);
  }
}

TEST_CASE("a machine that is watched takes the cycles that it takes unwatched") {
  for (std::uint32_t seed = 0; seed < 8; ++seed) {
    std::int64_t cycles[2];
    std::vector<stage::Account> accounts[2];
    for (const bool watched : {false, true}) {
      testbenches::fresh_kernel();
      const TemporaryDirectory place;
      ObservedSoc machine(testbenches::random_soc(seed));
      std::optional<observe::Timeline> timeline;
      std::optional<observe::Monitor> monitor;
      std::FILE* sink = std::tmpfile();
      std::optional<observe::Log> log;
      if (watched) {
        timeline.emplace(place / "t.json", std::nullopt, machine.numbers(), machine.context, "soc");
        observe::Monitor::Config config;
        config.watchdog = 1'000'000;
        config.stop_at.stall = 1'000'000;
        config.stop_at.cycle = 100'000'000;
        config.rows_per_head =
            std::int64_t(machine.config.pipeline.sequences) * machine.config.shape.tokens;
        config.done = [&machine] { return machine.soc.host.done(); };
        monitor.emplace("monitor", machine.context, config);
        log.emplace(observe::LogFilter("trace", {}), machine.numbers(), machine.context, "soc",
                    sink);
      }
      machine.run();
      cycles[watched] = machine.firmware.cycles();
      accounts[watched] = machine.context.ledger.accounts();
      if (watched) CHECK_FALSE(monitor->reason());
      std::fclose(sink);
    }
    CHECK(cycles[0] == cycles[1]);
    for (std::size_t i = 0; i < accounts[0].size(); ++i) {
      CHECK(accounts[0][i].starved_by == accounts[1][i].starved_by);
      CHECK(accounts[0][i].blocked_by == accounts[1][i].blocked_by);
    }
  }
}

TEST_CASE("a standstill is told of the cycle of its last turn, whenever an alarm goes off") {
  const TemporaryDirectory place;
  auto settings = testbenches::random_soc(3);
  const auto workload = workload::make_workload(settings, true);
  platforms::Observation observation;
  observation.watchdog = 1'000'000;
  observation.wave.emplace().path = place / "w.vcd";
  observation.timeline = place / "t.json";
  platforms::Session session(platforms::soc_machine().kind, settings, workload, observation);
  platforms::SocFirmware firmware(settings, session.config, workload);
  platforms::FormerSoc soc("soc", session.context, session.config, [&](pipeline::Host& host) {
    firmware.run(host);
    sc_core::wait(1, sc_core::SC_NS);  // the line falls
    host.wait_for_interrupt();         // and never rises again
  });
  std::string message;
  try {
    session.simulate(soc.host, soc.heads, [&](const platforms::Scopes& scopes) {
      soc.declare_probes(scopes, session.config, {});
    });
  } catch (const SimulationError& error) {
    message = error.what();
    CHECK_THAT(error.details, Catch::Contains("head0.score: waits for a row"));
  }
  const std::int64_t last = session.context.ledger.last_turn();
  CHECK(last <= firmware.cycles());
  CHECK(message == "the simulation came to a standstill in cycle " + std::to_string(last));
  const std::string wave = place.read("w.vcd");
  const auto end = std::to_string(session.context.clock.time_of(last + 1).value());
  CHECK(wave.substr(wave.rfind('#')) == "#" + end + "\n");
}
