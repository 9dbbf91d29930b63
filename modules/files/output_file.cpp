// SPDX-License-Identifier: Apache-2.0
#include "files/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace topkima::files {
namespace {

constexpr std::size_t block = 256 * 1024;

}  // namespace

bool OutputFile::create(const std::string& path) {
  close();
  error_ = 0;
  size_ = 0;
  file_ = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
  if (file_ < 0) error_ = errno;
  return file_ >= 0;
}

bool OutputFile::create_nameless(const std::string& path) {
  if (!create(path)) return false;
  ::unlink(path.c_str());
  return true;
}

void OutputFile::append(const void* data, std::size_t bytes) {
  if (error_ != 0) return;
  buffer_.append(static_cast<const char*>(data), bytes);
  size_ += static_cast<std::int64_t>(bytes);
  if (buffer_.size() >= block) flush();
}

bool OutputFile::flush() {
  const char* from = buffer_.data();
  for (std::size_t left = buffer_.size(); left > 0 && error_ == 0;) {
    const auto written = ::write(file_, from, left);
    if (written < 0) {
      if (errno != EINTR) error_ = errno;
      continue;
    }
    from += written;
    left -= static_cast<std::size_t>(written);
  }
  buffer_.clear();
  return error_ == 0;
}

bool OutputFile::close() {
  if (file_ < 0) return error_ == 0;
  flush();
  if (::close(file_) != 0 && error_ == 0) error_ = errno;
  file_ = -1;
  return error_ == 0;
}

void OutputFile::clear() {
  buffer_.clear();
  size_ = 0;
  if (error_ == 0 && (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) != 0))
    error_ = errno;
}

void OutputFile::rewind() {
  buffer_.clear();
  at_ = 0;
  if (::lseek(file_, 0, SEEK_SET) != 0 && error_ == 0) error_ = errno;
}

bool OutputFile::read(void* data, std::size_t bytes) {
  auto* to = static_cast<char*>(data);
  while (bytes > 0) {
    if (at_ == buffer_.size()) {
      buffer_.resize(block);
      at_ = 0;
      const auto got = ::read(file_, buffer_.data(), block);
      if (got < 0 && errno == EINTR) {
        buffer_.clear();
        continue;
      }
      if (got < 0 && error_ == 0) error_ = errno;
      buffer_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (buffer_.empty()) return false;
    }
    const std::size_t part = std::min(bytes, buffer_.size() - at_);
    std::memcpy(to, buffer_.data() + at_, part);
    at_ += part;
    to += part;
    bytes -= part;
  }
  return true;
}

}  // namespace topkima::files
