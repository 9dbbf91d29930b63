// SPDX-License-Identifier: Apache-2.0
#include "files/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace topkima::files {
namespace {

constexpr std::size_t block = 64 * 1024;

/// What it is that is no regular file.
const char* name_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

std::string size_text(std::uint64_t bytes) {
  return bytes < gibibyte ? std::to_string(bytes / mebibyte) + " MiB"
                          : std::to_string(bytes / gibibyte) + " GiB";
}

}  // namespace

void check_size(const std::string& path, std::uint64_t bytes, const InputKind& kind) {
  if (bytes > kind.most_bytes)
    kind.refuse(path + ": is larger than " + size_text(kind.most_bytes) + ", the most that a " +
                kind.name + " may have");
}

InputFile::InputFile(const std::string& path, const InputKind& kind) : path_(path), kind_(kind) {
  if (path.empty()) kind.refuse(std::string(kind.name) + ": its name is empty");
  // Without O_NONBLOCK, to open a pipe is to wait for whoever writes into it.
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat status {};
  if (file_ < 0 || ::fstat(file_, &status) != 0)
    refuse(std::string("cannot be opened: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    refuse(std::string("cannot be opened: is ") + name_of(status.st_mode) + "; expected a " +
           kind.name);
  size_ = static_cast<std::uint64_t>(status.st_size);
  check_size(path, size_, kind);
}

InputFile::~InputFile() {
  if (file_ >= 0) ::close(file_);
}

void InputFile::refuse(const std::string& why) const { kind_.refuse(path_ + ": " + why); }

std::size_t InputFile::read(void* data, std::size_t bytes) {
  auto* to = static_cast<char*>(data);
  std::size_t left = bytes;
  while (left > 0) {
    const auto got = ::read(file_, to, left);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) break;
    to += got;
    left -= static_cast<std::size_t>(got);
    at_ += static_cast<std::uint64_t>(got);
    check_size(path_, at_, kind_);  // it may grow, or not tell its size
  }
  return bytes - left;
}

void InputFile::seek(std::uint64_t place) {
  if (::lseek(file_, static_cast<off_t>(place), SEEK_SET) < 0)
    refuse(std::string("cannot be read: ") + std::strerror(errno));
  at_ = place;
}

struct stat InputFile::status() const {
  struct stat now {};
  if (::fstat(file_, &now) != 0)
    refuse(std::string("cannot be looked at: ") + std::strerror(errno));
  return now;
}

int InputFile::release() { return std::exchange(file_, -1); }

std::string read_bytes(const std::string& path, const InputKind& kind) {
  InputFile file(path, kind);
  std::string text;
  for (std::size_t got = block; got == block;) {
    const std::size_t before = text.size();
    text.resize(before + block);
    got = file.read(text.data() + before, block);
    text.resize(before + got);
  }
  return text;
}

std::string read_text(const std::string& path, const InputKind& kind) {
  std::string text = read_bytes(path, kind);
  const char* const mark = "\xef\xbb\xbf";
  if (text.compare(0, std::strlen(mark), mark) == 0) text.erase(0, std::strlen(mark));
  return text;
}

bool is_there(const std::string& path, const InputKind& kind) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR)
    kind.refuse(path + ": cannot be opened: " + std::strerror(errno));
  return false;
}

}  // namespace topkima::files
