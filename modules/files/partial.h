// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a file or a directory grows before it is at its place: in a directory beside that place,
// which its maker alone has.

#include <filesystem>
#include <string>

namespace topkima::files {

/// The directory is `.NAME.partial-XXXXXX`, made so that nobody can have made or taken it before,
/// and holds a lock that ends with the process, whichever machine or container it runs in. What
/// processes that have ended left beside the same place goes when the next one begins there. Where
/// the lock is held, or the file system cannot tell, it stays; nothing is ever taken over.
class Partial {
 public:
  /// Makes the directory for `place`, an absolute path. Throws std::system_error when nothing can
  /// be made beside it.
  explicit Partial(const std::filesystem::path& place);
  ~Partial() { remove(); }
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;

  /// Where to write what is renamed to the place; nothing is there yet. It has the place's name.
  const std::string& content() const { return content_; }
  const std::string& directory() const { return directory_; }
  /// A further name in the directory.
  std::string further(const std::string& name) const { return directory_ + "/" + name; }
  /// Removes the directory with all that is left in it.
  void remove();

 private:
  bool take_lock();

  std::string directory_, content_;
  int lock_ = -1;
};

}  // namespace topkima::files
