// SPDX-License-Identifier: Apache-2.0
#include "config/errors.h"

#include <catch2/catch.hpp>
#include <string>

using namespace topkima;

TEST_CASE("of a word that fits no screen a message has the beginning and the end") {
  CHECK(shortened("") == "");
  CHECK(shortened("a b  c ") == "a b  c ");
  CHECK(shortened("a " + std::string(200, 'x') + " b") == "a " + std::string(200, 'x') + " b");
  const std::string path = "/begin/" + std::string(5000, 'x') + "/end.npy: cannot be opened";
  const std::string told = ConfigError("given: " + path).what();
  CHECK(told.find("given: /begin/xxx") == 0);
  CHECK(told.find("...xxx") != std::string::npos);
  CHECK(told.find("xxx/end.npy: cannot be opened") != std::string::npos);
  CHECK(told.size() < 250);
  CHECK(std::string(DataError(std::string(300, 'x')).what()).size() < 200);
  std::string characters;
  for (int i = 0; i < 300; ++i) characters += "\xcf\x80";
  for (const char* before : {"", "a"}) {
    std::string left = shortened(before + characters).substr(std::string(before).size());
    left.erase(left.find("..."), 3);
    for (std::size_t i = 0; i < left.size(); i += 2) CHECK(left.substr(i, 2) == "\xcf\x80");
  }
}
