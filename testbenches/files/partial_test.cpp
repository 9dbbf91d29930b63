// SPDX-License-Identifier: Apache-2.0
#include "files/partial.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include "support/temporary_directory.h"

using topkima::files::Partial;
using topkima::testbenches::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory))
    names.push_back(entry.path().filename());
  return names;
}

/// What is left beside `place` by a process that was killed while it wrote there.
void leave_behind(const TemporaryDirectory& room, const std::string& place) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Partial partial(room / place);
    fs::create_directories(partial.content() + "/deep");
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
}

}  // namespace

TEST_CASE("each has a directory of its own, which goes with it") {
  const TemporaryDirectory room;
  {
    const Partial one(room / "file.vcd"), other(room / "file.vcd");
    CHECK(names_in(room.path()).size() == 2);
    CHECK(one.content() != other.content());
    CHECK(fs::path(one.content()).filename() == "file.vcd");
    CHECK_FALSE(fs::exists(one.content()));
    room.write(fs::relative(one.content(), room.path()), "text");
    room.write(fs::relative(one.further("old"), room.path()), "text");
    struct stat about;
    REQUIRE(::stat(one.further("").c_str(), &about) == 0);
    CHECK((about.st_mode & 077) == 0);
  }
  CHECK(names_in(room.path()).empty());
}

TEST_CASE("what a process that has ended left goes when the next one begins, and only that") {
  const TemporaryDirectory room;
  const Partial living(room / "out");
  leave_behind(room, "out");
  leave_behind(room, "other");
  // Without a lock nobody can tell whose it is.
  fs::create_directories(room / ".out.partial-12345");
  room.write(".out.partial-12345/power.csv", "stale");
  fs::create_directories(room / ".out.partial-empty");
  fs::create_directories(room / "victim");
  room.write("victim/lock", "");
  fs::create_directory_symlink("victim", room / ".out.partial-link");
  room.write(".out.partial-file", "");
  REQUIRE(names_in(room.path()).size() == 8);

  const Partial next(room / "out");
  std::set<std::string> left;
  for (const auto& name : names_in(room.path())) left.insert(name);
  CHECK(left.size() == 7);  // the living one, the next one, the other's, and four
  CHECK(left.count(".out.partial-12345") == 1);
  CHECK(left.count(".out.partial-link") == 1);
  CHECK(left.count(".out.partial-file") == 1);
  CHECK(left.count(".out.partial-empty") == 0);
  CHECK(fs::exists(room / "victim/lock"));
  CHECK(fs::exists(fs::path(living.content()).parent_path()));
}

TEST_CASE("a child keeps what its parent has begun, and has it alone") {
  const TemporaryDirectory room;
  std::optional<Partial> partial(room / "out");
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    char word;
    ::_exit(::read(ends[0], &word, 1) == 0 ? 0 : 1);
  }
  ::close(ends[0]);
  const std::string content = partial->content();
  {
    const Partial next(room / "out");
    CHECK(fs::exists(fs::path(content).parent_path()));
  }
  partial.reset();
  CHECK(names_in(room.path()).empty());
  ::close(ends[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("a long name leaves room for what follows it") {
  const TemporaryDirectory room;
  const std::string name(255, 'n');
  const Partial partial(room / name);
  room.write(fs::relative(partial.content(), room.path()), "text");
  fs::rename(partial.content(), room / name);
  CHECK(room.read(name) == "text");
}

TEST_CASE("where nothing can be made an error says why") {
  const TemporaryDirectory room;
  try {
    const Partial partial(room / "none/file");
    FAIL_CHECK("made");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::no_such_file_or_directory);
  }
}
