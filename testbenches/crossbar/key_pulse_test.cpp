// SPDX-License-Identifier: Apache-2.0
// The K^T array clock by clock: precharge, pulses, hold.
#include <catch2/catch.hpp>

#include "crossbar/key_array.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"
#include "support/script.h"

using namespace topkima;
using namespace topkima::testbenches;

TEST_CASE("bit lines integrate cycle by cycle after the precharge, then the scores go on") {
  const bool pulse = GENERATE(false, true);
  CAPTURE(pulse);
  fresh_kernel();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  crossbar::KeyArray::Config config{1, 2, 2, 1, 3, 2, pulse ? 6 : 3};
  config.weighting = pulse ? arith::BitLines::Weighting::pulse : arith::BitLines::Weighting::drive;
  config.fidelity = stage::Fidelity::cycle;
  crossbar::KeyArray tile("tile", context.clock, config);
  Initiator writer("writer");
  Recording adc("adc");
  adc.takes = [&](std::size_t) {
    return context.clock.span(4);
  };  // what follows annotates its time
  std::int64_t returned = 0;
  Script driver("driver", context, [&](Script& script) {
    script.until(7);
    const std::int8_t query = -2;
    stage::RowPayload payload;
    payload.extension.tag = tag_of(3);
    sc_core::sc_time delay = context.clock.span(1);
    auto& row = payload.write(&query, 1);
    script.out->b_transport(row, delay);
    stage::expect_ok(row, "driver");
    CHECK(delay == sc_core::SC_ZERO_TIME);
    returned = context.clock.now();
  });
  writer.out.bind(tile.program);
  driver.out.bind(tile.query);
  tile.scores.bind(adc.in);
  writer.at_start = [&] {  // keys 3 and -2: cells of weight 1, then of weight 2
    CHECK(writer.write(0, {1, 0}) == tlm::TLM_OK_RESPONSE);
    CHECK(writer.write(2, {1, 255}) == tlm::TLM_OK_RESPONSE);
  };
  std::vector<std::vector<std::int32_t>> seen;
  std::vector<std::int64_t> at;
  Observer<stage::BitLineRecord> observer([&](const stage::BitLineRecord& record) {
    CHECK(record.elapsed == static_cast<int>(seen.size()));
    seen.emplace_back(record.charge, record.charge + 2);
    at.push_back(context.clock.now());
  });
  tile.bit_lines.bind(observer);
  sc_core::sc_start();
  using Lines = std::vector<std::vector<std::int32_t>>;
  if (pulse) {
    CHECK(seen == Lines{{0, 0}, {-2, 1}, {-4, 2}, {-5, 3}, {-6, 4}, {-6, 4}, {-6, 4}});
    CHECK(at == std::vector<std::int64_t>{10, 11, 12, 13, 14, 15, 16});
  } else {
    CHECK(seen == Lines{{0, 0}, {-3, 2}, {-6, 4}, {-6, 4}});
    CHECK(at == std::vector<std::int64_t>{10, 11, 12, 13});
  }
  CHECK(returned == at.back() + 4);
  CHECK(values_of<std::int32_t>(adc.writes.at(0).data) == std::vector<std::int32_t>{-6, 4});
}
