// SPDX-License-Identifier: Apache-2.0
#include "files/run_quietly.h"

#include <catch2/catch.hpp>
#include <cerrno>

#include "support/temporary_directory.h"

using namespace topkima;
using files::run_quietly;

namespace {

int shell(const std::string& text) { return run_quietly("sh", {"sh", "-c", text}); }

}  // namespace

TEST_CASE("a program runs to its end and its exit status is told") {
  const testbenches::TemporaryDirectory place;
  CHECK(shell("echo done > " + (place / "file")) == 0);
  CHECK(place.read("file") == "done\n");
  CHECK(shell("exit 3") == 3);
  CHECK(shell("kill -9 $$") == 128 + 9);
}

TEST_CASE("a program has no input, and its output goes nowhere") {
  const testbenches::TemporaryDirectory place;
  CHECK(shell("cat > " + (place / "input") + "; echo text; echo text >&2") == 0);
  CHECK(place.read("input").empty());
}

TEST_CASE("a program has the name and the arguments that it was given") {
  CHECK(run_quietly("/bin/sh", {"other", "-c", "test \"$0 $1\" = 'other a b'", "other", "a b"}) ==
        0);
}

TEST_CASE("a program that is not there cannot be run") {
  CHECK(run_quietly("no-such-program", {"no-such-program"}) == -1);
  CHECK(errno == ENOENT);
  CHECK(run_quietly("/dev/null", {"null"}) == -1);
  CHECK(errno == EACCES);
}
