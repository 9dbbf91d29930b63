// SPDX-License-Identifier: Apache-2.0
// The table of kinds of stage: its order, that it is complete, and that nothing beside it is built.
#include "stage/kinds.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "config/cosim.h"
#include "config/machine_config.h"
#include "stage/ledger.h"

using namespace topkima;
using stage::Part, stage::StageKind;
using Names = std::vector<std::string>;

namespace {

Names names_of(Part part) {
  Names names;
  for (const StageKind* kind : stage::kinds::all)
    if (kind->part == part) names.emplace_back(kind->name);
  return names;
}

Names names_of(const std::vector<const StageKind*>& kinds) {
  Names names;
  for (const StageKind* kind : kinds) names.emplace_back(kind->name);
  return names;
}

bool is_colour(const std::string& text) {
  return text.size() == 7 && text[0] == '#' &&
         text.find_first_not_of("0123456789abcdef", 1) == std::string::npos;
}

config::MachineConfig configured(const std::vector<std::pair<std::string, std::string>>& given) {
  config::Settings settings;
  for (const auto& [name, value] : given) settings.set(name, value, "test");
  return config::resolve(settings, {2, 2, 8, 8, 64, true, false});
}

}  // namespace

TEST_CASE("a row passes the stages of a head in this order") {
  CHECK(names_of(Part::head) == Names{"fold", "score", "union", "latch", "shifter", "sorter",
                                      "exponent", "divider", "av", "store"});
  CHECK(names_of(stage::stage_kinds(stage::in_macro)) ==
        Names{"score", "union", "latch", "shifter", "sorter", "exponent", "divider", "av"});
  CHECK(names_of(stage::stage_kinds(stage::in_soc)) ==
        Names{"bus.read", "projection.q", "projection.k", "projection.v", "write.k", "write.v",
              "fold", "score", "union", "latch", "shifter", "sorter", "exponent", "divider", "av",
              "store", "bus.write"});
  int step = 0;
  for (const auto& name : names_of(Part::head)) CHECK(stage::step_of(name) == step++);
  CHECK(stage::step_of("bus.read") == -1);
  CHECK(stage::step_of("nothing") == -1);
}

TEST_CASE("a machine's head has the kinds that its configuration asks for") {
  using stage::head_kinds;
  CHECK(names_of(head_kinds(configured({}))) ==
        Names{"score", "union", "exponent", "divider", "av", "store"});
  CHECK(names_of(head_kinds(configured(
            {{"softmax.macro", "conventional"}, {"attention.scaling", "left_shift"}}))) ==
        Names{"score", "latch", "shifter", "exponent", "divider", "av", "store"});
  CHECK(names_of(head_kinds(configured(
            {{"softmax.macro", "digital_topk"}, {"attention.scaling", "in_k_weights"}}))) ==
        Names{"fold", "score", "latch", "sorter", "exponent", "divider", "av", "store"});
}

TEST_CASE("every kind is described whole, under a name of its own") {
  std::set<std::string> names;
  for (const StageKind* kind : stage::kinds::all) {
    INFO(kind->name);
    CHECK(names.insert(kind->name).second);
    CHECK(stage::find_kind(kind->name) == kind);
    CHECK(kind->label != std::string());
    CHECK(is_colour(kind->colour));
    CHECK(kind->machines != 0);
    if (kind->has_account()) CHECK(kind->components != 0);
    if (kind->fidelity)
      CHECK(config::find_parameter(std::string("fidelity.") + kind->fidelity) != nullptr);
    if (kind->rtl)
      CHECK(std::any_of(config::blocks.begin(), config::blocks.end(), [&](config::Block block) {
        return std::string(config::word(block)) == kind->rtl;
      }));
  }
  for (const auto& account : stage::named_accounts) {
    INFO(account.name);
    CHECK(names.insert(account.name).second == (std::string(account.name) != account.kind->name));
    CHECK(is_colour(account.colour));
    CHECK_NOTHROW(stage::listed(*account.kind));
  }
}

TEST_CASE("every component is counted in by a kind of stage") {
  for (std::size_t i = 0; i < stage::component_count; ++i) {
    const auto component = stage::Component(i);
    INFO(stage::name_of(component));
    CHECK(std::any_of(stage::kinds::all.begin(), stage::kinds::all.end(),
                      [&](const StageKind* kind) { return kind->counts(component); }));
  }
  CHECK(stage::counts(stage::in_macro, stage::Component::av_ramp));
  CHECK_FALSE(stage::counts(stage::in_macro, stage::Component::projection));
  CHECK_FALSE(stage::counts(stage::in_soc, stage::Component::vector));
}

TEST_CASE("a stage of a kind that is not listed is not built") {
  constexpr StageKind mine("rotary", Part::head, stage::kinds::everywhere, "Rotary", "", "#123456");
  stage::Ledger ledger;
  CHECK_THROWS_WITH(ledger.add_stage("head0.rotary", mine),
                    "stage kind 'rotary' is not in the table of kinds (modules/stage/kinds.h)");
  CHECK_THROWS_AS(ledger.add_label("rotary", mine), SimulationError);
  CHECK(ledger.accounts().empty());
  CHECK(stage::find_kind("rotary") == nullptr);
  CHECK_THROWS_WITH(stage::named_account("rotary"),
                    "'rotary' is not among the named accounts (modules/stage/kinds.h)");
}
