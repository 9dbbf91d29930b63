// SPDX-License-Identifier: Apache-2.0
#pragma once
// What fuzz targets share. A target gives a reader the bytes that the fuzzer has made up: it takes
// them or refuses them by its own error. Anything else, an end of the process, another exception,
// an error of memory or of arithmetic, is a finding.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace topkima::testbenches {

/// A file that lies in memory alone.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : file_(::memfd_create("input", 0)) {
    if (file_ < 0 || ::write(file_, data, size) != ssize_t(size)) std::abort();
  }
  ~MemoryFile() { ::close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

/// Takes numbers from the front of the bytes; zeros behind their end.
class Numbers {
 public:
  Numbers(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint32_t next(int bytes = 1) {
    std::uint32_t number = 0;
    for (int i = 0; i < bytes; ++i) number = number << 8 | (at_ < size_ ? data_[at_++] : 0u);
    return number;
  }
  bool any() const { return at_ < size_; }
  const std::uint8_t* rest() const { return data_ + at_; }
  std::size_t left() const { return size_ - at_; }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

/// What must hold whatever the input.
inline void must(bool holds) {
  if (!holds) std::abort();
}

template <typename Refusal, typename Work>
void may_refuse(Work work) {
  try {
    work();
  } catch (const Refusal& refusal) {
    must(refusal.what()[0] != '\0');
  }
}

}  // namespace topkima::testbenches
