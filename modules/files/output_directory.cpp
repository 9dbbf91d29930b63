// SPDX-License-Identifier: Apache-2.0
#include "files/output_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/errors.h"
#include "files/place.h"
#include "files/stop_point.h"

namespace topkima::files {

namespace fs = std::filesystem;

OutputDirectory::OutputDirectory(const std::string& path, const std::string& mark,
                                 const std::string& option)
    : given_(path) {
  std::error_code error;
  fs::path normal = fs::absolute(path, error).lexically_normal();
  if (normal.filename().empty()) normal = normal.parent_path();
  path_ = normal;
  const auto status = fs::symlink_status(normal, error);
  const bool there = fs::exists(status);
  if (!there && status.type() != fs::file_type::not_found)
    throw ConfigError(path + ": cannot be created: " + error.message());
  const bool earlier_result = there && fs::exists(normal / mark, error);
  const bool empty = there && fs::is_directory(normal, error) && fs::is_empty(normal, error);
  if (there && !earlier_result && !empty)
    throw ConfigError(path + ": exists and is not an earlier result; choose another " + option);
  partial_ = partial_beside(path_);
  for (fs::path parent = normal.parent_path();
       !fs::exists(parent, error) && !parent.empty() && parent != parent.root_path();
       parent = parent.parent_path())
    parents_.push_back(parent);
  error.clear();
  fs::create_directories(normal.parent_path(), error);
  if (!error) fs::create_directory(partial_, error);
  if (!error && ::access(partial_.c_str(), W_OK) == 0) return;
  clean_up();
  throw ConfigError(path + ": cannot be created" + (error ? ": " + error.message() : ""));
}

OutputDirectory::~OutputDirectory() {
  if (!committed_) clean_up();
}

void OutputDirectory::clean_up() {
  std::error_code ignored;
  fs::remove_all(partial_, ignored);
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

void OutputDirectory::commit() {
  std::error_code error;
  if (::rename(partial_.c_str(), path_.c_str()) == 0) {  // nothing there, or an empty directory
    committed_ = true;
    stop_point("output");
    return;
  }
  // Exchanged in one step: at no moment is there no result.
  if (::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) != 0) {
    const std::string old = partial_ + "-old";  // a file system that cannot exchange
    fs::rename(path_, old, error);
    if (!error) fs::rename(partial_, path_, error);
    if (error) throw SimulationError(given_ + ": cannot be put in place: " + error.message());
    partial_ = old;
  }
  committed_ = true;
  stop_point("output");
  fs::remove_all(partial_, error);
}

}  // namespace topkima::files
