// SPDX-License-Identifier: Apache-2.0
#include "observe/fst_converter.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "files/input_file.h"
#include "files/run_quietly.h"

namespace topkima::observe {
namespace {

const char* const converter = "vcd2fst";

/// Whether `path` is whole: vcd2fst does not notice a full disk. A file is a row of blocks, a byte
/// for the type and eight for the length behind it; the last ones hold geometry and hierarchy.
bool whole(const std::string& path) {
  enum : unsigned char { header = 0, geometry = 3, hierarchy = 4, hierarchy_lz4 = 6, duo = 7 };
  files::InputFile file(path, files::fst_file);
  bool has_header = false, has_geometry = false, has_hierarchy = false;
  std::uint64_t at = 0;
  while (at < file.size()) {
    std::array<unsigned char, 9> head{};
    file.seek(at);
    if (file.read(head.data(), head.size()) != head.size()) return false;
    std::uint64_t length = 0;
    for (std::size_t i = 1; i < head.size(); ++i) length = length << 8 | head[i];
    if (length < 8) return false;
    has_header |= head[0] == header;
    has_geometry |= head[0] == geometry;
    has_hierarchy |= head[0] == hierarchy || head[0] == hierarchy_lz4 || head[0] == duo;
    at += 1 + length;
  }
  return at == file.size() && has_header && has_geometry && has_hierarchy;
}

}  // namespace

bool FstConverter::installed() {
  const char* path = std::getenv("PATH");
  std::string places = path ? path : "";
  for (std::size_t begin = 0; begin <= places.size();) {
    const std::size_t end = std::min(places.find(':', begin), places.size());
    const std::string file = places.substr(begin, end - begin) + "/" + converter;
    if (::access(file.c_str(), X_OK) == 0) return true;
    begin = end + 1;
  }
  return false;
}

std::string FstConverter::convert(const std::string& vcd, const std::string& fst) {
  const int status =
      files::run_quietly(converter, {converter, "--vcdname=" + vcd, "--fstname=" + fst});
  if (status < 0) return std::string(converter) + ": " + std::strerror(errno);
  try {
    if (status == 0 && whole(fst)) return {};
  } catch (const SimulationError& error) {
    return error.what();
  }
  return std::string(converter) + " failed; is the disk full?";
}

}  // namespace topkima::observe
