// SPDX-License-Identifier: Apache-2.0
#include "files/partial.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "files/names.h"

namespace topkima::files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 200;  // of the place, so that a file system takes what follows
const std::string lock_name = "lock", content_name = "new";

/// The beginning of the names of all directories for this place.
std::string prefix_of(const fs::path& place) {
  return "." + place.filename().string().substr(0, longest_name) + ".partial-";
}

/// Whether an open file is still the one of this name.
bool is_at(int file, const std::string& path) {
  struct stat open, named;
  return ::fstat(file, &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/// The lock goes last: who finds a directory without one finds it empty.
void remove_all(const std::string& directory) {
  std::error_code ignored;
  for (const auto& entry : entries_of(directory, ignored))
    if (entry.filename() != lock_name) fs::remove_all(entry, ignored);
  ::unlink((directory + "/" + lock_name).c_str());
  ::rmdir(directory.c_str());
}

/// Removes a directory of somebody who has ended.
void remove_if_left(const std::string& directory) {
  struct stat about;
  if (::lstat(directory.c_str(), &about) != 0 || !S_ISDIR(about.st_mode) ||
      about.st_uid != ::geteuid())
    return;
  const std::string name = directory + "/" + lock_name;
  const int lock = ::open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (lock < 0) {
    if (errno == ENOENT) ::rmdir(directory.c_str());  // only while it is empty; its maker notices
    return;
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0 && is_at(lock, name)) remove_all(directory);
  ::close(lock);
}

void remove_left_overs(const fs::path& place) {
  const std::string prefix = prefix_of(place);
  std::error_code ignored;
  for (const auto& entry : entries_of(place.parent_path(), ignored))
    if (entry.filename().string().rfind(prefix, 0) == 0) remove_if_left(entry);
}

[[noreturn]] void fail() { throw std::system_error(errno, std::generic_category()); }

}  // namespace

Partial::Partial(const fs::path& place) {
  remove_left_overs(place);
  do {
    directory_ = place.parent_path() / (prefix_of(place) + "XXXXXX");
    if (!::mkdtemp(directory_.data())) fail();
  } while (!take_lock());
  content_ = directory_ + "/" + content_name;
  if (::mkdir(content_.c_str(), 0700) != 0) {
    const int error = errno;
    remove();
    errno = error;
    fail();
  }
  content_ += "/" + place.filename().string();
}

/// False: somebody who looked for left-overs was between making the directory and its lock.
bool Partial::take_lock() {
  const std::string name = directory_ + "/" + lock_name;
  lock_ = ::open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (lock_ < 0) {
    if (errno == ENOENT) return false;
    const int error = errno;
    ::rmdir(directory_.c_str());
    errno = error;
    fail();
  }
  // A file system that knows no locks lets nobody else take one either.
  const bool taken =
      (::flock(lock_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && is_at(lock_, name);
  if (!taken) {
    ::close(lock_);
    lock_ = -1;
  }
  return taken;
}

void Partial::remove() {
  if (lock_ < 0) return;
  remove_all(directory_);
  ::close(lock_);
  lock_ = -1;
}

}  // namespace topkima::files
