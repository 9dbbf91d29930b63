// SPDX-License-Identifier: Apache-2.0
#include "observe/timeline.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "config/errors.h"
#include "support/temporary_directory.h"

using namespace topkima;
using stage::Activity, stage::Context, stage::Clock, stage::Ledger, stage::RowTag, stage::StageId;
using stage::RowNumbers, stage::RowRange, observe::Timeline;
using testbenches::TemporaryDirectory;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

RowTag token(std::uint32_t row, std::uint32_t sequence = 0) {
  RowTag tag;
  tag.sequence = sequence;
  tag.row = row;
  return tag;
}

/// A machine whose ledger the test keeps, at 200 MHz: a cycle is 0.005 us.
struct Books {
  const TemporaryDirectory place;
  Context context{Clock(200), Ledger(false)};
  RowNumbers numbers{2, 4};

  StageId add(const std::string& name) {
    return context.ledger.add_stage(
        name, *stage::find_kind(name.substr(name.rfind("head", 0) == 0 ? name.find('.') + 1 : 0)));
  }
  RowTag row(std::uint64_t id) const { return numbers.tag(id); }
  /// `stage` serves `row` in cycles [from, to), then waits.
  void serve(StageId stage, const RowTag& row, std::int64_t from, std::int64_t to,
             StageId by = stage::nobody) {
    context.ledger.enter(stage, Activity::busy, from, row, by);
    context.ledger.enter(stage, Activity::starved, to, row);
  }
  std::unique_ptr<Timeline> timeline(std::optional<RowRange> only = std::nullopt) {
    return std::make_unique<Timeline>(place / "t.json", only, numbers, context, "soc");
  }
  Json trace(Timeline& timeline, std::int64_t end) const {
    timeline.finish(end);
    return Json::parse(place.read("t.json"));
  }
  Json events(Timeline& timeline, std::int64_t end) const {
    return trace(timeline, end)["traceEvents"];
  }
};

/// Events of the phases in `phases`, as text.
std::vector<std::string> of(const Json& events, const std::string& phases) {
  std::vector<std::string> chosen;
  for (const auto& event : events)
    if (phases.find(event["ph"].get<std::string>()) != std::string::npos)
      chosen.push_back(event.dump());
  return chosen;
}

/// Phase, track, time and id of every flow event.
std::vector<std::string> flows(const Json& events) {
  std::vector<std::string> chosen;
  for (const auto& event : events)
    if (event.value("cat", "") == "way")
      chosen.push_back(event["ph"].get<std::string>() + " " + event["tid"].dump() + " " +
                       event["ts"].dump() + " " + event["id"].dump());
  return chosen;
}

/// Name, begin and end of every span.
std::vector<std::string> spans(const Json& events) {
  std::vector<std::string> chosen;
  for (const auto& event : events)
    if (event["ph"] == "X")
      chosen.push_back(event["name"].get<std::string>() + " " + event["args"]["from"].dump() +
                       ".." + event["args"]["to"].dump());
  return chosen;
}

}  // namespace

TEST_CASE("the whole file of one row, byte for byte") {
  Books books;
  const auto score = books.add("head1.score"), unite = books.add("head1.union");
  auto timeline = books.timeline();
  auto& ledger = books.context.ledger;
  const auto row = books.row(6);
  ledger.queue(score, row, 1, 3);
  ledger.enter(score, Activity::busy, 3, row, unite);
  ledger.enter(score, Activity::blocked, 20, row);
  ledger.enter(score, Activity::starved, 21, {}, unite);
  timeline->finish(30);
  const std::string head = R"("pid":3,"tid":100001)";
  CHECK(
      books.place.read("t.json") ==
      R"({"displayTimeUnit":"ns","otherData":{"machine":"soc","cycle_us":"0.005","axis":"1 us shown is a cycle of 0.005 us"},"traceEvents":[
{"ph":"M","pid":3,"name":"process_name","args":{"name":"head1"}},
{"ph":"M","pid":3,"name":"process_sort_index","args":{"sort_index":3}},
{"ph":"M","pid":3,"name":"process_labels","args":{"labels":"1 us shown is a cycle of 0.005 us"}},
{"ph":"M",)" +
          head + R"(,"name":"thread_name","args":{"name":"score"}},
{"ph":"M",)" +
          head + R"(,"name":"thread_sort_index","args":{"sort_index":7}},
{"ph":"X",)" +
          head +
          R"(,"ts":0,"dur":3,"cat":"starved","name":"starved by head1.union","args":{"from":0,"to":3,"by":"head1.union","id":6,"sequence":0,"head":1,"row":2}},
{"ph":"X",)" +
          head +
          R"(,"ts":3,"dur":17,"cat":"busy","name":"row 6","args":{"from":3,"to":20,"id":6,"sequence":0,"head":1,"row":2}},
{"ph":"s",)" +
          head + R"(,"ts":3,"id":6,"cat":"way","name":"way of a row"},
{"ph":"X",)" +
          head +
          R"(,"ts":20,"dur":1,"cat":"blocked","name":"blocked by head1.union","args":{"from":20,"to":21,"by":"head1.union","id":6,"sequence":0,"head":1,"row":2}},
{"ph":"X",)" +
          head +
          R"(,"ts":21,"dur":9,"cat":"starved","name":"starved","args":{"from":21,"to":30,"by":"no more rows"}},
{"ph":"M","pid":3,"tid":100002,"name":"thread_name","args":{"name":"union"}},
{"ph":"M","pid":3,"tid":100002,"name":"thread_sort_index","args":{"sort_index":8}},
{"ph":"X","pid":3,"tid":100002,"ts":0,"dur":30,"cat":"starved","name":"starved","args":{"from":0,"to":30,"by":"no more rows"}},
{"ph":"C","pid":3,"ts":3,"name":"score queue","args":{"rows":1}},
{"ph":"f",)" +
          head + R"(,"ts":3,"id":6,"cat":"way","name":"way of a row","bp":"e"}
]}
)");
}

TEST_CASE("a row's arrows lead from its projection through every stage to the store") {
  Books books;
  const char* const names[] = {"score", "union", "exponent", "divider", "av", "store"};
  std::vector<StageId> stages{books.add("projection.q")};
  for (const int head : {0, 1})
    for (const char* name : names)
      stages.push_back(books.add("head" + std::to_string(head) + "." + name));
  auto timeline = books.timeline();
  // Row 1 of both heads: ids 1 and 5. The second head is a stage behind.
  books.serve(stages[0], token(1), 2, 10);
  for (std::int64_t s = 0; s < 7; ++s) {
    if (s < 6) books.serve(stages[std::size_t(1 + s)], books.row(1), 10 * s + 10, 10 * s + 20);
    if (s > 0) books.serve(stages[std::size_t(6 + s)], books.row(5), 10 * s + 10, 10 * s + 20);
  }
  const auto events = books.events(*timeline, 100);
  CHECK(flows(events) == std::vector<std::string>{"s 100001 2 1", "t 100002 10 1", "t 100003 20 1",
                                                  "s 100001 2 5", "t 100008 20 5", "t 100004 30 1",
                                                  "t 100009 30 5", "t 100005 40 1", "t 100010 40 5",
                                                  "t 100006 50 1", "t 100011 50 5", "f 100007 60 1",
                                                  "t 100012 60 5", "f 100013 70 5"});
}

TEST_CASE(
    "without a store a way ends at the last stage there is, without a projection it begins "
    "at the first") {
  Books books;
  const auto score = books.add("head0.score"), av = books.add("head0.av");
  auto timeline = books.timeline();
  books.serve(score, books.row(0), 0, 10);
  books.serve(av, books.row(0), 10, 15);
  const auto events = books.events(*timeline, 20);
  CHECK(flows(events) == std::vector<std::string>{"s 100001 0 0", "f 100002 10 0"});
}

TEST_CASE("a row that passes a stage in no time leaves no span there, and its way ends before") {
  Books books;
  const auto score = books.add("head0.score"), unite = books.add("head0.union"),
             av = books.add("head0.av");
  auto timeline = books.timeline();
  books.serve(score, books.row(0), 0, 10);
  for (const auto stage : {unite, av}) books.serve(stage, books.row(0), 10, 10);
  const auto events = books.events(*timeline, 20);
  CHECK(flows(events) == std::vector<std::string>{"s 100001 0 0", "f 100001 0 0"});
  CHECK(spans(events) == std::vector<std::string>{"row 0 0..10", "starved 0..10", "starved 0..10",
                                                  "starved 10..20", "starved 10..20",
                                                  "starved 10..20"});
}

TEST_CASE("accounts that are closed are written once, those of a stopped run to its end") {
  for (const bool close : {false, true}) {
    Books books;
    const auto score = books.add("head0.score"), av = books.add("head0.av");
    auto timeline = books.timeline();
    books.context.ledger.enter(score, Activity::busy, 5, books.row(0), av);
    if (close) books.context.ledger.close(12);
    const auto events = books.events(*timeline, 12);
    CHECK(spans(events) ==
          std::vector<std::string>{"starved by head0.av 0..5", "row 0 5..12", "starved 0..12"});
    // What is left of the way ends where the row is.
    CHECK(flows(events) == std::vector<std::string>{"s 100001 5 0", "f 100001 5 0"});
  }
}

TEST_CASE("heads are processes, shared stages another, in the order of a row's way") {
  Books books;
  for (const char* name : {"head1.union", "write.k", "head1.score", "bus.read"}) books.add(name);
  books.context.ledger.add_stage("odd", stage::kinds::matrix);
  books.add("head0.store");
  books.context.ledger.add_label("bus latency", stage::kinds::bus_latency);
  auto timeline = books.timeline();
  std::map<std::pair<int, int>, std::string> processes;
  std::map<std::pair<int, int>, std::string> tracks;
  std::map<std::pair<int, int>, int> order;
  for (const auto& event : books.events(*timeline, 1)) {
    if (event["ph"] != "M") continue;
    const std::pair<int, int> key{event["pid"], event.value("tid", 0)};
    if (event["name"] == "process_name") processes[key] = event["args"]["name"];
    if (event["name"] == "thread_name") tracks[key] = event["args"]["name"];
    if (event["args"].contains("sort_index")) order[key] = event["args"]["sort_index"];
  }
  CHECK(processes == std::map<std::pair<int, int>, std::string>{
                         {{1, 0}, "shared"}, {{2, 0}, "head0"}, {{3, 0}, "head1"}});
  CHECK(tracks == std::map<std::pair<int, int>, std::string>{{{3, 100001}, "union"},
                                                             {{1, 100002}, "write.k"},
                                                             {{3, 100003}, "score"},
                                                             {{1, 100004}, "bus.read"},
                                                             {{1, 100005}, "odd"},
                                                             {{2, 100006}, "store"}});
  CHECK(order[{1, 100004}] < order[{1, 100002}]);
  CHECK(order[{1, 100002}] < order[{1, 100005}]);
  CHECK(order[{3, 100003}] < order[{3, 100001}]);
  CHECK(order[{1, 0}] < order[{2, 0}]);
}

TEST_CASE("a queue's counter shows its level at the end of each cycle in which that changed") {
  Books books;
  const auto score = books.add("head0.score"), write = books.add("write.k");
  auto timeline = books.timeline();
  auto& ledger = books.context.ledger;
  ledger.queue(score, books.row(0), 1, 2);
  ledger.queue(score, books.row(1), 2, 2);
  ledger.queue(write, token(0), 1, 3);
  ledger.queue(score, books.row(0), 1, 9);
  ledger.queue(score, books.row(2), 2, 9);
  ledger.queue(score, books.row(1), 1, 12);
  ledger.queue(write, token(0), 0, 12);
  ledger.queue(score, books.row(2), 0, 15);
  CHECK(of(books.events(*timeline, 20), "C") ==
        std::vector<std::string>{
            R"({"ph":"C","pid":2,"ts":2,"name":"score queue","args":{"rows":2}})",
            R"({"ph":"C","pid":1,"ts":3,"name":"write.k queue","args":{"rows":1}})",
            R"({"ph":"C","pid":2,"ts":12,"name":"score queue","args":{"rows":1}})",
            R"({"ph":"C","pid":2,"ts":15,"name":"score queue","args":{"rows":0}})",
            R"({"ph":"C","pid":1,"ts":12,"name":"write.k queue","args":{"rows":0}})"});
}

TEST_CASE("a range of rows shows those rows, their tokens and the waits between them") {
  Books books;
  const auto projection = books.add("projection.q");
  const auto score = books.add("head0.score"), other = books.add("head1.score");
  auto timeline = books.timeline(RowRange{1, 2});
  auto& ledger = books.context.ledger;
  for (std::uint32_t r = 0; r < 4; ++r) {
    ledger.queue(projection, token(r), 1, 10 * r);
    ledger.enter(projection, Activity::busy, 10 * r, token(r), score);
    ledger.enter(projection, Activity::blocked, 10 * r + 5, token(r));
    ledger.enter(projection, Activity::starved, 10 * r + 6, {}, score);
    ledger.queue(projection, token(r), 0, 10 * r + 6);
    ledger.queue(score, books.row(r), 1, 10 * r + 6);
    books.serve(score, books.row(r), 10 * r + 6, 10 * r + 9, projection);
    ledger.queue(score, books.row(r), 0, 10 * r + 9);
    books.serve(other, books.row(4 + r), 10 * r + 6, 10 * r + 9, projection);
  }
  const auto events = books.events(*timeline, 100);
  CHECK(spans(events) == std::vector<std::string>{"token 1 10..15", "blocked by head0.score 15..16",
                                                  "row 1 16..19", "starved by head0.score 16..20",
                                                  "token 2 20..25", "blocked by head0.score 25..26",
                                                  "starved by projection.q 19..26",
                                                  "row 2 26..29"});
  CHECK(flows(events) == std::vector<std::string>{"s 100001 10 1", "f 100002 16 1", "s 100001 20 2",
                                                  "f 100002 26 2"});
  std::vector<std::string> counters;
  for (const auto& event : events)
    if (event["ph"] == "C")
      counters.push_back(event["name"].get<std::string>() + " " + event["ts"].dump() + " " +
                         event["args"]["rows"].dump());
  CHECK(counters == std::vector<std::string>{"projection.q queue 10 1", "projection.q queue 16 0",
                                             "score queue 16 1", "score queue 19 0",
                                             "projection.q queue 20 1", "projection.q queue 26 0",
                                             "score queue 26 1", "score queue 29 0"});
}

TEST_CASE("times are cycles at any frequency, and the file says what one is") {
  for (const auto& [mhz, cycle] : {std::pair(0.001, "1000"), std::pair(200.0, "0.005"),
                                   std::pair(333.3, "0.003"), std::pair(100'000.0, "0.00001")}) {
    Books books;
    books.context.clock = Clock(mhz);
    const auto score = books.add("head0.score");
    auto timeline = books.timeline();
    books.serve(score, books.row(0), 3, 1'000'000'007);
    const auto trace = books.trace(*timeline, 2'000'000'000);
    const std::string axis = "1 us shown is a cycle of " + std::string(cycle) + " us";
    CHECK(timeline->axis() == axis);
    CHECK(trace["otherData"]["axis"] == axis);
    CHECK(trace["otherData"]["cycle_us"] == cycle);
    for (const auto& event : trace["traceEvents"]) {
      if (event["ph"] != "X") continue;
      CHECK(event["ts"] == event["args"]["from"]);
      CHECK(event["dur"] ==
            std::int64_t(event["args"]["to"]) - std::int64_t(event["args"]["from"]));
    }
  }
}

TEST_CASE("a timeline ends at its size, whole, and says so") {
  Books books;
  const auto score = books.add("head0.score");
  Timeline timeline(books.place / "t.json", std::nullopt, books.numbers, books.context, "soc",
                    10'000);
  for (std::int64_t cycle = 0; cycle < 2000; cycle += 10) {
    books.serve(score, books.row(std::uint64_t(cycle / 10 % 4)), cycle, cycle + 8);
    timeline.queued(score, books.row(0), int(cycle / 10 % 2), cycle);
  }
  const auto events = books.events(timeline, 2000);
  CHECK(fs::file_size(books.place / "t.json") < 12'000);
  std::int64_t last = 0;
  for (const auto& event : events)
    if (event["ph"] == "X") last = std::max(last, std::int64_t(event["args"]["to"]));
  CHECK(last > 100);
  CHECK(last < 1000);
  CHECK_THAT(timeline.cut_text(),
             Catch::Contains("nothing that ends behind cycle " + std::to_string(last) + ":") &&
                 Catch::Contains("--timeline.max_mb"));
  CHECK(books.timeline()->cut_text().empty());
}

TEST_CASE("a timeline that is not finished leaves no file, one that cannot be is refused") {
  Books books;
  books.timeline();
  CHECK(fs::is_empty(books.place.path()));
  Ledger ledger(false);
  CHECK_THROWS_AS(Timeline(books.place / "no/where.json", std::nullopt, {}, books.context, "soc"),
                  ConfigError);
}
