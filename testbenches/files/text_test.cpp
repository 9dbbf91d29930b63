// SPDX-License-Identifier: Apache-2.0
#include "files/text.h"

#include <catch2/catch.hpp>

using namespace topkima::files;
using Parts = std::vector<std::string>;

TEST_CASE("a text is cut at commas, and blanks at the ends of parts are left out") {
  CHECK(parts_of("") == Parts{});
  CHECK(parts_of("a") == Parts{"a"});
  CHECK(parts_of(" a ,b\t,\rc d ") == Parts{"a", "b", "c d"});
  CHECK(parts_of("a,") == Parts{"a", ""});
  CHECK(parts_of(",") == Parts{"", ""});
  CHECK(parts_of("a b", ' ') == Parts{"a", "b"});
  CHECK(trimmed(" \t\r") == "");
}

TEST_CASE("lines are what ends in a newline, the last one perhaps in nothing") {
  CHECK(lines_of("").empty());
  CHECK(lines_of("a\n\nb") == std::vector<std::string_view>{"a", "", "b"});
  CHECK(lines_of("a\n\n") == std::vector<std::string_view>{"a", ""});
}

TEST_CASE("numbers have the digits that are asked for") {
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(1e6) == "1e+06");
  CHECK(number_text(0.1, 17) == "0.10000000000000001");
  CHECK(number_text(-1.7976931348623157e308, 17).size() < 32);
}
