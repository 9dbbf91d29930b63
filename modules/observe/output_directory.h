#pragma once
// The output directory of a run: filled beside its final place and renamed into it, so that a
// directory of that name is always a complete result.

#include <string>

namespace topkima::observe {

class OutputDirectory {
 public:
  /// Prepares to write `path`. Throws ConfigError when it exists and is not an earlier result, or
  /// when nothing can be created beside it.
  explicit OutputDirectory(const std::string& path);
  /// Removes what was not committed.
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  /// Path of a file to write now.
  std::string file(const std::string& name) const { return partial_ + "/" + name; }
  /// Writes a text file. Throws SimulationError when it cannot be written.
  void write_text(const std::string& name, const std::string& text) const;
  /// Moves everything to its place; an earlier result is replaced.
  void commit();

 private:
  std::string path_, partial_;
  bool committed_ = false;
};

}  // namespace topkima::observe
