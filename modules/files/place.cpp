// SPDX-License-Identifier: Apache-2.0
#include "files/place.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "config/errors.h"
#include "files/names.h"

namespace topkima::files {

namespace fs = std::filesystem;

Place::Place(const std::string& path) : given_(path) {
  if (path.empty() || path.back() == '/')
    throw ConfigError(path + ": is no name of a file to write");
  std::error_code error;
  // A link keeps pointing at the file, which is replaced where it is.
  const fs::path place = followed(path);
  const auto status = fs::status(place, error);
  if (fs::is_directory(status)) throw ConfigError(path + ": is a directory");
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw ConfigError(path + ": exists and is not a file");
  place_ = place;
  try {
    partial_.emplace(place);
  } catch (const std::system_error& failure) {
    throw ConfigError(path + ": cannot be created: " + failure.code().message());
  }
}

void Place::commit() {
  if (std::rename(partial().c_str(), place_.c_str()) != 0) fail("put in place", errno);
  partial_->remove();
}

void Place::fail(const char* what, int error) const {
  throw SimulationError(given_ + ": cannot be " + what + ": " + std::strerror(error));
}

}  // namespace topkima::files
