// SPDX-License-Identifier: Apache-2.0
#include "files/output_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "config/errors.h"
#include "files/input_file.h"
#include "files/names.h"
#include "files/stop_point.h"

namespace topkima::files {

namespace fs = std::filesystem;

namespace {

/// Whether somebody may be in a directory who would be left in none if it were replaced: this
/// process, and the shell that has started it.
bool is_around_us(const fs::path& directory) {
  std::error_code error;
  for (fs::path here = fs::current_path(error); !here.empty(); here = here.parent_path()) {
    if (here == directory) return true;
    if (here == here.root_path()) break;
  }
  return false;
}

/// What another file system, as a container's volume, hangs on cannot be renamed.
bool is_mount_point(const fs::path& directory) {
  struct stat inner, outer;
  return ::stat(directory.c_str(), &inner) == 0 &&
         ::stat(directory.parent_path().c_str(), &outer) == 0 && inner.st_dev != outer.st_dev;
}

/// The names that a mark lists; none: it lists none, or is none.
std::optional<std::vector<std::string>> listed(const fs::path& mark) {
  const InputKind kind{"mark of a result", 64 * mebibyte, raise<ConfigError>};
  try {
    const auto content = nlohmann::json::parse(read_bytes(mark, kind));
    return content.at(OutputDirectory::list_key).get<std::vector<std::string>>();
  } catch (const ConfigError&) {
    return {};
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

}  // namespace

OutputDirectory::OutputDirectory(const std::string& path, const std::string& mark,
                                 const std::string& option)
    : given_(path), mark_(mark) {
  if (path.empty()) throw ConfigError("'' is no name of a directory; choose another " + option);
  const fs::path place = followed(path);
  path_ = place;
  std::error_code error;
  const auto status = fs::symlink_status(place, error);
  const bool there = fs::exists(status);
  if (!there && status.type() != fs::file_type::not_found)
    throw ConfigError(path + ": cannot be created: " + error.message());
  stays_ = fs::is_directory(status) && (is_around_us(place) || is_mount_point(place));
  const auto expect_replaceable = [&] {
    const std::string reason = there ? obstacle() : "";
    if (!reason.empty()) throw ConfigError(path + ": " + reason + "; choose another " + option);
  };
  if (!stays_) expect_replaceable();
  for (fs::path parent = place.parent_path();
       !fs::exists(parent, error) && !parent.empty() && parent != parent.root_path();
       parent = parent.parent_path())
    parents_.push_back(parent);
  error.clear();
  fs::create_directories(place.parent_path(), error);
  try {
    if (!error) partial_.emplace(stays_ ? place / place.filename() : place);
    if (!error) fs::create_directory(partial_->content(), error);
  } catch (const std::system_error& failure) {
    error = failure.code();
  }
  if (error) {
    clean_up();
    throw ConfigError(path + ": cannot be created: " + error.message());
  }
  if (stays_) expect_replaceable();  // what others have left in it is gone
}

OutputDirectory::~OutputDirectory() {
  if (!committed_) clean_up();
}

void OutputDirectory::clean_up() {
  std::error_code ignored;
  partial_.reset();
  for (const auto& parent : parents_) fs::remove(parent, ignored);  // only while empty
}

std::string OutputDirectory::place_of(const std::string& name) {
  names_.push_back(name);
  return partial_->content() + "/" + name;
}

std::vector<std::string> OutputDirectory::names() const {
  auto all = names_;
  if (std::find(all.begin(), all.end(), mark_) == all.end()) all.push_back(mark_);
  return all;
}

void OutputDirectory::write(const std::string& name, const std::string& bytes) {
  std::ofstream file(place_of(name), std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file)
    throw SimulationError(given_ + "/" + name + ": cannot be written: " + std::strerror(errno));
  stop_point("output");
}

bool OutputDirectory::is_ours(const fs::path& entry) const {
  return partial_ && entry == partial_->directory();
}

std::string OutputDirectory::obstacle() const {
  const std::string strange = "exists and is not an earlier result";
  std::error_code error;
  const auto entries = entries_of(path_, error);
  if (error) return strange;
  if (std::all_of(entries.begin(), entries.end(), [&](const auto& each) { return is_ours(each); }))
    return "";
  const fs::path mark = fs::path(path_) / mark_;
  if (!fs::exists(mark, error)) return strange;
  const auto names = listed(mark);
  if (!names)
    return "exists, and its " + mark_ +
           " does not list what belongs to an earlier result; remove it";
  for (const auto& entry : entries) {
    const std::string name = entry.filename();
    const bool known = std::find(names->begin(), names->end(), name) != names->end();
    if (!is_ours(entry) && (!known || !fs::is_regular_file(fs::symlink_status(entry, error))))
      return "holds '" + echoed(name) + "', which is no part of the earlier result there";
  }
  return "";
}

void OutputDirectory::expect_no_obstacle() const {
  const std::string reason = obstacle();
  if (!reason.empty()) throw SimulationError(given_ + ": cannot be put in place: it " + reason);
}

void OutputDirectory::commit() {
  std::error_code error;
  if (stays_) {
    error = refill();
  } else {
    fs::rename(partial_->content(), path_, error);  // into nothing, or over an empty directory
    if (error && fs::exists(fs::symlink_status(path_))) error = replace();
  }
  if (error) throw SimulationError(given_ + ": cannot be put in place: " + error.message());
  committed_ = true;
  stop_point("output");
  partial_.reset();
}

/// The mark goes first and comes last: with it the result is whole, at any moment.
std::error_code OutputDirectory::refill() const {
  expect_no_obstacle();
  const fs::path place = path_, made = partial_->content();
  std::error_code error;
  fs::remove(place / mark_, error);
  for (const auto& old : entries_of(place, error))
    if (!error && !is_ours(old)) fs::remove(old, error);
  if (error) return error;
  for (const auto& entry : entries_of(made, error))
    if (!error && entry.filename() != mark_) fs::rename(entry, place / entry.filename(), error);
  if (!error) fs::rename(made / mark_, place / mark_, error);
  return error;
}

std::error_code OutputDirectory::replace() const {
  expect_no_obstacle();
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
