// SPDX-License-Identifier: Apache-2.0
// Machines that must select, and often take, the same: placements, scopes, joined arrays
// (docs/hardware.md, section 7).
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "attention_macro/simulate.h"
#include "random_machine.h"
#include "support/fresh_kernel.h"

using namespace topkima;
using testbenches::pick;

namespace {

using Changes = std::vector<std::pair<std::string, std::string>>;

report::RunResult run(config::Settings settings, const workload::Workload& workload,
                      const Changes& changes) {
  testbenches::fresh_kernel();
  for (const auto& [name, value] : changes) settings.set(name, value, "test");
  return platforms::simulate_macro(settings, workload, {});
}

struct Given {
  config::Settings settings;
  workload::Workload workload;
  int tokens;
};

/// A random machine of given step and scope, whose crossbars are small.
Given given(std::mt19937& random) {
  Given given{testbenches::random_machine(random), {}, 0};
  auto& settings = given.settings;
  given.workload = workload::make_workload(settings, false);
  given.tokens = given.workload.shape.tokens;
  for (const auto& [name, value] : {std::pair{"topk.scope", "crossbar"},
                                    {"attention.placement", "blocked"},
                                    {"topk.sub_k", "auto"},
                                    {"topk.tree_cycles", "auto"},
                                    {"pipeline.sequences", "1"},
                                    {"ima.ramp_lsb", "7"},
                                    {"fidelity.all", random() % 2 ? "row" : "cycle"}})
    settings.set(name, value, "test");
  settings.set("topk.k", std::to_string(pick(random, 1, std::min(8, given.tokens))), "test");
  settings.set("crossbar.columns", std::to_string(pick(random, 1, 16)), "test");
  return given;
}

void require_same_winners(const report::Results& a, const report::Results& b) {
  REQUIRE(a.topk_index == b.topk_index);
  REQUIRE(a.topk_code == b.topk_code);
  REQUIRE(a.probability == b.probability);
  REQUIRE(a.output == b.output);
}

/// The tokens that each row selects, in no order.
std::vector<std::multiset<int>> chosen(const report::Results& results) {
  std::vector<std::multiset<int>> rows;
  for (std::size_t row = 0; row < results.winner_count.size(); ++row) {
    const auto first =
        results.topk_index.begin() + std::ptrdiff_t(row * std::size_t(results.winners));
    rows.emplace_back(first, first + results.winner_count[row]);
  }
  return rows;
}

const Changes one_wide{{"crossbar.columns", "64"}};

}  // namespace

TEST_CASE("the scope of one crossbar is the head") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Given machine = given(random);
    const auto crossbar = run(machine.settings, machine.workload, one_wide);
    const auto head = run(machine.settings, machine.workload,
                          {{"crossbar.columns", "64"}, {"topk.scope", "head"}});
    require_same_winners(crossbar.results, head.results);
    REQUIRE(crossbar.results.convert_cycles == head.results.convert_cycles);
    REQUIRE(crossbar.latency == head.latency);
  }
}

TEST_CASE("one counter over blocked crossbars is one wide crossbar and a tree") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Given machine = given(random);
    const auto wide = run(machine.settings, machine.workload, one_wide);
    const auto head = run(machine.settings, machine.workload, {{"topk.scope", "head"}});
    require_same_winners(wide.results, head.results);
    const int tree = head.config.topk.tree_cycles, crossbars = head.results.crossbars;
    for (std::size_t row = 0; row < wide.results.convert_steps.size(); ++row)
      for (int c = 0; c < crossbars; ++c) {
        const auto place = row * std::size_t(crossbars) + std::size_t(c);
        const int steps = wide.results.convert_steps[row];
        const auto participants =
            head.config.participants_of(0, std::int64_t(row) % head.results.rows);
        const bool rests = head.config.crossbar.gate_empty && participants[std::size_t(c)] == 0;
        REQUIRE(head.results.convert_steps[place] == (rests ? 0 : steps));
        REQUIRE(head.results.convert_cycles[place] ==
                (rests ? 0 : wide.results.convert_cycles[row] + (steps > 0 ? tree : 0)));
      }
    // The winners of one sorter behind full ramps, too.
    if (head.config.topk.reach > 0) continue;
    const auto sorted = run(machine.settings, machine.workload,
                            {{"softmax.macro", "digital_topk"}, {"sort.sorters", "head"}});
    require_same_winners(sorted.results, head.results);
  }
}

TEST_CASE("interleaved crossbars select what blocked ones select of permuted keys") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Given machine = given(random);
    const Changes unmasked{
        {"attention.causal", "false"},  {"attention.valid_tokens", "all"},
        {"attention.first_valid", "0"}, {"attention.window", "none"},
        {"attention.segments", "none"}, {"topk.scope", random() % 2 ? "head" : "crossbar"}};
    for (const auto& [name, value] : unmasked) machine.settings.set(name, value, "test");
    const auto turn =
        run(machine.settings, machine.workload, {{"attention.placement", "interleaved"}});
    const auto& map = turn.config.attention.columns;
    // The token that lies where a blocked machine of the same split has `slot`.
    auto permuted = machine.workload;
    std::string split;
    for (int c = 0; c < map.crossbars(); ++c)
      split += (c ? "," : "") + std::to_string(map.columns(c));
    const auto& shape = permuted.shape;
    auto& keys = permuted.k;
    const auto before = keys;
    for (int h = 0; h < shape.kv_heads; ++h)
      for (int slot = 0; slot < shape.tokens; ++slot)
        for (int i = 0; i < shape.d_k; ++i) {
          const auto at = [&](int token) {
            return (std::size_t(h) * std::size_t(shape.tokens) + std::size_t(token)) *
                       std::size_t(shape.d_k) +
                   std::size_t(i);
          };
          keys.floats[at(slot)] = before.floats[at(map.slot_at_address(slot))];
        }
    const auto blocked = run(machine.settings, permuted, {{"topk.split", split}});
    auto expected = blocked.results.topk_index;
    for (int& token : expected)
      if (token >= 0) token = map.slot_at_address(token);
    REQUIRE(turn.results.topk_index == expected);
    REQUIRE(turn.results.topk_code == blocked.results.topk_code);
    REQUIRE(turn.results.probability == blocked.results.probability);
    REQUIRE(turn.results.convert_cycles == blocked.results.convert_cycles);
  }
}

TEST_CASE("joined arrays are an array of more rows, but for their precharge") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Given machine = given(random);
    const auto whole = run(machine.settings, machine.workload, {});
    const auto lines = machine.settings.integer("score.key_cells") * machine.workload.shape.d_k;
    const int half =
        (machine.workload.shape.d_k + 1) / 2 * machine.settings.integer("score.key_cells");
    const auto joined = run(machine.settings, machine.workload,
                            {{"score.row_split", "join"},
                             {"crossbar.ramp_rows", "40"},
                             {"crossbar.rows", std::to_string(40 + half)},
                             {"av.rows", "auto"}});
    REQUIRE(joined.config.score.joined_arrays() == (lines > half ? 2 : 1));
    REQUIRE(whole.results.topk_index == joined.results.topk_index);
    REQUIRE(whole.results.topk_code == joined.results.topk_code);
    REQUIRE(whole.results.probability == joined.results.probability);
    REQUIRE(whole.results.convert_cycles == joined.results.convert_cycles);
  }
}

TEST_CASE("a crossbar without participants rests: no winner, no step, and k goes elsewhere") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Given machine = given(random);
    const auto masked = run(machine.settings, machine.workload, {});
    const auto& results = masked.results;
    const int crossbars = results.crossbars;
    const auto rows = chosen(results);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto r = std::int64_t(row) % results.rows;
      const auto participants = masked.config.participants_of(0, r);
      const auto shares = masked.config.shares_of(0, r);
      const auto mask = masked.config.attention.mask.of(0, r);
      for (const int token : rows[row]) REQUIRE(mask.holds(token));
      std::size_t most = 0;
      for (int c = 0; c < crossbars; ++c) {
        const auto place = row * std::size_t(crossbars) + std::size_t(c);
        most += std::size_t(std::min(participants[std::size_t(c)], shares[std::size_t(c)]));
        if (participants[std::size_t(c)] > 0) continue;
        const bool rests =
            masked.config.crossbar.gate_empty || masked.config.topk.stop_when_exhausted;
        REQUIRE(results.convert_steps[place] == (rests ? 0 : 1 << masked.config.ima.bits));
      }
      if (masked.config.topk.reach == 0)
        REQUIRE(rows[row].size() == most);
      else
        REQUIRE(rows[row].size() <= most);
    }
  }
}
