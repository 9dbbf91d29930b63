// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names of files, which are any bytes but NUL: as they are seen from elsewhere, and in text.

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace topkima::files {

/// `path` as seen from `directory`, or where none is given from the working directory: absolute, as
/// far as it goes without asking what is there. A ".." stays, for behind a link it leads elsewhere.
/// Throws ConfigError where the working directory is gone.
std::string absolute(const std::string& path, const std::string& directory = "");

/// Where `path` leads, absolute: links are followed, whether or not anything is at their end.
/// Throws ConfigError where they go in a circle.
std::string followed(const std::string& path);

/// What is in a directory, sorted; as far as it can be read, and else `error`. Throws nothing of
/// it.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory,
                                              std::error_code& error);

/// A text that quotes what was given, as one line: control characters become '?'.
std::string one_line(std::string text);

}  // namespace topkima::files
