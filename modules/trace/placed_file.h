#pragma once
// A file that is written beside its place and renamed into it when complete, so that a file of that
// name is always whole.

#include <string>

#include "trace/output_file.h"

namespace topkima::trace {

class PlacedFile {
 public:
  /// Throws ConfigError when nothing can be created beside `path`, or when something other than a
  /// file is there.
  explicit PlacedFile(const std::string& path);
  /// Removes what was not committed.
  ~PlacedFile();
  PlacedFile(const PlacedFile&) = delete;
  PlacedFile& operator=(const PlacedFile&) = delete;

  /// What to write: append to it, then call `appended`.
  std::string& buffer() { return buffer_; }
  /// Throws SimulationError when the file cannot be written.
  void appended() {
    if (buffer_.size() >= chunk) flush();
  }
  /// Moves the file to its place; an earlier one is replaced. Throws SimulationError.
  void commit();

 private:
  static constexpr std::size_t chunk = std::size_t{1} << 18;

  void flush();
  [[noreturn]] void fail(const char* what, int error) const;

  std::string given_, path_, partial_, buffer_;
  OutputFile file_;
  bool committed_ = false;
};

}  // namespace topkima::trace
