// SPDX-License-Identifier: Apache-2.0
#include "files/place.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "config/errors.h"

namespace topkima::files {

namespace fs = std::filesystem;

std::string partial_beside(const std::string& path) {
  const fs::path place = path;
  return place.parent_path() /
         ("." + place.filename().string() + ".partial-" + std::to_string(::getpid()));
}

Place::Place(const std::string& path) : given_(path) {
  std::error_code error;
  // A link keeps pointing at the file, which is replaced where it is.
  const fs::path place = fs::weakly_canonical(fs::absolute(path, error), error);
  const auto status = fs::status(place, error);
  if (fs::is_directory(status)) throw ConfigError(path + ": is a directory");
  if (path.empty() || !place.has_filename())
    throw ConfigError(path + ": is no name of a file to write");
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw ConfigError(path + ": exists and is not a file");
  place_ = place;
  partial_ = partial_beside(place_);
}

void Place::discard() {
  if (!committed_) ::unlink(partial_.c_str());
}

void Place::commit() {
  if (std::rename(partial_.c_str(), place_.c_str()) != 0) fail("put in place", errno);
  committed_ = true;
}

void Place::fail(const char* what, int error) const {
  throw SimulationError(given_ + ": cannot be " + what + ": " + std::strerror(error));
}

}  // namespace topkima::files
