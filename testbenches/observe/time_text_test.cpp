// SPDX-License-Identifier: Apache-2.0
#include "observe/time_text.h"

#include <catch2/catch.hpp>

#include "config/errors.h"

using namespace topkima;
using observe::Microseconds, observe::parse_count, observe::parse_cycles;
using stage::Clock;

namespace {

std::int64_t cycles(const std::string& text, double mhz = 200) {
  return parse_cycles(text, Clock(mhz), "--at");
}

}  // namespace

TEST_CASE("a plain integer is a number of cycles") {
  CHECK(cycles("0") == 0);
  CHECK(cycles("12345678901") == 12345678901);
  CHECK(cycles("7", 0.001) == 7);
}

TEST_CASE("a time is the cycle that it lies in, without rounding") {
  CHECK(cycles("12.5us") == 2500);
  CHECK(cycles("800ns") == 160);
  CHECK(cycles("1ms") == 200'000);
  CHECK(cycles("2s") == 400'000'000);
  CHECK(cycles("12.5 us") == 2500);
  CHECK(cycles("4999ps") == 0);
  CHECK(cycles("5000ps") == 1);
  CHECK(cycles("0.0049999us") == 0);
  CHECK(cycles(".005us") == 1);
  CHECK(cycles("5.us") == 1000);
  CHECK(cycles("14.99999999999999999us") == 2999);
  CHECK(cycles("15.000000000000us") == 3000);
  CHECK(cycles("4999999fs") == 0);
  CHECK(cycles("1us", 333.3) == 333);  // a cycle has 3000 ps
  CHECK(cycles("3001ps", 333.3) == 1);
}

TEST_CASE("what is no time is refused in words that name it") {
  for (const char* text : {"", "us", "-1", "1.5", "+3", "1 u s", "1e3us", "5min", "5US", "1.2.3us",
                           "0x10", " 7", "12.5"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(cycles(text), ConfigError);
    CHECK_THROWS_WITH(cycles(text), Catch::StartsWith("--at: \"" + std::string(text) + "\""));
  }
  for (const char* text : {"9223372036854775807", "10000000s", "99999999999999999999"})
    CHECK_THROWS_AS(cycles(text), ConfigError);
  CHECK(cycles("1844674407370955") == 1844674407370955);  // still within the kernel's time
}

TEST_CASE("a count is digits and nothing else") {
  CHECK(parse_count("18446744073709551615", "n") == 18446744073709551615u);
  for (const char* text : {"", "-1", "1x", "18446744073709551616", " 1"})
    CHECK_THROWS_AS(parse_count(text, "n"), ConfigError);
}

TEST_CASE("cycles are written as microseconds to the last digit") {
  const Microseconds us{Clock(200)};
  CHECK(us.text(0) == "0");
  CHECK(us.text(1) == "0.005");
  CHECK(us.text(200) == "1");
  CHECK(us.text(57'338) == "286.69");
  CHECK(us.text(123'456'789'012) == "617283945.06");
  CHECK(Microseconds(Clock(0.001)).text(3) == "3000");
  CHECK(Microseconds(Clock(333.3)).text(1) == "0.003");
  CHECK(Microseconds(Clock(1000.0 / 7)).text(1'000'001) == "7000.007");
  CHECK(Microseconds(Clock(100'000)).text(1) == "0.00001");
  CHECK(Microseconds(Clock(1'000'000)).text(1) == "0.000001");
}

TEST_CASE("a written time is read as the same cycle") {
  for (const double mhz : {0.001, 1.0, 200.0, 333.3, 1234.5, 70'000.0, 100'000.0}) {
    const Clock clock(mhz);
    const Microseconds us(clock);
    for (std::int64_t cycle = 1; cycle < 4'000'000'000; cycle = cycle * 3 + 1)
      REQUIRE(parse_cycles(us.text(cycle) + "us", clock, "t") == cycle);
  }
}

TEST_CASE("a range is A-B or one row") {
  CHECK(observe::parse_row_range("3-17", "r").first == 3);
  CHECK(observe::parse_row_range("3-17", "r").last == 17);
  CHECK(observe::parse_row_range("5", "r").first == 5);
  CHECK(observe::parse_row_range("5", "r").last == 5);
  for (const char* text : {"", "-", "3-", "-3", "4-3", "a-b", "1-2-3", "1 - 2"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(observe::parse_row_range(text, "--timeline.rows"), ConfigError);
    CHECK_THROWS_WITH(observe::parse_row_range(text, "--timeline.rows"),
                      Catch::StartsWith("--timeline.rows: \"" + std::string(text) + "\""));
  }
}

TEST_CASE("a long text is repeated once, and cut") {
  const std::string text(1000, 'y');
  try {
    observe::parse_row_range(text, "--timeline.rows");
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()).size() < 300);
  }
}

TEST_CASE("a row is an id, HEAD:ROW, or SEQUENCE:HEAD:ROW") {
  const auto numbering = [] { return stage::RowNumbers{4, 10}; };
  const auto row = [&](const std::string& text) {
    return observe::parse_row(text, "--row", numbering);
  };
  CHECK(row("37") == 37);
  CHECK(row("0:0") == 0);
  CHECK(row("3:7") == 37);
  CHECK(row("0:3:7") == 37);
  CHECK(row("2:3:7") == 117);
  for (const char* text : {":", "1:", ":1", "1:2:3:4", "a:1", "1:-1", "4:0", "0:10", "0x1:1",
                           "1: 1", "18446744073709551615:0:0"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(row(text), ConfigError);
    CHECK_THROWS_WITH(row(text), Catch::StartsWith("--row: \"" + std::string(text) + "\""));
  }
  CHECK_THROWS_WITH(row("1: 1"), Catch::EndsWith("expected an id, HEAD:ROW or SEQUENCE:HEAD:ROW"));
  CHECK_THROWS_WITH(row(" 1"), Catch::EndsWith("expected an id, HEAD:ROW or SEQUENCE:HEAD:ROW"));
  CHECK_THROWS_WITH(row("4:0"), Catch::EndsWith("there is no head 4; heads are 0..3"));
  CHECK_THROWS_WITH(row("0:10"), Catch::EndsWith("there is no row 10; rows are 0..9"));
}

TEST_CASE("how rows are numbered is asked for only where one is named by its head") {
  const auto never = []() -> stage::RowNumbers { throw std::logic_error("asked"); };
  CHECK(observe::parse_row("5", "--row", never) == 5);
  CHECK(observe::parse_row_range("5-7", "--row", never).last == 7);
  CHECK_THROWS_AS(observe::parse_row("0:5", "--row", {}), ConfigError);
}

TEST_CASE("a range of a head's rows names the head once or twice") {
  const auto numbering = [] { return stage::RowNumbers{4, 10}; };
  const auto range = [&](const std::string& text) {
    const auto found = observe::parse_row_range(text, "r", numbering);
    return std::pair(found.first, found.last);
  };
  CHECK(range("3:7") == std::pair(37ul, 37ul));
  CHECK(range("3:7-9") == std::pair(37ul, 39ul));
  CHECK(range("3:7-3:9") == std::pair(37ul, 39ul));
  CHECK(range("2:8-3:1") == std::pair(28ul, 31ul));
  CHECK(range("1:2:8-9") == std::pair(68ul, 69ul));
  CHECK(range("7-3:9") == std::pair(7ul, 39ul));
  for (const char* text : {"3:9-7", "3:7-4:0", "3:7-", "-3:7", "3:7-8-9"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(range(text), ConfigError);
  }
}
