// SPDX-License-Identifier: Apache-2.0
#include "pipeline/schedule.h"

#include <numeric>
#include <stdexcept>

namespace topkima::pipeline {

const Schedule& Schedule::of(config::Schedule word) {
  static const Schedule sequential({to_q, to_k, to_v}, false);
  static const Schedule coarse({to_q | to_k | to_v}, false);
  static const Schedule fine({to_k | to_v}, true);
  static const Schedule buffered({to_q | to_k | to_v}, true);
  switch (word) {
    case config::Schedule::sequential: return sequential;
    case config::Schedule::coarse: return coarse;
    case config::Schedule::fine: return fine;
    case config::Schedule::buffered: return buffered;
  }
  throw std::logic_error("pipeline/schedule.cpp: a schedule that is not described");
}

std::optional<config::Schedule> Schedule::from_register(std::uint32_t value) {
  for (const auto& entry : config::Words<config::Schedule>::table)
    if (to_register(entry.value) == value) return entry.value;
  return std::nullopt;
}

std::uint32_t Schedule::to_register(config::Schedule word) {
  return static_cast<std::uint32_t>(word);
}

std::uint32_t Schedule::loaded() const {
  return std::accumulate(passes_.begin(), passes_.end(), 0u,
                         [](std::uint32_t all, std::uint32_t pass) { return all | pass; });
}

}  // namespace topkima::pipeline
