// SPDX-License-Identifier: Apache-2.0
#include "observe/glob.h"

#include <catch2/catch.hpp>
#include <random>

using topkima::observe::matches;

namespace {

/// The rule, word for word.
bool by_the_rule(const char* pattern, const char* name) {
  if (*pattern == '\0') return *name == '\0';
  if (*pattern == '*')
    return by_the_rule(pattern + 1, name) || (*name != '\0' && by_the_rule(pattern, name + 1));
  return *name != '\0' && (*pattern == '?' || *pattern == *name) &&
         by_the_rule(pattern + 1, name + 1);
}

std::string any_text(std::mt19937& random, const std::string& letters) {
  std::string text;
  for (auto left = random() % 9; left > 0; --left) text += letters[random() % letters.size()];
  return text;
}

}  // namespace

TEST_CASE("a star stands for any characters, dots too, a question mark for one") {
  CHECK(matches("soc.head*.score", "soc.head12.score"));
  CHECK(matches("*", ""));
  CHECK(matches("*.score", "soc.head3.score"));
  CHECK(matches("soc.head?.union", "soc.head3.union"));
  CHECK_FALSE(matches("soc.head?.union", "soc.head12.union"));
  CHECK_FALSE(matches("head3", "soc.head3"));
  CHECK_FALSE(matches("", "a"));
}

TEST_CASE("globs match as the rule says, on random texts") {
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const auto pattern = any_text(random, "ab*?."), name = any_text(random, "ab.");
    CAPTURE(pattern, name);
    REQUIRE(matches(pattern, name) == by_the_rule(pattern.c_str(), name.c_str()));
  }
}
