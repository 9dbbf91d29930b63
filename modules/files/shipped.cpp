// SPDX-License-Identifier: Apache-2.0
#include "files/shipped.h"

#include <filesystem>

namespace topkima::files {

namespace fs = std::filesystem;

namespace {

/// `installed`: as seen from the folder of the tools.
fs::path shipped(const char* beside, const char* installed) {
  std::error_code failed;
  const fs::path tools = fs::read_symlink("/proc/self/exe", failed).parent_path();
  const fs::path built = tools.parent_path() / beside;
  const fs::path in_prefix = (tools / installed).lexically_normal();
  return !fs::exists(built, failed) && fs::exists(in_prefix, failed) ? in_prefix : built;
}

}  // namespace

std::string rtl_directory() { return shipped("rtl", TOPKIMA_RTL_FROM_TOOLS); }

std::string given_or_shipped(const std::string& path) {
  // A link that leads nowhere is given, too: it is refused where it is read.
  std::error_code failed;
  if (fs::exists(fs::symlink_status(path, failed)) || fs::path(path).is_absolute()) return path;
  const fs::path found = shipped("data", TOPKIMA_DATA_FROM_TOOLS) / path;
  return fs::exists(found, failed) ? found.string() : path;
}

}  // namespace topkima::files
