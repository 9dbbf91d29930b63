// SPDX-License-Identifier: Apache-2.0
#include "report/stage_table.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "files/json_text.h"
#include "stage/kinds.h"

namespace topkima::report {
namespace {

using json = nlohmann::ordered_json;
using stage::StageKind;

const char* name_of(stage::Part part) {
  switch (part) {
    case stage::Part::shared: return "shared";
    case stage::Part::head: return "head";
    case stage::Part::token: return "token";
    case stage::Part::cause: return "cause";
  }
  throw std::logic_error("a part of the machine without a name");
}

const char* name_of(stage::Leaves leaves) {
  switch (leaves) {
    case stage::Leaves::all: return "all";
    case stage::Leaves::early_winners: return "early winners";
    case stage::Leaves::late_winners: return "late winners";
  }
  throw std::logic_error("what leaves a stage without a name");
}

std::vector<std::string> machines_of(const StageKind& kind) {
  std::vector<std::string> names;
  for (const auto& [machine, name] : config::machine_names)
    if (kind.is_in(machine)) names.emplace_back(name);
  return names;
}

std::vector<std::string> components_of(const StageKind& kind) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < stage::component_count; ++i)
    if (kind.counts(stage::Component(i))) names.emplace_back(stage::name_of(stage::Component(i)));
  return names;
}

json or_null(const char* text) { return text ? json(text) : json(); }

json entry_of(const StageKind& kind) {
  return {{"name", kind.name},
          {"part", name_of(kind.part)},
          {"machines", machines_of(kind)},
          {"makes_probabilities", kind.makes_probabilities},
          {"passed_by_rows", kind.passed_by_rows},
          {"leaves", name_of(kind.leaves)},
          {"components", components_of(kind)},
          {"fidelity", or_null(kind.fidelity())},
          {"rtl", or_null(kind.rtl)},
          {"label", kind.label},
          {"inside", kind.inside},
          {"colour", kind.colour}};
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

}  // namespace

std::string stage_table_text() {
  std::string text;
  for (const StageKind* kind : stage::kinds::all)
    text += std::string(kind->name) + "\n    " + kind->label + "; " + name_of(kind->part) +
            "; machines: " + joined(machines_of(*kind)) +
            "; components: " + joined(components_of(*kind)) + "\n";
  return text;
}

std::string stage_table_json() {
  json kinds = json::array(), named = json::array();
  for (const StageKind* kind : stage::kinds::all) kinds.push_back(entry_of(*kind));
  for (const auto& account : stage::named_accounts)
    named.push_back(
        {{"name", account.name}, {"kind", account.kind->name}, {"colour", account.colour}});
  return files::json_text(json{{"kinds", kinds}, {"named", named}}, 1) + "\n";
}

}  // namespace topkima::report
