#pragma once
// A head's stages in the order of a row's way, and the names of their accounts: "head12.score".

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace topkima::trace {

constexpr std::array<const char*, 6> row_way{"score",   "union",    "exponent",
                                             "divider", "weighted", "store"};

/// Which step of a row's way the stages of `kind` are, from 0; -1: none.
inline int step_of(const std::string& kind) {
  const auto* found = std::find(row_way.begin(), row_way.end(), kind);
  return found == row_way.end() ? -1 : static_cast<int>(found - row_way.begin());
}

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
