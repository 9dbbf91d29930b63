// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file that grows in memory, goes to the disk in large pieces and to its place when complete.

#include <cstdint>
#include <string>

#include "files/output_file.h"
#include "files/place.h"

namespace topkima::files {

class PlacedFile {
 public:
  /// Throws ConfigError when nothing can be created beside `path`, or when something other than a
  /// file is there.
  explicit PlacedFile(const std::string& path);

  /// What to write: append to it, then call `appended`.
  std::string& buffer() { return buffer_; }
  /// The size of what has been appended so far.
  std::int64_t size() const { return file_.size() + static_cast<std::int64_t>(buffer_.size()); }
  /// Throws SimulationError when the file cannot be written.
  void appended() {
    if (buffer_.size() >= chunk) flush();
  }
  /// Moves the file to its place; an earlier one is replaced. Throws SimulationError.
  void commit();

 private:
  static constexpr std::size_t chunk = std::size_t{1} << 18;

  void flush();

  Place place_;
  OutputFile file_;
  std::string buffer_;
};

}  // namespace topkima::files
