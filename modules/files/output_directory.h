// SPDX-License-Identifier: Apache-2.0
#pragma once
// The output directory of a run: filled beside its final place and renamed into it, so that a
// directory of that name is always a complete result. An earlier result gives way, and nothing
// else: a directory with anything in it that no result has put there is refused. A link to a
// directory keeps pointing at it. Only the working directory, one around it, and a mount point stay
// where they are: they are filled anew, and hold the mark while they are whole.

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "files/partial.h"

namespace topkima::files {

class OutputDirectory {
 public:
  /// The key of the mark under which the names of all files of the result stand.
  static constexpr const char* list_key = "results";

  /// Prepares to write `path`. Throws ConfigError when it exists and is not an earlier result and
  /// no more, or when nothing can be created beside it. `mark`: a JSON file that every result has
  /// and that holds names() under `list_key`; `option`: the one that asked for the directory.
  explicit OutputDirectory(const std::string& path, const std::string& mark = "run.json",
                           const std::string& option = "--output");
  /// Removes what was not committed.
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  /// Writes a file. Throws SimulationError when it cannot be written.
  void write(const std::string& name, const std::string& bytes);
  /// Where to write a file until then.
  std::string place_of(const std::string& name);
  /// The names of all files so far, and that of the mark.
  std::vector<std::string> names() const;
  /// Moves everything to its place; an earlier result is replaced. Throws SimulationError when
  /// something else has come there since.
  void commit();

 private:
  /// Says why what is at the place may not be replaced; empty where it may.
  std::string obstacle() const;
  bool is_ours(const std::filesystem::path& entry) const;
  void expect_no_obstacle() const;
  /// Returns what went wrong; after an error all is as it was.
  std::error_code replace() const;
  /// Returns what went wrong; after an error there is no result.
  std::error_code refill() const;
  void clean_up();

  std::string given_, path_, mark_;
  std::optional<Partial> partial_;
  std::vector<std::string> names_;
  std::vector<std::string> parents_;  ///< made for this run, innermost first
  bool stays_ = false;                ///< is filled anew, not replaced
  bool committed_ = false;
};

}  // namespace topkima::files
