// SPDX-License-Identifier: Apache-2.0
#pragma once
// The output directory of a run: filled beside its final place and renamed into it, so that a
// directory of that name is always a complete result. A link to a directory keeps pointing at it.
// Only the working directory, one around it, and a mount point stay where they are: they are filled
// anew, and hold the mark while they are whole.

#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "files/partial.h"

namespace topkima::files {

class OutputDirectory {
 public:
  /// Prepares to write `path`. Throws ConfigError when it exists and is not an earlier result, or
  /// when nothing can be created beside it. `mark`: a file that every result has; `option`: that
  /// asked for it.
  explicit OutputDirectory(const std::string& path, const std::string& mark = "run.json",
                           const std::string& option = "--output");
  /// Removes what was not committed.
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  /// Writes a file. Throws SimulationError when it cannot be written.
  void write(const std::string& name, const std::string& bytes) const;
  /// Where to write a file until then.
  std::string place_of(const std::string& name) const { return partial_->content() + "/" + name; }
  /// Moves everything to its place; an earlier result is replaced. Throws SimulationError when
  /// something else has come there since.
  void commit();

 private:
  bool may_replace() const;
  [[noreturn]] void refuse_to_replace() const;
  /// What went wrong, and then all is as it was.
  std::error_code replace() const;
  /// What went wrong, and then there is no result.
  std::error_code refill() const;
  void clean_up();

  std::string given_, path_, mark_;
  std::optional<Partial> partial_;
  std::vector<std::string> parents_;  ///< made for this run, innermost first
  bool stays_ = false;                ///< is filled anew, not replaced
  bool committed_ = false;
};

}  // namespace topkima::files
