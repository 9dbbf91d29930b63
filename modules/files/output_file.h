// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file that is written in one go and may fail: the disk may be full long after it was opened.

#include <cstddef>
#include <cstdint>
#include <string>

namespace topkima::files {

class OutputFile {
 public:
  OutputFile() = default;
  ~OutputFile() { close(); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Creates `path`, where nothing is yet; false, with error() set, when it cannot be.
  bool create(const std::string& path);
  /// The same, and takes the name away again: the file vanishes with the object.
  bool create_nameless(const std::string& path);

  /// After a failure does nothing.
  void append(const void* data, std::size_t bytes);
  void append(const std::string& text) { append(text.data(), text.size()); }
  /// Everything is with the operating system, or error() says why not.
  bool flush();
  bool close();
  /// Starts anew, empty.
  void clear();
  /// Reads from the start on, after flush(); false at the end.
  bool read(void* data, std::size_t bytes);
  void rewind();

  std::int64_t size() const { return size_; }
  /// errno of the first failure, else 0.
  int error() const { return error_; }

 private:
  int file_ = -1;
  int error_ = 0;
  std::int64_t size_ = 0;
  std::string buffer_;  ///< not yet written; while reading, what was read ahead
  std::size_t at_ = 0;  ///< while reading
};

}  // namespace topkima::files
