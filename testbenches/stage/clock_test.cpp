// SPDX-License-Identifier: Apache-2.0
#include "stage/clock.h"

#include <catch2/catch.hpp>

using sc_core::sc_time;
using topkima::stage::Clock;

TEST_CASE("a cycle of 200 MHz is 5 ns, and spans are whole multiples of it") {
  const Clock clock(200);
  CHECK(clock.period() == sc_time(5, sc_core::SC_NS));
  CHECK(clock.span(0) == sc_core::SC_ZERO_TIME);
  CHECK(clock.span(384) == sc_time(1920, sc_core::SC_NS));
  CHECK(clock.time_of(7) == sc_time(35, sc_core::SC_NS));
}

TEST_CASE("cycles are counted from the start that was set") {
  Clock clock(200);
  sc_core::sc_start(sc_time(100, sc_core::SC_NS));
  CHECK(clock.now() == 20);
  clock.start();
  CHECK(clock.now() == 0);
  sc_core::sc_start(sc_time(14, sc_core::SC_NS));
  CHECK(clock.now() == 2);
  CHECK(clock.time_of(2) == sc_time(110, sc_core::SC_NS));
}

TEST_CASE("a period that is no whole number of picoseconds still gives whole cycles") {
  const Clock clock(300);  // 3333.3 ps, kept as 3333 ps
  sc_core::sc_start(clock.span(1000000));
  CHECK(clock.now() == 1000000);
}
