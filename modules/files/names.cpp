// SPDX-License-Identifier: Apache-2.0
#include "files/names.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "config/errors.h"

namespace topkima::files {

namespace fs = std::filesystem;

std::string absolute(const std::string& path, const std::string& directory) {
  std::error_code error;
  const fs::path whole = fs::absolute(fs::path(directory) / path, error);
  if (error) throw ConfigError(path + ": there is no working directory: " + error.message());
  fs::path plain;
  for (const auto& part : whole)
    if (part != ".") plain /= part;
  return plain;
}

std::string followed(const std::string& path) {
  constexpr int most_links = 40;                // as Linux has it
  const auto bare = [](const fs::path& name) {  // what a slash behind it would follow
    return name.has_filename() ? name : name.parent_path();
  };
  fs::path place = bare(absolute(path));
  std::error_code error;
  for (int links = 0; fs::is_symlink(fs::symlink_status(place, error)); ++links) {
    if (links == most_links)
      throw ConfigError(path + ": " +
                        std::make_error_code(std::errc::too_many_symbolic_link_levels).message());
    place = bare(place.parent_path() / fs::read_symlink(place, error));
  }
  const fs::path real = fs::weakly_canonical(place, error);
  return error ? place : real;
}

std::vector<fs::path> entries_of(const fs::path& directory, std::error_code& error) {
  std::vector<fs::path> entries;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    entries.push_back(at->path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace topkima::files
