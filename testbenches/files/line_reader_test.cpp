// SPDX-License-Identifier: Apache-2.0
#include "files/line_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "config/errors.h"
#include "support/temporary_directory.h"

using namespace topkima;
using namespace topkima::testbenches;
using Catch::Matchers::Contains;

namespace {

/// Both ends of a pipe.
struct Pipe {
  Pipe() { REQUIRE(::pipe(ends) == 0); }
  ~Pipe() {
    for (const int end : ends) ::close(end);
  }
  void write(const std::string& text) {
    REQUIRE(::write(ends[1], text.data(), text.size()) == ssize_t(text.size()));
  }
  void end() { ::close(ends[1]); }
  int ends[2];
};

std::vector<std::string> lines_in(const std::string& text) {
  const TemporaryDirectory directory;
  directory.write("f", text);
  const int file = ::open((directory / "f").c_str(), O_RDONLY);
  files::LineReader reader(file, "input", [] {});
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  ::close(file);
  return lines;
}

}  // namespace

TEST_CASE("lines are read one by one, the last one also without an end") {
  CHECK(lines_in("").empty());
  CHECK(lines_in("a\n\nb\n") == std::vector<std::string>{"a", "", "b"});
  CHECK(lines_in("a\nb") == std::vector<std::string>{"a", "b"});
  const std::string large(200'000, 'x');
  CHECK(lines_in(large + "\n" + large) == std::vector<std::string>{large, large});
}

TEST_CASE("a line is there as soon as it is whole") {
  Pipe pipe;
  files::LineReader reader(pipe.ends[0], "input", [] {});
  std::string line;
  pipe.write("one\ntw");
  REQUIRE(reader.next(line));
  CHECK(line == "one");
  pipe.write("o\n");
  REQUIRE(reader.next(line));
  CHECK(line == "two");
  pipe.end();
  CHECK_FALSE(reader.next(line));
  CHECK_FALSE(reader.next(line));
}

TEST_CASE("who waits for a line can be called away") {
  struct Called {};
  Pipe pipe;
  int looks = 0;
  files::LineReader reader(pipe.ends[0], "input", [&] {
    if (++looks == 2) throw Called();
  });
  std::string line;
  CHECK_THROWS_AS(reader.next(line), Called);
}

TEST_CASE("a read that fails is an error, and so is a line without an end") {
  std::string line;
  const int directory = ::open("/", O_RDONLY);
  CHECK_THROWS_WITH(files::LineReader(directory, "input", [] {}).next(line),
                    Contains("input: cannot be read: Is a directory"));
  ::close(directory);
  CHECK_THROWS_WITH(files::LineReader(directory, "input", [] {}).next(line),
                    Contains("cannot be read: Bad file descriptor"));
  const int zeros = ::open("/dev/zero", O_RDONLY);
  CHECK_THROWS_WITH(files::LineReader(zeros, "input", [] {}).next(line),
                    Contains("input, line 1: is longer than 1 MiB"));
  ::close(zeros);
}
