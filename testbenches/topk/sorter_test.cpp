// SPDX-License-Identifier: Apache-2.0
#include "topk/sorter.h"

#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "support/both_fidelities.h"
#include "support/columns.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using Cycles = std::vector<std::int64_t>;
using Pairs = std::vector<std::pair<int, int>>;

namespace {

struct Bank {
  const stage::Fidelity fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource latch{"latch", context};
  topk::Sorter sorter;
  RowSink sink{"sink", context};
  std::size_t seen = 0;
  Observer<stage::EntriesRecord> observer{[this](const auto& record) {
    CHECK(record.tag.row == seen);
    ++seen;
  }};

  explicit Bank(const topk::Sorter::Config& config)
      : sorter("sorter", context, "head0.sorter", at_fidelity(config, fidelity)) {
    latch.out.bind(sorter.in);
    sorter.out.bind(sink.in);
    sorter.winners.bind(observer);
  }
  void add(const std::vector<int>& codes) {
    std::vector<stage::TokenCode> entries;
    for (const int code : codes) entries.push_back({int(entries.size()), code});
    latch.add(entry_row(entries));
  }
  Pairs sorted(std::size_t row) const {
    const stage::EntryRow entries(sink.rows.at(row).data.data());
    Pairs result;
    for (int w = 0; w < entries.header.count; ++w)
      result.emplace_back(entries.entries[w].token, entries.entries[w].code);
    return result;
  }
};

}  // namespace

TEST_CASE("one sorter takes a cycle per column of the sequence, masked or not") {
  Bank b({blocked({6}), {2}, 1, 0});
  b.add({3, 7, 3, 7, 1, 0});
  b.add({-4});
  b.add({});
  sc_core::sc_start();
  CHECK(b.sink.cycles() == Cycles{6, 12, 18});
  CHECK(b.sorted(0) == Pairs{{1, 7}, {3, 7}});
  CHECK(b.sorted(1) == Pairs{{0, -4}});
  CHECK(b.sorted(2).empty());
  CHECK(b.seen == 3);
}

TEST_CASE("sorters per crossbar work side by side: the longest counts, then the union") {
  Bank b({blocked({4, 3}), {2, 1}, 2, 3});
  b.add({5, 6, 5, 6, 9, 9, 8});
  b.add({5, 6, 7, 8, 1});
  sc_core::sc_start();
  CHECK(b.sink.cycles() == Cycles{11, 22});
  CHECK(b.sorted(0) == Pairs{{1, 6}, {3, 6}, {4, 9}});
  CHECK(b.sorted(1) == Pairs{{3, 8}, {2, 7}, {4, 1}});
}

TEST_CASE("a sorter holds one row: the latch keeps the next until it has left") {
  Bank b({blocked({3}), {1}, 1, 0});
  b.sink.hold = [](std::size_t) { return 10; };
  for (int r = 0; r < 3; ++r) b.add({r, 0, 0});
  sc_core::sc_start();
  CHECK(b.sink.cycles() == Cycles{3, 16, 29});
  CHECK(b.latch.returned == Cycles{0, 13, 26});
}

TEST_CASE("random rows are sorted as a stable sort of each part says") {
  std::mt19937 random(8);
  for (int seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    topk::Sorter::Config config{{}, {}, 1 + int(random() % 3), int(random() % 3)};
    std::vector<int> columns;
    for (unsigned p = 0; p <= random() % 3; ++p) {
      columns.push_back(1 + int(random() % 30));
      config.k.push_back(1 + int(random() % 6));
    }
    config.columns = blocked(columns);
    const int longest = *std::max_element(columns.begin(), columns.end());
    const int tokens = config.columns.slots();
    Bank b(config);
    std::vector<std::vector<int>> rows(5);
    for (auto& codes : rows) {
      codes.resize(random() % unsigned(tokens + 1));
      for (auto& code : codes) code = int(random() % 8) - 4;
      b.add(codes);
    }
    sc_core::sc_start();
    REQUIRE(b.sink.rows.size() == rows.size());
    const int service = longest * config.interval + config.union_cycles;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      Pairs expected;
      std::size_t first = 0;
      for (std::size_t p = 0; p < columns.size(); ++p) {
        std::vector<int> order(
            std::min(rows[r].size() - std::min(rows[r].size(), first), std::size_t(columns[p])));
        std::iota(order.begin(), order.end(), int(first));
        std::stable_sort(order.begin(), order.end(), [&](int x, int y) {
          return rows[r][std::size_t(x)] > rows[r][std::size_t(y)];
        });
        order.resize(std::min(order.size(), std::size_t(config.k[p])));
        for (const int token : order) expected.emplace_back(token, rows[r][std::size_t(token)]);
        first += std::size_t(columns[p]);
      }
      REQUIRE(b.sorted(r) == expected);
      REQUIRE(b.sink.rows[r].cycle == service * std::int64_t(r + 1));
    }
  }
}
