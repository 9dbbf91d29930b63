// SPDX-License-Identifier: Apache-2.0
#include "observe/row_story.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "config/errors.h"

using namespace topkima;
using stage::Activity, stage::Context, stage::Clock, stage::Ledger, stage::RowTag, stage::StageId;
using stage::RowNumbers, observe::RowScores, observe::RowStory;
using Json = nlohmann::json;

namespace {

constexpr RowNumbers numbers{2, 4};
constexpr std::uint64_t mine = 6;  // head 1, row 2

/// A head that serves row 6 between two others, and what its ports show.
struct Machine {
  Context context{Clock(200), Ledger(false)};
  StageId projection = context.ledger.add_stage("projection.q", stage::kinds::projection_q);
  StageId score = context.ledger.add_stage("head1.score", stage::kinds::score);
  StageId unite = context.ledger.add_stage("head1.union", stage::kinds::unite);
  RowStory story{mine, numbers, context};

  void run() {
    auto& ledger = context.ledger;
    RowTag token;
    token.row = 2;
    ledger.queue(projection, token, 1, 10);
    ledger.enter(projection, Activity::busy, 12, token);
    ledger.enter(projection, Activity::blocked, 86, token);
    for (const std::uint64_t id : {mine - 1, mine, mine + 1}) {
      const auto row = numbers.tag(id);
      const auto at = 100 * std::int64_t(id);
      ledger.queue(score, row, 1, at - 20);
      if (id == mine) {
        ledger.enter(projection, Activity::starved, at - 20, {}, score);
        ledger.queue(projection, token, 0, at - 20);
      }
      ledger.enter(score, Activity::busy, at, row, projection);
      story.conversions().write({row, 0, 9, 11});
      story.conversions().write({row, 1, 30, 30});
      ledger.enter(score, Activity::blocked, at + 46, row);
      ledger.queue(unite, row, 1, at + 50);
      ledger.enter(unite, Activity::busy, at + 50, row, score);
      ledger.enter(score, Activity::starved, at + 50, {}, unite);
      ledger.queue(score, row, 0, at + 50);
      const stage::TokenCode winners[] = {{1, 9}, {0, 3}, {4, 5}};
      story.winners().write({row, winners, 3});
      ledger.enter(unite, Activity::blocked, at + 51, row);
      const stage::TokenCode probabilities[] = {{1, 20}, {0, 3}, {4, 8}};
      story.probabilities().write({row, probabilities, 3});
      const std::int32_t output[] = {7, -4, 12};
      story.outputs().write({row, output, 3});
      ledger.enter(unite, Activity::starved, at + 51, {});
      ledger.queue(unite, row, 0, at + 51);
    }
  }
};

RowStory::Question question() {
  RowScores row;
  row.scores = {32, 90, 34, 31, 50, 12, 99, 98};
  row.ramp_lsb = 10;
  row.columns = arith::ColumnMap::blocked({4, 4}, 8);
  row.sub_k = {2, 1};
  row.participants = {0, 6};
  RowStory::Question question;
  question.scores = row;
  return question;
}

}  // namespace

TEST_CASE("the whole story of a row, as a terminal shows it") {
  Machine machine;
  machine.run();
  auto asked = question();
  asked.token = 2;
  asked.runners_up = 2;
  CHECK(machine.story.text(asked) == R"(row 6 (head 1, row 2)
  stage             arrived   waited      taken    busy  blocked       left
  projection.q           10        2         12      74      494        580  by head1.score
  head1.score           580       20        600      46        4        650  by head1.union
  head1.union           650        0        650       1        0        651
  641 cycles in all, from 10 to 651

stages that starved until it came
  head1.score            50  by projection.q
  head1.union            99  by head1.score

conversion
  crossbar 0: 9 ramp steps, 11 cycles
  crossbar 1: 30 ramp steps, 30 cycles, the slowest

winners, in grant order
   token xbar    score  code  probability
       1    0       90     9  20 of 31
       0    0       32     3  3 of 31
       4    1       50     5  8 of 31

not selected, the best of 3
   token xbar    score  code  rank  why
       2    0       34     3     3  lost the tie at code 3: column 0 had the last grant
       3    0       31     3     5  lost the tie at code 3: column 0 had the last grant
2 tokens masked: comparator off

token 2 (crossbar 0, column 2): score 34, code 3, rank 3 of 6, in its crossbar 2 of 4
  not selected: lost the tie at code 3: column 0 had the last grant

output: 3 values from -4 to 12
)");
}

TEST_CASE("a token that was selected, one that came too late and one that was masked") {
  Machine machine;
  machine.run();
  const auto about = [&](int token) {
    auto asked = question();
    asked.token = token;
    const auto text = machine.story.text(asked);
    const auto from = text.find("\ntoken ") + 1;
    return text.substr(from, text.find("\n\n", from) - from);
  };
  CHECK(about(4) ==
        "token 4 (crossbar 1, column 0): score 50, code 5, rank 2 of 6, in its "
        "crossbar 1 of 2\n  selected: grant 1 of 1 in crossbar 1");
  CHECK(about(5) ==
        "token 5 (crossbar 1, column 1): score 12, code 1, rank 6 of 6, in its "
        "crossbar 2 of 2\n  not selected: crossbar 1 had its k = 1 when the ramp "
        "stopped at code 5");
  CHECK(about(7) ==
        "token 7 (crossbar 1, column 3): score 98\n  not selected: masked: its "
        "comparator was off");
  for (const int token : {-1, 8}) {
    auto asked = question();
    asked.token = token;
    CHECK_THROWS_AS(machine.story.text(asked), ConfigError);
    CHECK_THROWS_AS(machine.story.json(asked), ConfigError);
  }
}

TEST_CASE("without scores the story tells what passed, without a run that nothing did") {
  Machine machine;
  CHECK(machine.story.text({}) == "row 6 (head 1, row 2)\nnothing has been seen of it\n");
  machine.run();
  const auto text = machine.story.text({});
  CHECK_THAT(text, Catch::Contains("       1    -        -     9  20 of 31\n"));
  CHECK_THAT(text, !Catch::Contains("not selected"));
}

TEST_CASE("scores that are not the row's are told apart") {
  Machine machine;
  machine.run();
  auto asked = question();
  asked.scores->scores[2] = 150;
  CHECK_THAT(machine.story.text(asked),
             Catch::Contains("the scores do not explain these winners\n") &&
                 !Catch::Contains("not selected"));
  CHECK(Json::parse(machine.story.json(asked))["scores_explain_winners"] == false);
}

TEST_CASE("a row without selection: the most probable columns, and how many more") {
  Machine machine;
  auto asked = question();
  asked.selector = observe::Selector::none;
  asked.most_listed = 3;
  asked.scores->columns = arith::ColumnMap::blocked({8}, 8);
  asked.scores->sub_k = {1};
  const auto row = numbers.tag(mine);
  const stage::TokenCode codes[] = {{0, 3}, {1, 9}, {2, 3}, {3, 3}, {4, 5}, {5, 1}};
  const stage::TokenCode probabilities[] = {{0, 2}, {1, 20}, {2, 2}, {3, 2}, {4, 4}, {5, 0}};
  machine.story.conversions().write({row, 0, 32, 32});
  machine.story.codes().write({row, codes, 6});
  machine.story.winners().write({row, codes, 6});
  machine.story.probabilities().write({row, probabilities, 6});
  CHECK(machine.story.text(asked) == R"(row 6 (head 1, row 2)
nothing has been seen of it

conversion
  the full ramp in every crossbar: 32 ramp steps, 32 cycles

no selection, 6 columns, the most probable first
   token xbar    score  code  probability
       1    0       90     9  20 of 31
       4    0       50     5  4 of 31
       0    0       32     3  2 of 31
  and 3 more, 4 of 31 together; --row.format json has all
2 tokens masked: comparator off
)");
  const auto told = Json::parse(machine.story.json(asked));
  CHECK(told["selector"] == "none");
  CHECK(told["winners"].size() == 6);
  CHECK(told["not_selected"].empty());
}

TEST_CASE("sums of row blocks: the codes as they were latched, explained by the sorter alone") {
  Machine machine;
  auto asked = question();
  asked.selector = observe::Selector::sorter;
  asked.scores->head_k = 2;
  asked.scores->row_blocks = 2;
  const auto row = numbers.tag(mine);
  const stage::TokenCode codes[] = {{0, 4}, {1, 10}, {2, 4}, {3, 3}, {4, 4}, {5, 1}};
  const stage::TokenCode winners[] = {{1, 10}, {0, 4}};
  machine.story.conversions().write({row, 0, 32, 32});
  machine.story.codes().write({row, codes, 6});
  machine.story.winners().write({row, winners, 2});
  const auto text = machine.story.text(asked);
  CHECK_THAT(text, Catch::Contains("is the sum of the codes of 2 row blocks\n") &&
                       Catch::Contains("       0    0       32     4  -\n") &&
                       Catch::Contains("lost the tie at code 4: token 0 had the last place") &&
                       !Catch::Contains("do not explain"));
}

TEST_CASE("a story in the making: what has not happened is left open") {
  Machine machine;
  auto& ledger = machine.context.ledger;
  const auto row = numbers.tag(mine);
  ledger.queue(machine.score, row, 1, 5);
  CHECK_THAT(
      machine.story.text({}),
      Catch::Contains("head1.score             5        -          -       -        0          -"));
  ledger.enter(machine.score, Activity::busy, 9, row);
  CHECK_THAT(
      machine.story.text({}),
      Catch::Contains("head1.score             5        4          9       -        0          -"));
}

TEST_CASE("the store waits for the bus before its service, not in its queue") {
  Machine machine;
  auto& ledger = machine.context.ledger;
  const auto store = ledger.add_stage("head1.store", stage::kinds::store),
             bus = ledger.add_stage("bus.write", stage::kinds::bus_write);
  const auto row = numbers.tag(mine);
  ledger.queue(store, row, 1, 50);
  ledger.enter(store, Activity::blocked, 53, row);
  ledger.enter(bus, Activity::busy, 60, row);
  ledger.enter(bus, Activity::starved, 64, row);
  ledger.enter(store, Activity::busy, 60, row, bus);
  ledger.enter(store, Activity::starved, 64, row);
  ledger.queue(store, row, 0, 64);
  CHECK_THAT(machine.story.text({}),
             Catch::Contains("head1.store            50        3         60       4        7       "
                             "  64  by bus.write\n"));
  const auto told = Json::parse(machine.story.json({}));
  CHECK(told["stages"][0]["blocked_by"] == Json{{"bus.write", 7}});
  CHECK(told["stages"][0]["left"] == 64);
  CHECK(told["stages"][1]["arrived"].is_null());
}
