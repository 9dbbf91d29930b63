// SPDX-License-Identifier: Apache-2.0
#include "config/ini_name.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <random>

#include "config/settings.h"
#include "support/temporary_directory.h"

using namespace topkima;
using config::name_from_ini, config::name_to_ini, config::Settings;

TEST_CASE("a name that an INI file leaves alone stands in it as it is") {
  for (const char* name :
       {"/a/b.csv", "/a b/c=d;e", "/x\"y", "/[a]", "/\\n", "/\xff\xfe", "\\x41"}) {
    CHECK(name_to_ini(name) == name);
    CHECK(name_from_ini(name, "f") == name);
  }
}

TEST_CASE("a name that an INI file would cut is quoted") {
  CHECK(name_to_ini("/a#b") == "\"/a\\x23b\"");
  CHECK(name_to_ini("/a ") == "\"/a \"");
  CHECK(name_to_ini(" a") == "\" a\"");
  CHECK(name_to_ini("\"a\\\"") == "\"\\x22a\\x5c\\x22\"");
  CHECK(name_to_ini("a\n") == "\"a\\x0a\"");
}

TEST_CASE("every name comes back from an INI file") {
  const testbenches::TemporaryDirectory place;
  const std::string path = place / "f.ini";
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string name = "/";
    for (unsigned i = random() % 12; i > 0; --i)
      name += random() % 3 ? static_cast<char>(1 + random() % 255) : " #\"\\\n="[random() % 6];
    INFO(name);
    CHECK(name_from_ini(name_to_ini(name), "f") == name);
    std::ofstream(path) << "[fault]\nstuck = " << name_to_ini(name) << "\n";
    Settings settings;
    settings.read_ini(path);
    Settings direct;
    direct.set("fault.stuck", name, "test");
    CHECK(settings.text("fault.stuck") == direct.text("fault.stuck"));
  }
}

TEST_CASE("what is no escape is refused") {
  for (const char* text : {"\"\\n\"", "\"\\x0\"", "\"\\x00\"", "\"\\xg0\"", "\"\\x+1\"", "\"\\\""})
    CHECK_THROWS_AS(name_from_ini(text, "f.ini"), ConfigError);
  CHECK(name_from_ini("\"", "f.ini") == "\"");  // no pair
}

TEST_CASE("a path is a word, or absolute as seen from where it is named") {
  Settings settings;
  const auto& stuck = *config::find_parameter("fault.stuck");
  settings.set("fault.stuck", "none", "test");
  CHECK(settings.text("fault.stuck") == "none");
  CHECK(settings.shown(stuck) == "none");
  settings.set("fault.stuck", "./deep/../list.csv ", "test", "/room");
  CHECK(settings.text("fault.stuck") == "/room/deep/../list.csv ");
  CHECK(settings.shown(stuck) == "list.csv ");
  settings.set("energy.technology", "65nm", "test");
  CHECK(settings.text("energy.technology") == "65nm");
  settings.set("energy.technology", "./65nm", "test", "/room");
  CHECK(settings.text("energy.technology") == "/room/65nm");
  for (const auto& text : {std::string("non"), std::string(), std::string("/a\0b", 4)})
    CHECK_THROWS_AS(settings.set("fault.stuck", text, "test"), ConfigError);
}

TEST_CASE("what a file holds is said of the value that names it") {
  Settings settings;
  settings.set("fault.stuck", "/a.csv", "test");
  CHECK(settings.content("fault.stuck").empty());
  settings.set_content("fault.stuck", "abc");
  CHECK(settings.content("fault.stuck") == "abc");
  settings.set("fault.stuck", "/b.csv", "test");
  CHECK(settings.content("fault.stuck").empty());
}
