// SPDX-License-Identifier: Apache-2.0
#include "files/names.h"

#include <filesystem>

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

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace topkima::files
