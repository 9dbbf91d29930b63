// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a file shall be: it is written beside its place and renamed into it when complete, so that
// a file of that name is always whole.

#include <string>

namespace topkima::files {

/// A name beside `path`, of this process alone.
std::string partial_beside(const std::string& path);

class Place {
 public:
  /// Throws ConfigError when something other than a file is at `path`.
  explicit Place(const std::string& path);
  ~Place() { discard(); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// As it was given.
  const std::string& path() const { return given_; }
  /// Where to write until then.
  const std::string& partial() const { return partial_; }
  /// Removes what was not committed.
  void discard();
  /// Moves the file to its place; an earlier one is replaced. Throws SimulationError.
  void commit();
  /// Throws SimulationError: the file cannot be `what` ("written") because of `error`, an errno.
  [[noreturn]] void fail(const char* what, int error) const;

 private:
  std::string given_, place_, partial_;
  bool committed_ = false;
};

}  // namespace topkima::files
