#include "trace/placed_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "config/errors.h"

namespace topkima::trace {

namespace fs = std::filesystem;

PlacedFile::PlacedFile(const std::string& path) : given_(path) {
  std::error_code error;
  // A link keeps pointing at the file, which is replaced where it is.
  const fs::path place = fs::weakly_canonical(fs::absolute(path, error), error);
  const auto status = fs::status(place, error);
  if (path.empty() || !place.has_filename() || fs::is_directory(status))
    throw ConfigError(path + ": is no name of a file to write");
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw ConfigError(path + ": exists and is not a file");
  path_ = place;
  partial_ = place.parent_path() /
             ("." + place.filename().string() + ".partial-" + std::to_string(::getpid()));
  if (!file_.create(partial_))
    throw ConfigError(path + ": cannot be created: " + std::strerror(file_.error()));
  buffer_.reserve(chunk + chunk / 8);
}

PlacedFile::~PlacedFile() {
  if (committed_) return;
  file_.close();
  ::unlink(partial_.c_str());
}

void PlacedFile::fail(const char* what, int error) const {
  throw SimulationError(given_ + ": cannot be " + what + ": " + std::strerror(error));
}

void PlacedFile::flush() {
  file_.append(buffer_);
  buffer_.clear();
  if (file_.error() != 0) fail("written", file_.error());
}

void PlacedFile::commit() {
  flush();
  if (!file_.close()) fail("written", file_.error());
  if (std::rename(partial_.c_str(), path_.c_str()) != 0) fail("put in place", errno);
  committed_ = true;
}

}  // namespace topkima::trace
