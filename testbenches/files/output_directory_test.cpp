// SPDX-License-Identifier: Apache-2.0
#include "files/output_directory.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>

#include "config/errors.h"
#include "support/temporary_directory.h"

using namespace topkima;
using files::OutputDirectory;
using testbenches::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

std::size_t entries(const std::string& path) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(path)) ++count;
  return count;
}

std::string mark_of(const OutputDirectory& output, const std::string& text) {
  std::string list;
  for (const auto& name : output.names()) list += (list.empty() ? "" : ", ") + ('"' + name + '"');
  return "{\"text\": \"" + text + "\", \"results\": [" + list + "]}";
}

void store_result(const std::string& path, const std::string& text) {
  OutputDirectory output(path);
  output.write("numbers.npy", text);
  output.write("run.json", mark_of(output, text));
  output.commit();
}

}  // namespace

TEST_CASE("nothing is at the final place before the commit, everything after it") {
  const TemporaryDirectory place;
  {
    OutputDirectory output(place / "result");
    output.write("run.json", "{}\n");
    CHECK(entries(place.path()) == 1);  // it grows beside its place
    CHECK_FALSE(fs::exists(place / "result"));
    output.commit();
    CHECK(place.read("result/run.json") == "{}\n");
  }
  CHECK(place.read("result/run.json") == "{}\n");
  CHECK(entries(place.path()) == 1);  // no leftovers beside it
}

TEST_CASE("a run that ends without commit leaves nothing behind") {
  const TemporaryDirectory place;
  {
    OutputDirectory output(place / "result");
    output.write("run.json", "{}");
  }
  CHECK(entries(place.path()) == 0);
}

TEST_CASE("an earlier result is replaced as a whole, but only by a complete one") {
  const TemporaryDirectory place;
  {
    OutputDirectory output(place / "result");
    output.write("extra.npy", "x");
    output.write("run.json", mark_of(output, "old"));
    output.commit();
  }
  {
    OutputDirectory aborted(place / "result");
    aborted.write("run.json", "half");
  }
  CHECK(place.read("result/run.json").find("old") != std::string::npos);
  store_result(place / "result", "new");
  CHECK(place.read("result/numbers.npy") == "new");
  CHECK(entries(place / "result") == 2);
  CHECK(entries(place.path()) == 1);
}

TEST_CASE("what no result has put into an earlier one keeps it from being replaced") {
  const TemporaryDirectory place;
  store_result(place / "result", "old");
  SECTION("a file") { place.write("result/thesis.txt", "years of work"); }
  SECTION("a directory") { fs::create_directories(place / "result/inputs"); }
  SECTION("a link") { fs::create_symlink("/dev/null", place / "result/thesis.txt"); }
  SECTION("a link in the place of a file") {
    fs::remove(place / "result/numbers.npy");
    fs::create_symlink("/dev/null", place / "result/numbers.npy");
  }
  SECTION("a directory in the place of a file") {
    fs::remove(place / "result/numbers.npy");
    fs::create_directories(place / "result/numbers.npy");
  }
  CHECK_THROWS_AS(OutputDirectory(place / "result"), ConfigError);
  CHECK_THROWS_WITH(OutputDirectory(place / "result"),
                    Catch::Matchers::Contains("no part of the earlier result"));
}

TEST_CASE("what comes into an earlier result during the run stays") {
  const TemporaryDirectory place;
  store_result(place / "result", "old");
  OutputDirectory output(place / "result");
  output.write("run.json", mark_of(output, "new"));
  place.write("result/thesis.txt", "years of work");
  CHECK_THROWS_WITH(output.commit(), Catch::Matchers::Contains("holds 'thesis.txt'"));
  CHECK(place.read("result/thesis.txt") == "years of work");
  CHECK(place.read("result/numbers.npy") == "old");
}

TEST_CASE("a mark without a list is that of no result that may go") {
  const TemporaryDirectory place;
  for (const char* text : {"", "{}", "[1]", "{\"results\": 1}", "{\"results\": [1]}"}) {
    fs::create_directories(place / "result");
    place.write("result/run.json", text);
    CHECK_THROWS_WITH(OutputDirectory(place / "result"),
                      Catch::Matchers::Contains("does not list"));
  }
}

TEST_CASE("what has come to the place meanwhile and is no result stays") {
  const TemporaryDirectory place;
  store_result(place / "result", "old");
  OutputDirectory output(place / "result");
  output.write("run.json", "new");
  fs::remove_all(place / "result");
  fs::create_directories(place / "result");
  place.write("result/thesis.txt", "years of work");
  CHECK_THROWS_AS(output.commit(), SimulationError);
  CHECK(place.read("result/thesis.txt") == "years of work");
  CHECK_FALSE(fs::exists(place / "result/run.json"));
}

TEST_CASE("two that write to one place do not meet") {
  const TemporaryDirectory place;
  {
    OutputDirectory one(place / "result"), other(place / "result");
    one.write("extra.npy", "x");
    one.write("run.json", mark_of(one, "one"));
    other.write("run.json", mark_of(other, "other"));
    one.commit();
    other.commit();
  }
  CHECK(place.read("result/run.json").find("other") != std::string::npos);
  CHECK(entries(place / "result") == 1);
  CHECK(entries(place.path()) == 1);
}

TEST_CASE("a directory or file that is no earlier result is refused and left alone") {
  const TemporaryDirectory place;
  fs::create_directories(place / "foreign");
  place.write("foreign/thesis.txt", "years of work");
  CHECK_THROWS_AS(OutputDirectory(place / "foreign"), ConfigError);
  place.write("file", "text");
  CHECK_THROWS_AS(OutputDirectory(place / "file"), ConfigError);
  CHECK_THROWS_WITH(OutputDirectory(place / "file"), Catch::Matchers::Contains(place / "file"));
  CHECK(place.read("foreign/thesis.txt") == "years of work");
  CHECK(place.read("file") == "text");
  CHECK(entries(place.path()) == 2);
}

TEST_CASE(
    "an empty directory is taken over, missing parents are made, a slash at the end is fine") {
  const TemporaryDirectory place;
  fs::create_directories(place / "empty");
  store_result(place / "empty", "1");
  CHECK(place.read("empty/numbers.npy") == "1");
  store_result(place / "a/b/../c/", "2");
  CHECK(place.read("a/c/numbers.npy") == "2");
}

TEST_CASE("parents made for a run that is given up go with it, those that were there stay") {
  const TemporaryDirectory place;
  fs::create_directories(place / "old");
  { OutputDirectory aborted(place / "old/a/b/result"); }
  CHECK(fs::exists(place / "old"));
  CHECK(entries(place / "old") == 0);
}

TEST_CASE("a place where nothing can be created is a configuration error") {
  const TemporaryDirectory place;
  place.write("file", "text");
  CHECK_THROWS_AS(OutputDirectory(place / "file/result"), ConfigError);  // below a file
  CHECK_THROWS_AS(OutputDirectory("/proc/topkima/result"), ConfigError);
}

TEST_CASE("a name that no file system takes is a configuration error") {
  const TemporaryDirectory place;
  CHECK_THROWS_AS(OutputDirectory(place / std::string(300, 'a')), ConfigError);
  CHECK_THROWS_AS(OutputDirectory(""), ConfigError);
}

TEST_CASE("a file that cannot be written is an error that names it") {
  const TemporaryDirectory place;
  OutputDirectory output(place / "result");
  CHECK_THROWS_AS(output.write("no/such/file.txt", "x"), SimulationError);
  CHECK_THROWS_WITH(output.write("no/such/file.txt", "x"),
                    Catch::Matchers::Contains(place / "result/no/such/file.txt"));
}
