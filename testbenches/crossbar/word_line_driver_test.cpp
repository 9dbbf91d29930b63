// SPDX-License-Identifier: Apache-2.0
#include "crossbar/word_line_driver.h"

#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "support/both_fidelities.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using Cycles = std::vector<std::int64_t>;

namespace {

/// A driver of arrays that take so many cycles, takes[row][array], and queries (row, 1, 2, ...).
struct Head {
  const stage::Fidelity fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source{"source", context};
  crossbar::WordLineDriver driver;
  RowSink sink{"sink", context};
  std::vector<std::unique_ptr<Recording>> arrays;
  std::vector<std::vector<int>> takes;

  Head(const std::vector<std::vector<int>>& cycles, int queue_depth)
      : Head({int(cycles[0].size()), 3, 3, queue_depth}, cycles) {}
  Head(crossbar::WordLineDriver::Config config, std::vector<std::vector<int>> cycles)
      : driver("driver", context, "head0.score", at_fidelity(config, fidelity)),
        takes(std::move(cycles)) {
    source.out.bind(driver.in);
    driver.out.bind(sink.in);
    for (std::size_t c = 0; c < takes[0].size(); ++c) {
      arrays.push_back(std::make_unique<Recording>(sc_core::sc_gen_unique_name("array")));
      arrays[c]->takes = [this, c](std::size_t r) { return context.clock.span(takes[r][c]); };
      driver.arrays[c].bind(arrays[c]->in);
    }
    Bytes query(std::size_t(config.width));
    for (std::size_t i = 1; i < query.size(); ++i) query[i] = static_cast<unsigned char>(i);
    for (std::size_t r = 0; r < takes.size(); ++r) {
      query[0] = static_cast<unsigned char>(r);
      source.add(query);
    }
  }
  Cycles evaluated(std::size_t c) const {
    Cycles cycles;
    for (const auto& write : arrays[c]->writes)
      cycles.push_back(std::int64_t(write.time.value() / context.clock.period().value()));
    return cycles;
  }
};

}  // namespace

TEST_CASE("all crossbars get the row's query at once, and the slowest conversion counts") {
  Head head({{21, 48}, {40, 17}}, 2);
  sc_core::sc_start();
  CHECK(head.sink.cycles() == Cycles{48, 88});
  CHECK(values_of<std::int32_t>(head.sink.rows[0].data) == std::vector<std::int32_t>{48});
  CHECK(values_of<std::int32_t>(head.sink.rows[1].data) == std::vector<std::int32_t>{40});
  for (std::size_t c = 0; c < 2; ++c) {
    CHECK(head.evaluated(c) == Cycles{0, 48});
    CHECK(head.arrays[c]->writes[1].data == Bytes{1, 1, 2});
    CHECK(head.arrays[c]->writes[1].tag.row == 1);
    CHECK(head.arrays[c]->writes[1].delay == sc_core::SC_ZERO_TIME);
  }
  const auto& account = head.context.ledger.accounts()[std::size_t(head.driver.id())];
  CHECK(account.name == "head0.score");
  CHECK(account.kind == "score");
  CHECK(account.busy == 88);
  CHECK(account.rows == 2);
}

TEST_CASE("the bit lines are held until the union takes the row: the next query waits") {
  Head head({{20}, {20}, {20}}, 2);
  head.sink.hold = [](std::size_t) { return 35; };
  sc_core::sc_start();
  CHECK(head.evaluated(0) == Cycles{0, 55, 110});
  CHECK(head.sink.cycles() == Cycles{20, 75, 130});
}

TEST_CASE("the queue before the arrays holds the rows of its depth beside the one in service") {
  Head head({{20}, {30}, {40}, {50}}, 1);
  sc_core::sc_start();
  CHECK(head.source.returned == Cycles{0, 0, 20, 50});
  CHECK(head.sink.cycles() == Cycles{20, 50, 90, 140});
}

TEST_CASE("each row block gets its slice of the query, the last one what is left") {
  // Two crossbars, five values in blocks of two: three blocks, block after block.
  Head head({2, 5, 2, 2}, {{20, 21, 22, 23, 24, 25}, {30, 29, 28, 27, 26, 25}});
  sc_core::sc_start();
  REQUIRE(head.driver.arrays.size() == 6);
  const Bytes slices[] = {{1, 1}, {2, 3}, {4}};
  for (std::size_t a = 0; a < 6; ++a) {
    CHECK(head.arrays[a]->writes[1].data == slices[a / 2]);
    CHECK(head.evaluated(a) == Cycles{0, 25});
  }
  CHECK(head.sink.cycles() == Cycles{25, 55});
}

TEST_CASE("random conversions take the sum over rows of the slowest crossbar") {
  std::mt19937 random(2);
  for (int seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    const std::size_t crossbars = 1 + random() % 4, rows = 1 + random() % 20;
    std::vector<std::vector<int>> takes(rows, std::vector<int>(crossbars));
    Cycles expected;
    std::int64_t sum = 0;
    for (auto& row : takes) {
      for (auto& cycles : row) cycles = int(random() % 60);
      expected.push_back(sum += *std::max_element(row.begin(), row.end()));
    }
    Head head(takes, int(random() % 4));
    sc_core::sc_start();
    REQUIRE(head.sink.cycles() == expected);
  }
}

TEST_CASE("a crossbar's refusal ends the simulation") {
  Head head({{20, 20}}, 2);
  head.arrays[1]->response = tlm::TLM_BURST_ERROR_RESPONSE;
  CHECK_THROWS_WITH(sc_core::sc_start(),
                    Catch::Contains("driver") && Catch::Contains("TLM_BURST_ERROR_RESPONSE"));
}
