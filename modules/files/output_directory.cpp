// SPDX-License-Identifier: Apache-2.0
#include "files/output_directory.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "config/errors.h"
#include "files/stop_point.h"

namespace topkima::files {

namespace fs = std::filesystem;

OutputDirectory::OutputDirectory(const std::string& path, const std::string& mark,
                                 const std::string& option)
    : given_(path), mark_(mark) {
  std::error_code error;
  fs::path normal = fs::absolute(path, error).lexically_normal();
  if (normal.filename().empty()) normal = normal.parent_path();
  path_ = normal;
  const auto status = fs::symlink_status(normal, error);
  const bool there = fs::exists(status);
  if (!there && status.type() != fs::file_type::not_found)
    throw ConfigError(path + ": cannot be created: " + error.message());
  if (there && !may_replace())
    throw ConfigError(path + ": exists and is not an earlier result; choose another " + option);
  for (fs::path parent = normal.parent_path();
       !fs::exists(parent, error) && !parent.empty() && parent != parent.root_path();
       parent = parent.parent_path())
    parents_.push_back(parent);
  error.clear();
  fs::create_directories(normal.parent_path(), error);
  try {
    if (!error) partial_.emplace(normal);
    if (!error) fs::create_directory(partial_->content(), error);
  } catch (const std::system_error& failure) {
    error = failure.code();
  }
  if (!error) return;
  clean_up();
  throw ConfigError(path + ": cannot be created: " + error.message());
}

OutputDirectory::~OutputDirectory() {
  if (!committed_) clean_up();
}

void OutputDirectory::clean_up() {
  std::error_code ignored;
  partial_.reset();
  for (const auto& parent : parents_) fs::remove(parent, ignored);  // only while empty
}

void OutputDirectory::write(const std::string& name, const std::string& bytes) const {
  std::ofstream file(place_of(name), std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file)
    throw SimulationError(given_ + "/" + name + ": cannot be written: " + std::strerror(errno));
  stop_point("output");
}

/// What is at the place is an earlier result, or an empty directory.
bool OutputDirectory::may_replace() const {
  std::error_code error;
  return fs::exists(fs::path(path_) / mark_, error) ||
         (fs::is_directory(path_, error) && fs::is_empty(path_, error));
}

void OutputDirectory::commit() {
  std::error_code error;
  fs::rename(partial_->content(), path_, error);  // into nothing, or over an empty directory
  if (error && fs::exists(fs::symlink_status(path_))) error = replace();
  if (error) throw SimulationError(given_ + ": cannot be put in place: " + error.message());
  committed_ = true;
  stop_point("output");
  partial_.reset();
}

std::error_code OutputDirectory::replace() const {
  if (!may_replace())
    throw SimulationError(given_ + ": cannot be put in place: it is no earlier result any more");
  const std::string& made = partial_->content();
  // Exchanged in one step: at no moment is there no result.
  if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) return {};
  const std::string old = partial_->further("old");  // on a file system that cannot exchange
  std::error_code error, ignored;
  fs::rename(path_, old, error);
  if (error) return error;
  fs::rename(made, path_, error);
  if (error) fs::rename(old, path_, ignored);
  return error;
}

}  // namespace topkima::files
