// SPDX-License-Identifier: Apache-2.0
#include "report/row_times.h"

#include <catch2/catch.hpp>

#include "stage/kinds.h"

using namespace topkima;
using report::RowPart, report::RowTimes, report::Spread;
using stage::Activity, stage::Ledger, stage::RowNumbers, stage::StageId;

TEST_CASE("quantiles are cycles that rows took") {
  Spread spread;
  for (const int cycles : {5, 1, 9, 3, 7, 2, 4, 6, 8, 5000}) spread.add(cycles);
  CHECK(spread.rows() == 10);
  CHECK(spread.mean() == Approx(504.5));
  CHECK(spread.quantile(0) == 1);
  CHECK(spread.quantile(0.1) == 1);
  CHECK(spread.quantile(0.5) == 5);
  CHECK(spread.quantile(0.9) == 9);
  CHECK(spread.quantile(0.91) == 5000);
  CHECK(spread.quantile(1) == 5000);
  CHECK(spread.share_below(1) == 0);
  CHECK(spread.share_below(5) == Approx(0.4));
  CHECK(spread.share_below(5000) == Approx(0.9));
  CHECK(spread.share_below(5001) == 1);
}

TEST_CASE("without rows there is nothing, and no division by it") {
  const Spread none;
  CHECK(none.quantile(0.5) == 0);
  CHECK(none.mean() == 0);
  CHECK(none.share_below(3) == 0);
}

namespace {

/// Two heads of two rows, each with a score and AV arrays.
struct Books {
  config::MachineConfig config = shape();
  Ledger ledger{false};
  StageId bus = ledger.add_stage("bus.read", stage::kinds::bus_read),
          score = ledger.add_stage("head1.score", stage::kinds::score),
          av = ledger.add_stage("head1.av", stage::kinds::av);
  RowNumbers numbers{2, 2};
  RowTimes times{config, ledger};

  static config::MachineConfig shape() {
    config::MachineConfig config{};
    config.shape.heads = config.shape.kv_heads = 2;
    config.shape.query_rows = 2;
    return config;
  }
  /// A row is in the stage's queue from `arrived`, in service from `taken`, done at `done`, and has
  /// left at `left`.
  void pass(StageId stage, std::uint64_t id, std::int64_t arrived, std::int64_t taken,
            std::int64_t done, std::int64_t left) {
    const auto row = numbers.tag(id);
    ledger.queue(stage, row, 1, arrived);
    ledger.enter(stage, Activity::busy, taken, row);
    ledger.enter(stage, Activity::blocked, done, row);
    ledger.queue(stage, row, 0, left);
    ledger.enter(stage, Activity::starved, left, {});
  }
};

}  // namespace

TEST_CASE("what a row waited, worked and was held up, stage by stage, and its whole way") {
  Books books;
  books.pass(books.score, 2, 10, 14, 30, 37);
  books.pass(books.av, 2, 37, 37, 40, 41);
  books.pass(books.bus, 2, 0, 0, 5, 5);  // no stage of a head
  const auto& table = books.times.finish(41);
  CHECK(table.stages == std::vector<std::string>{"score", "av"});
  CHECK(table.of("score", RowPart::waited)->quantile(1) == 4);
  CHECK(table.of("score", RowPart::busy)->quantile(1) == 16);
  CHECK(table.of("score", RowPart::blocked)->quantile(1) == 7);
  CHECK(table.of("av", RowPart::blocked)->quantile(1) == 1);
  CHECK(table.of("bus.read", RowPart::busy) == nullptr);
  CHECK(table.whole.rows() == 1);
  CHECK(table.whole.quantile(0.5) == 31);
  CHECK(table.csv() ==
        "id,head,row,arrived,left,cycles,score.waited,score.busy,score.blocked,av.waited,av.busy,"
        "av.blocked\n"
        "0,0,0,0,0,0,0,0,0,0,0,0\n"
        "1,0,1,0,0,0,0,0,0,0,0,0\n"
        "2,1,0,10,41,31,4,16,7,0,3,1\n"
        "3,1,1,0,0,0,0,0,0,0,0,0\n");
}

TEST_CASE("a row that waits behind another waits until that has left") {
  Books books;
  const auto first = books.numbers.tag(2), second = books.numbers.tag(3);
  auto& ledger = books.ledger;
  ledger.queue(books.score, first, 1, 0);
  ledger.enter(books.score, Activity::busy, 0, first);
  ledger.queue(books.score, second, 2, 3);
  ledger.enter(books.score, Activity::blocked, 10, first);
  ledger.queue(books.score, first, 1, 12);
  ledger.enter(books.score, Activity::busy, 12, second);
  ledger.enter(books.score, Activity::blocked, 20, second);
  ledger.queue(books.score, second, 0, 20);
  const auto& lines = books.times.finish(20).lines;
  CHECK(lines[2].cycles[0] == std::array<std::int64_t, 3>{0, 10, 2});
  CHECK(lines[3].cycles[0] == std::array<std::int64_t, 3>{9, 8, 0});
}

TEST_CASE("a row that leaves a stage with the end of the run has passed it") {
  Books books;
  books.pass(books.score, 2, 0, 0, 4, 5);
  const auto last = books.numbers.tag(3);
  books.ledger.queue(books.score, last, 1, 5);
  books.ledger.enter(books.score, Activity::busy, 5, last);
  books.ledger.enter(books.score, Activity::blocked, 9, last);
  const auto& table = books.times.finish(12);
  CHECK(table.of("score", RowPart::busy)->rows() == 2);
  CHECK(table.lines[3].cycles[0] == std::array<std::int64_t, 3>{0, 4, 3});
}

TEST_CASE("rows of later sequences count, but have no line") {
  Books books;
  books.pass(books.score, 2, 0, 0, 4, 4);
  books.pass(books.score, 6, 10, 10, 18, 18);
  const auto& table = books.times.finish(18);
  CHECK(table.of("score", RowPart::busy)->rows() == 2);
  CHECK(table.lines.size() == 4);
  CHECK(table.lines[2].cycles[0][1] == 4);
}
