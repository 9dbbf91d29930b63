// SPDX-License-Identifier: Apache-2.0
#include "softmax/shifter.h"

#include <catch2/catch.hpp>

#include "support/both_fidelities.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using Cycles = std::vector<std::int64_t>;

TEST_CASE("a shifter takes its interval per element and passes codes unchanged") {
  const auto fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source("source", context);
  softmax::Shifter shifter("shifter", context, "head0.shifter", {5, 3, fidelity});
  RowSink sink("sink", context);
  source.out.bind(shifter.in);
  shifter.out.bind(sink.in);
  const std::vector<std::vector<stage::TokenCode>> rows{
      {{7, 3}, {1, -9}}, {}, {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}}};
  for (const auto& row : rows) source.add(entry_row(row));
  sc_core::sc_start();
  CHECK(sink.cycles() == Cycles{6, 6, 21});
  for (std::size_t r = 0; r < rows.size(); ++r) CHECK(sink.rows[r].data == entry_row(rows[r]));
}
