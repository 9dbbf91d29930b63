// SPDX-License-Identifier: Apache-2.0
// What each schedule decides.
#include "pipeline/schedule.h"

#include <catch2/catch.hpp>

#include "registers/register_map.h"

using namespace topkima;
using pipeline::Schedule, pipeline::to_k, pipeline::to_q, pipeline::to_v;
using Passes = std::vector<std::uint32_t>;

TEST_CASE("the schedules are those of the specification") {
  const auto& sequential = Schedule::of(config::Schedule::sequential);
  CHECK(sequential.passes() == Passes{to_q, to_k, to_v});
  CHECK(sequential.buffers_queries());
  CHECK_FALSE(sequential.rows_overlap());

  const auto& coarse = Schedule::of(config::Schedule::coarse);
  CHECK(coarse.passes() == Passes{to_q | to_k | to_v});
  CHECK(coarse.buffers_queries());
  CHECK_FALSE(coarse.rows_overlap());

  const auto& fine = Schedule::of(config::Schedule::fine);
  CHECK(fine.passes() == Passes{to_k | to_v});
  CHECK_FALSE(fine.buffers_queries());
  CHECK(fine.rows_overlap());

  const auto& buffered = Schedule::of(config::Schedule::buffered);
  CHECK(buffered.passes() == Passes{to_q | to_k | to_v});
  CHECK(buffered.buffers_queries());
  CHECK(buffered.rows_overlap());
}

TEST_CASE("every schedule that can be chosen is described, and loads K and V once") {
  for (const auto& entry : config::Words<config::Schedule>::table) {
    INFO(entry.word);
    const auto& schedule = Schedule::of(entry.value);
    std::uint32_t seen = 0;
    for (const std::uint32_t pass : schedule.passes()) {
      CHECK((seen & pass) == 0);
      seen |= pass;
    }
    CHECK(seen == schedule.loaded());
    CHECK((seen & (to_k | to_v)) == (to_k | to_v));
    CHECK(Schedule::from_register(Schedule::to_register(entry.value)) == entry.value);
  }
  CHECK_FALSE(Schedule::from_register(config::choice_count<config::Schedule>).has_value());
  CHECK_FALSE(Schedule::from_register(9).has_value());
}

TEST_CASE("register SCHEDULE says the number of every schedule that can be chosen") {
  std::string numbered;
  for (const auto& entry : config::Words<config::Schedule>::table)
    numbered += (numbered.empty() ? "" : ", ") +
                std::to_string(Schedule::to_register(entry.value)) + " " + entry.word;
  CHECK(registers::controller::schedule.meaning == numbered);
}
