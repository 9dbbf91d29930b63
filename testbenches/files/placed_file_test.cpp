// SPDX-License-Identifier: Apache-2.0
#include "files/placed_file.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "config/errors.h"
#include "support/temporary_directory.h"

using namespace topkima;
using files::PlacedFile;
using testbenches::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

std::size_t entries(const std::string& path) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a file is at its place only when complete") {
  const TemporaryDirectory place;
  place.write("file", "old");
  {
    PlacedFile file(place / "file");
    file.buffer() += "new";
    file.appended();
    CHECK(place.read("file") == "old");
    CHECK(entries(place.path()) == 2);
    file.commit();
    CHECK(place.read("file") == "new");
  }
  CHECK(place.read("file") == "new");
  CHECK(entries(place.path()) == 1);
}

TEST_CASE("a file that was not committed leaves nothing, and an earlier one alone") {
  const TemporaryDirectory place;
  place.write("file", "old");
  PlacedFile(place / "file").buffer() += "half";
  PlacedFile(place / "other").buffer() += "half";
  CHECK(place.read("file") == "old");
  CHECK(entries(place.path()) == 1);
}

TEST_CASE("a file longer than its buffer arrives whole") {
  const TemporaryDirectory place;
  PlacedFile file(place / "file");
  std::string want;
  for (int i = 0; i < 300'000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    file.buffer() += line;
    file.appended();
    want += line;
  }
  const auto partial = fs::directory_iterator(place.path())->path();
  CHECK(fs::file_size(partial / "new/file") > 0);  // on its way
  file.commit();
  CHECK(place.read("file") == want);
}

TEST_CASE("where nothing can be created the file is refused by name") {
  const TemporaryDirectory place;
  fs::create_directories(place / "folder");
  for (const std::string& path : {place / "folder", place / "folder/", place / "missing/file",
                                  std::string("/dev/null"), std::string()}) {
    CAPTURE(path);
    CHECK_THROWS_AS(PlacedFile(path), ConfigError);
    CHECK_THROWS_WITH(PlacedFile(path), Catch::StartsWith(path + ":"));
  }
  CHECK(entries(place.path()) == 1);
}

TEST_CASE("a link keeps pointing at the file, which is replaced") {
  const TemporaryDirectory place;
  place.write("file", "old");
  fs::create_symlink("file", place / "link");
  PlacedFile file(place / "link");
  file.buffer() += "new";
  file.commit();
  CHECK(fs::is_symlink(place / "link"));
  CHECK(place.read("file") == "new");
}

TEST_CASE("a file that cannot be put in place fails the simulation") {
  const TemporaryDirectory place;
  PlacedFile file(place / "file");
  file.buffer() += "text";
  fs::create_directories(place / "file/full");
  CHECK_THROWS_AS(file.commit(), SimulationError);
}

TEST_CASE("a file that cannot be written fails the simulation and leaves nothing") {
  const TemporaryDirectory place;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  {
    PlacedFile file(place / "file");
    const rlimit small{100'000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    file.buffer().assign(500'000, 'x');
    CHECK_THROWS_WITH(file.appended(), Catch::StartsWith(place / "file: cannot be written: "));
    CHECK_THROWS_AS(file.commit(), SimulationError);
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(entries(place.path()) == 0);
}
