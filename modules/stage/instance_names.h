// SPDX-License-Identifier: Apache-2.0
#pragma once
// What instances are called in accounts, waveforms and messages: a head's blocks "head3.score",
// those of its crossbars "head3.topk0".

#include <charconv>
#include <cstddef>
#include <string>

#include "stage/kinds.h"

namespace topkima::stage {

/// "topk0"
inline std::string numbered(const char* name, std::size_t i) { return name + std::to_string(i); }
inline std::string head_name(int head) { return numbered("head", std::size_t(head)); }

/// "head3.score"
inline std::string head_stage(int head, const StageKind& kind) {
  return head_name(head) + "." + kind.name;
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

}  // namespace topkima::stage
