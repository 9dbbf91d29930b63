// SPDX-License-Identifier: Apache-2.0
#include "files/input_file.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "support/temporary_directory.h"

using namespace topkima;
using namespace topkima::testbenches;
using Catch::Matchers::Contains;

namespace {

constexpr files::InputKind small{"small file", files::mebibyte, files::raise<DataError>};

std::string refusal(const std::string& path) {
  try {
    files::read_text(path, small);
  } catch (const DataError& error) {
    CHECK_THAT(error.what(), Contains(path + ": "));
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a file is read whole, whatever its bytes") {
  const TemporaryDirectory directory;
  for (const std::size_t size : {std::size_t(0), std::size_t(1), std::size_t(65535),
                                 std::size_t(65536), std::size_t(65537), std::size_t(1) << 20}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 >> 3);
    directory.write("f", bytes);
    CHECK(files::read_bytes(directory / "f", small) == bytes);
    CHECK(files::InputFile(directory / "f", small).size() == size);
  }
  directory.write("f", "0123456789");
  files::InputFile file(directory / "f", small);
  char taken[8] = {};
  file.seek(4);
  CHECK(file.read(taken, 3) == 3);
  CHECK(std::string(taken) == "456");
  CHECK(file.read(taken, 8) == 3);
  CHECK(std::string(taken, 3) == "789");
  CHECK(file.read(taken, 8) == 0);
}

TEST_CASE("a byte order mark is no part of a text") {
  const TemporaryDirectory directory;
  directory.write("f", "\xef\xbb\xbfk = 1\n");
  CHECK(files::read_text(directory / "f", small) == "k = 1\n");
  CHECK(files::read_bytes(directory / "f", small).size() == 9);
  directory.write("f", "\xef\xbb");
  CHECK(files::read_text(directory / "f", small) == "\xef\xbb");
}

TEST_CASE("what is no file is refused in a line, and not waited for") {
  const TemporaryDirectory directory;
  CHECK_THAT(refusal(directory / "none"), Contains("cannot be opened: No such file"));
  CHECK_THROWS_WITH(files::read_text("", small), "small file: its name is empty");
  CHECK_THAT(refusal(directory.path()), Contains("is a directory; expected a small file"));
  CHECK_THAT(refusal("/dev/zero"), Contains("is a device"));
  CHECK_THAT(refusal("/dev/null"), Contains("is a device"));
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(refusal(directory / "pipe"), Contains("is a pipe"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (directory / "socket").c_str(), sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CHECK_THAT(refusal(directory / "socket"), Contains("cannot be opened"));
  ::close(socket);
}

TEST_CASE("a read that fails is no end of the file") {
  // Of the memory of a process nothing lies at address 0.
  CHECK_THAT(refusal("/proc/self/mem"), Contains("cannot be read: Input/output error"));
}

TEST_CASE("a file beyond its kind's limit is refused, also one that does not tell its size") {
  const TemporaryDirectory directory;
  directory.write("f", std::string(files::mebibyte, 'x'));
  CHECK(refusal(directory / "f") == "accepted");
  directory.write("f", std::string(files::mebibyte + 1, 'x'));
  CHECK_THAT(refusal(directory / "f"), Contains("larger than 1 MiB") && Contains("small file"));
  // A hole of a terabyte costs nothing to make.
  REQUIRE(::truncate((directory / "f").c_str(), off_t{1} << 40) == 0);
  CHECK_THAT(refusal(directory / "f"), Contains("larger than 1 MiB"));
  // Its size is 0, as the system tells it.
  constexpr files::InputKind tiny{"tiny file", 10, files::raise<DataError>};
  CHECK_THROWS_WITH(files::read_text("/proc/cpuinfo", tiny), Contains("tiny file"));
}

TEST_CASE("a name is there if a link has it that leads nowhere") {
  const TemporaryDirectory directory;
  CHECK_FALSE(files::is_there(directory / "f", small));
  REQUIRE(::symlink("nowhere", (directory / "f").c_str()) == 0);
  CHECK(files::is_there(directory / "f", small));
  CHECK_THAT(refusal(directory / "f"), Contains("cannot be opened"));
  CHECK_FALSE(files::is_there("/dev/null/f", small));
  CHECK_THROWS_AS(files::is_there(directory / std::string(300, 'x'), small), DataError);
}
