#pragma once
// Names of the accounts of a head's stages: "head12.score".

#include <charconv>
#include <string>

namespace topkima::trace {

/// The head that `account` belongs to, with what follows the point in `stage`; -1, and `stage` left
/// alone, when it is no stage of a head.
inline int head_of(const std::string& account, std::string& stage) {
  const std::string head = "head";
  const std::size_t point = account.find('.');
  if (account.compare(0, head.size(), head) != 0 || point == std::string::npos) return -1;
  const char* const end = account.data() + point;
  int number = -1;
  const auto result = std::from_chars(account.data() + head.size(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return -1;
  stage = account.substr(point + 1);
  return number;
}

}  // namespace topkima::trace
