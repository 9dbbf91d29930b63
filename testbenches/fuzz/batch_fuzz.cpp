// SPDX-License-Identifier: Apache-2.0
// A line of a batch.

#include "fuzz/target.h"
#include "tool/point_line.h"

using namespace topkima;
using namespace topkima::testbenches;
using nlohmann::ordered_json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line(reinterpret_cast<const char*>(data), size);
  if (line.find('\n') != line.npos) return -1;
  const auto read = platforms::read_point_line(line);
  // An answer is a line of JSON whatever was asked. A number need not be one that a double holds.
  must(!read.id.empty() && read.id.find('\n') == line.npos &&
       line.npos != read.id.find_first_not_of(' '));
  if (read.id != "null") must(line.find(read.id) != line.npos);
  if (!read.fault.empty()) return 0;
  // What is a point to a JSON reader is one here, with the same members; and no other line is.
  auto plain = ordered_json::parse(line, nullptr, false);
  if (plain.is_discarded()) return 0;  // its id holds a number that no double holds
  must(plain.is_object());
  plain.erase("id");
  must(plain.size() == read.members.size());
  for (const auto& member : read.members) {
    must(plain.at(member.name) == member.value && line.find(member.written) != line.npos);
    if (member.value.is_object()) platforms::members_of(member.written);
  }
  return 0;
}
