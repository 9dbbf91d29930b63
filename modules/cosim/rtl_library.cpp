// SPDX-License-Identifier: Apache-2.0
#include "cosim/rtl_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>

#include "config/errors.h"
#include "config/parameter_table.h"
#include "files/names.h"
#include "files/shipped.h"

namespace topkima::cosim {
namespace {

namespace fs = std::filesystem;

/// Names in a directory, sorted; none when it does not exist.
std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : files::entries_of(directory, error)) names.push_back(entry.filename());
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    throw ConfigError(directory.string() + ": cannot be read: " + error.message());
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

const RtlInfo& open(const fs::path& library, const std::string& block, const std::string& key) {
  // Each Verilated library brings the same run time, and none may see another's.
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) throw ConfigError(key + ": " + ::dlerror());
  const auto entry = reinterpret_cast<const RtlInfo* (*)()>(::dlsym(handle, rtl_entry));
  const RtlInfo* info = entry ? entry() : nullptr;
  if (!info || info->version != rtl_interface_version)
    throw ConfigError(key + ": " + library.string() +
                      " was made for another version of this program; build it anew");
  if (info->block != block)
    throw ConfigError(key + ": " + library.string() + " is a block '" + info->block +
                      "'; expected '" + block + "'");
  return *info;
}

/// That nothing is there to be loaded, and what can be done: what the build makes is made by
/// scripts/setup, a directory of the user's is as its options say.
[[noreturn]] void reject_nothing(const std::string& given, const std::string& directory,
                                 const fs::path& place, const std::string& advice) {
  const bool own = files::followed(directory) == files::followed(files::rtl_directory());
  throw ConfigError(given + ": no library " + place.string() + "/*.so; " +
                    (own ? advice
                         : "cosim.directory = " + directory +
                               " is expected to hold BLOCK/NAME/*.so, as topkima_add_rtl makes "
                               "them (docs/cosimulation.md)"));
}

/// The library beside `plain` that counts lines.
fs::path counting_beside(const fs::path& plain) {
  return plain.parent_path() / "coverage" / plain.filename();
}

/// That, where it has been built. One that is older than `info` would count lines of other RTL.
const RtlInfo& counting_or_plain(const fs::path& plain, const RtlInfo& info,
                                 const std::string& key) {
  const fs::path counting = counting_beside(plain);
  std::error_code ignored;
  if (!fs::exists(counting, ignored)) return info;
  const RtlInfo& other = open(counting, info.block, key);
  if (std::string(other.sources) != info.sources)
    throw ConfigError(key + ": " + counting.string() + " was built of sources " + other.sources +
                      ", " + plain.filename().string() + " of " + info.sources +
                      "; scripts/setup rtl_coverage_" + info.block + "_" + info.name +
                      " builds it anew");
  return other;
}

}  // namespace

std::vector<std::string> rtl_libraries(const std::string& directory, const std::string& block,
                                       const std::string& name) {
  const fs::path place = fs::path(directory) / block / name;
  std::vector<std::string> libraries;
  for (const auto& file : names_in(place))
    if (fs::path(file).extension() == ".so") libraries.push_back(place / file);
  return libraries;
}

const RtlInfo& load_rtl(const std::string& directory, const std::string& block,
                        const std::string& name, const Fits& fits, const std::string& key,
                        bool counting) {
  const fs::path place = fs::path(directory) / block;
  const auto known = names_in(place);
  const std::string given = key + " = " + echoed(name);
  if (known.empty())
    reject_nothing(given, directory, place / name,
                   "RTL needs Verilator: install Debian's package verilator, then configure and "
                   "build again (scripts/setup does)");
  if (!std::binary_search(known.begin(), known.end(), name))
    throw ConfigError(given + ": there is none of that name in " + place.string() + ", among " +
                      joined(known) + config::did_you_mean(name, known));
  std::string unfit;
  for (const auto& library : rtl_libraries(directory, block, name)) {
    const RtlInfo& info = open(library, block, key);
    const std::string why = fits(RtlParameters(info.parameters));
    if (why.empty()) return counting ? counting_or_plain(library, info, key) : info;
    unfit += (unfit.empty() ? "" : "; ") + std::string(info.parameters) + ": " + why;
  }
  if (unfit.empty())
    reject_nothing(given, directory, place / name,
                   "scripts/setup rtl_" + block + "_" + name + " builds it");
  throw ConfigError(given + " was not compiled for this machine (" + unfit +
                    "); add a set of parameters with topkima_add_rtl (docs/cosimulation.md)");
}

}  // namespace topkima::cosim
