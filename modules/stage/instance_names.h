// SPDX-License-Identifier: Apache-2.0
#pragma once
// What instances are called in accounts, waveforms and messages, and their order: as rows go. A
// head's blocks are "head3.score", those of its crossbars "head3.topk0".

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <vector>

namespace topkima::stage {

/// The stages that all heads share; those of one array are one fidelity's.
constexpr std::array<const char*, 3> projections{"projection.q", "projection.k", "projection.v"};
constexpr std::array<const char*, 2> writers{"write.k", "write.v"};
constexpr std::array<const char*, 2> buses{"bus.read", "bus.write"};

/// A head's RRAM arrays, which only a SoC has.
constexpr const char* fold = "fold";
/// A head's stages in the order of a row's way; no machine has all of them (docs/baselines.md).
constexpr std::array<const char*, 10> row_way{fold,       "score",  "union",    "latch",
                                              "shifter",  "sorter", "exponent", "divider",
                                              "av", "store"};
/// Those that make probabilities of a query.
constexpr std::array<const char*, 7> softmax_macro{"score",  "union",    "latch",  "shifter",
                                                   "sorter", "exponent", "divider"};
/// The blocks of each of its arrays, which do the work of its score.
constexpr std::array<const char*, 4> crossbar_blocks{"key_array", "ramp", "topk", "latch"};

/// All kinds of stages in the order in which data pass them.
inline std::vector<std::string> stage_kinds() {
  std::vector<std::string> kinds{buses.front()};
  kinds.insert(kinds.end(), projections.begin(), projections.end());
  kinds.insert(kinds.end(), writers.begin(), writers.end());
  kinds.insert(kinds.end(), row_way.begin(), row_way.end());
  kinds.push_back(buses.back());
  return kinds;
}

/// "topk0"
inline std::string numbered(const char* name, std::size_t i) { return name + std::to_string(i); }
inline std::string head_name(int head) { return numbered("head", std::size_t(head)); }

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

}  // namespace topkima::stage
