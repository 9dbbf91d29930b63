// SPDX-License-Identifier: Apache-2.0
// Arbiter and counter clock by clock, behind a ramp that the test plays.
#include <catch2/catch.hpp>
#include <map>

#include "support/row_ends.h"
#include "support/script.h"
#include "topk/topk_counter.h"

using namespace topkima;
using namespace topkima::testbenches;
using Kind = stage::RampStep::Kind;
namespace reg = registers::topk;

namespace {

struct Grant {
  std::int64_t cycle;
  int column, code, counter;
  bool operator==(const Grant& other) const {
    return cycle == other.cycle && column == other.column && code == other.code &&
           counter == other.counter;
  }
};

struct Granting {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  topk::TopkCounter counter;
  Initiator host{"host"}, adc{"adc"};
  Recording latches{"latches"};
  std::vector<Grant> grants;
  Observer<stage::GrantRecord> observer{[this](const stage::GrantRecord& record) {
    grants.push_back({context.clock.now(), record.column, record.code, record.counter});
  }};
  std::vector<stage::ConversionRecord> conversions;
  Observer<stage::ConversionRecord> conversion_observer{
      [this](const auto& record) { conversions.push_back(record); }};
  stage::StepPayload payload;
  Script ramp;

  /// Beside the arbiter's lanes: cycles of every step, and before the first.
  struct Pace {
    int lanes = 1, step = 0, start = 0;
  };

  Granting(int columns, std::uint32_t k, bool stop_when_exhausted, Script::Steps steps)
      : Granting(columns, k, stop_when_exhausted, std::move(steps), Pace{}) {}
  Granting(int columns, std::uint32_t k, bool stop_when_exhausted, Script::Steps steps,
           const Pace& pace)
      : counter("counter", context.clock,
                {columns, 5, 3, config::Fidelity::cycle, pace.lanes, pace.step, pace.start}),
        ramp("ramp", context, std::move(steps)) {
    ramp.out.bind(counter.crossings);
    adc.out.bind(counter.codes);
    host.out.bind(counter.control);
    counter.winners.bind(latches.in);
    counter.grants.bind(observer);
    counter.conversions.bind(conversion_observer);
    host.at_start = [this, k, stop_when_exhausted] {
      host.write32(reg::k.offset, k);
      host.write32(reg::stop.offset, stop_when_exhausted);
    };
  }

  /// Sends a step; true while the ramp may go on.
  bool send(Kind kind, int code, std::uint64_t fired, int participants = 4) {
    auto& step = payload.step;
    step.tag = tag_of(9);
    step.kind = kind;
    step.code = code;
    step.participants = participants;
    payload.send(ramp.out, {fired});
    CHECK(payload.response() == tlm::TLM_OK_RESPONSE);
    return !step.stop;
  }
};

/// What a block's probes show, cycle by cycle where they change.
class Shown : public stage::ProbeScope, private stage::SignalSink {
 public:
  explicit Shown(const stage::Clock& clock) : clock_(clock) {}
  void add(stage::Probe& probe, const stage::Signal& signal) override {
    probe.connect(*this, int(names.size()));
    names.push_back(signal.name);
  }
  std::vector<std::string> names;
  std::map<std::string, std::map<std::int64_t, std::int64_t>> values;

 private:
  void change(int signal, std::int64_t value) override {
    values[names[std::size_t(signal)]][clock_.now()] = value;
  }
  void change(int, double) override {}
  void change(int, const std::string&) override {}
  void change(int, const std::uint64_t*) override {}

  const stage::Clock& clock_;
};

}  // namespace

TEST_CASE("requests of one step are granted one per cycle in ascending address, the k-th stops") {
  std::vector<std::int64_t> returned;
  Granting* g = nullptr;
  Granting granting(8, 3, false, [&](Script& script) {
    script.until(5);
    CHECK(g->send(Kind::arm, 16, 0));
    returned.push_back(script.now());
    CHECK(g->send(Kind::step, 15, 0));  // nobody: one cycle
    returned.push_back(script.now());
    CHECK(g->send(Kind::step, 14, 0b10000010));  // columns 1 and 7: two
    returned.push_back(script.now());
    CHECK_FALSE(g->send(Kind::step, 13, 0b0001101));  // column 0 is the third; 2 and 3 are dropped
    returned.push_back(script.now());
  });
  g = &granting;
  sc_core::sc_start();
  CHECK(returned == std::vector<std::int64_t>{5, 6, 8, 9});
  CHECK(granting.grants == std::vector<Grant>{{6, 1, 14, 1}, {7, 7, 14, 2}, {8, 0, 13, 3}});
  REQUIRE(granting.conversions.size() == 1);
  CHECK(granting.conversions[0].steps == 3);
  CHECK(granting.conversions[0].cycles == 4);
  CHECK(granting.conversions[0].crossbar == 3);
  REQUIRE(granting.latches.writes.size() == 1);
  CHECK(granting.latches.writes[0].time == granting.context.clock.time_of(9));
  CHECK(values_of<std::int32_t>(granting.latches.writes[0].data) ==
        std::vector<std::int32_t>{3, 4, 3, 1, 14, 7, 14, 0, 13});
}

TEST_CASE("the end of the ramp ends a conversion of few participants, and the next starts anew") {
  Granting* g = nullptr;
  Granting granting(8, 5, false, [&](Script&) {
    CHECK(g->send(Kind::arm, 16, 0));
    CHECK(g->send(Kind::step, 15, 0b1));
    CHECK_FALSE(g->send(Kind::last, -16, 0b110));
    CHECK(g->send(Kind::arm, 16, 0));
    CHECK_FALSE(g->send(Kind::last, -16, 0));
  });
  g = &granting;
  sc_core::sc_start();
  CHECK(granting.grants == std::vector<Grant>{{0, 0, 15, 1}, {1, 1, -16, 2}, {2, 2, -16, 3}});
  REQUIRE(granting.conversions.size() == 2);
  CHECK(granting.conversions[0].cycles == 3);
  CHECK(granting.conversions[1].cycles == 1);
  CHECK(values_of<std::int32_t>(granting.latches.writes[1].data) ==
        std::vector<std::int32_t>{1, 1, 0});
}

TEST_CASE("told to stop when exhausted, the last participant's grant ends the conversion") {
  Granting* g = nullptr;
  Granting granting(8, 5, true, [&](Script&) {
    CHECK(g->send(Kind::arm, 16, 0));
    CHECK(g->send(Kind::step, 15, 0b11));
    CHECK_FALSE(g->send(Kind::step, 14, 0b1100));
  });
  g = &granting;
  sc_core::sc_start();
  CHECK(granting.conversions.at(0).cycles == 4);
  CHECK(granting.conversions.at(0).steps == 2);
}

TEST_CASE("several lanes, cycles of a step and of a start: each grant in its cycle, by hand") {
  std::vector<std::int64_t> returned;
  Granting* g = nullptr;
  Granting granting(
      8, 5, false,
      [&](Script& script) {
        script.until(5);
        CHECK(g->send(Kind::arm, 16, 0));  // three cycles of the start
        returned.push_back(script.now());
        CHECK(g->send(Kind::step, 15, 0));  // two of the step, one for nobody
        returned.push_back(script.now());
        CHECK(g->send(Kind::step, 14, 0b10010010));  // columns 1 and 4, then 7
        returned.push_back(script.now());
        CHECK_FALSE(g->send(Kind::step, 13, 0b0001101));  // column 2 is the fifth, 3 is dropped
        returned.push_back(script.now());
      },
      {2, 2, 3});
  g = &granting;
  Shown shown(granting.context.clock);
  granting.counter.declare_probes(shown);
  sc_core::sc_start();
  CHECK(returned == std::vector<std::int64_t>{8, 11, 15, 18});
  CHECK(granting.grants ==
        std::vector<Grant>{
            {13, 1, 14, 1}, {13, 4, 14, 2}, {14, 7, 14, 3}, {17, 0, 13, 4}, {17, 2, 13, 5}});
  REQUIRE(granting.conversions.size() == 1);
  CHECK(granting.conversions[0].steps == 3);
  CHECK(granting.conversions[0].cycles == 18 - 5);
  CHECK(values_of<std::int32_t>(granting.latches.writes.at(0).data) ==
        std::vector<std::int32_t>{3, 13, 5, 1, 14, 4, 14, 7, 14, 0, 13, 2, 13});

  using Values = std::map<std::int64_t, std::int64_t>;
  CHECK(shown.names == std::vector<std::string>{"pending", "grant_valid", "grant_column",
                                                "grant_valid1", "grant_column1", "grant_code",
                                                "counter", "stop"});
  CHECK(shown.values["pending"] ==
        Values{{0, 0}, {10, 0}, {11, 0}, {13, 3}, {14, 1}, {15, 0}, {17, 3}, {18, 0}});
  CHECK(shown.values["grant_valid"] ==
        Values{{0, 0}, {10, 0}, {11, 0}, {13, 1}, {14, 1}, {15, 0}, {17, 1}, {18, 0}});
  CHECK(shown.values["grant_column"] == Values{{0, 0}, {13, 1}, {14, 7}, {17, 0}});
  CHECK(shown.values["grant_valid1"] ==
        Values{{0, 0}, {10, 0}, {11, 0}, {13, 1}, {14, 0}, {15, 0}, {17, 1}, {18, 0}});
  CHECK(shown.values["grant_column1"] == Values{{0, 0}, {13, 4}, {17, 2}});
  CHECK(shown.values["counter"] == Values{{0, 0}, {10, 0}, {13, 2}, {14, 3}, {17, 5}});
}

TEST_CASE("an arbiter of one lane shows one, and a conversion without any step takes no cycle") {
  Granting* g = nullptr;
  Granting granting(8, 5, true,
                    [&](Script& script) {
                      CHECK_FALSE(g->send(Kind::arm, 16, 0, 0));
                      CHECK(script.now() == 0);
                    },
                    {1, 2, 3});
  g = &granting;
  Shown shown(granting.context.clock);
  granting.counter.declare_probes(shown);
  sc_core::sc_start();
  CHECK(granting.conversions.at(0).cycles == 0);
  CHECK(shown.names == std::vector<std::string>{"pending", "grant_valid", "grant_column",
                                                "grant_code", "counter", "stop"});
}
