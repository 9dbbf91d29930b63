// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a file shall be: it is written beside its place and renamed into it when complete, so that
// a file of that name is always whole.

#include <optional>
#include <string>

#include "files/partial.h"

namespace topkima::files {

class Place {
 public:
  /// Throws ConfigError when something other than a file is at `path`, or nothing can be made
  /// there.
  explicit Place(const std::string& path);
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// The path as it was given.
  const std::string& path() const { return given_; }
  /// Where to write until then. Names that begin with it are as much its own.
  const std::string& partial() const { return partial_->content(); }
  /// Removes what was not committed.
  void discard() { partial_->remove(); }
  /// Moves the file to its place; an earlier one is replaced. Throws SimulationError.
  void commit();
  /// Throws SimulationError: the file cannot be `what` ("written") because of `error`, an errno.
  [[noreturn]] void fail(const char* what, int error) const;

 private:
  std::string given_, place_;
  std::optional<Partial> partial_;
};

}  // namespace topkima::files
