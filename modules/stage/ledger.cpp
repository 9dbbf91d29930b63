// SPDX-License-Identifier: Apache-2.0
#include "stage/ledger.h"

#include "config/errors.h"

namespace topkima::stage {

const char* name_of(Activity activity) {
  static const char* const names[] = {"starved", "busy", "blocked"};
  return names[static_cast<int>(activity)];
}

Ledger::Ledger(bool keep_causes, std::size_t expected_events) : keep_causes_(keep_causes) {
  nodes_.reserve(expected_events);
  nodes_.push_back({start, start, 0, nobody, 0});
}

StageId Ledger::add_stage(const std::string& name, const StageKind& kind) {
  Account account;
  account.name = name;
  account.kind = listed(kind).name;
  accounts_.push_back(account);
  return static_cast<StageId>(accounts_.size()) - 1;
}

StageId Ledger::add_label(const std::string& name, const StageKind& kind) {
  const StageId id = add_stage(name, kind);
  accounts_.back().accounted = false;
  return id;
}

NodeId Ledger::push(const Node& node) {
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size()) - 1;
}

NodeId Ledger::event(StageId stage, NodeId a, NodeId b, std::int64_t cycles, std::int64_t now) {
  if (!keep_causes_) return start;
  const std::int64_t time = later(a, b) + cycles;
  if (time != now)
    throw SimulationError(name(stage) + " finished in cycle " + std::to_string(now) +
                          ", but its causes explain cycle " + std::to_string(time));
  return push({a, b, static_cast<std::int32_t>(cycles), stage, time});
}

void Ledger::close(std::int64_t end) {
  for (std::size_t i = 0; i < accounts_.size(); ++i)
    if (accounts_[i].accounted)
      end_span(static_cast<StageId>(i), accounts_[i], end, accounts_[i].row, nobody);
}

void Ledger::break_off(std::int64_t end) {
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    Account& account = accounts_[i];
    if (!account.accounted || account.since >= end) continue;
    const bool blocked = account.activity == Activity::blocked;
    end_span(static_cast<StageId>(i), account, end, account.row,
             blocked ? account.refused_by : account.fed_by);
  }
}

std::int64_t Ledger::last_turn() const {
  std::int64_t last = 0;
  for (const auto& account : accounts_)
    if (account.accounted) last = std::max(last, account.since);
  return last;
}

void Ledger::book(Causes& causes, StageId by, std::int64_t cycles) {
  for (auto& [cause, sum] : causes) {
    if (cause != by) continue;
    sum += cycles;
    return;
  }
  causes.emplace_back(by, cycles);
}

const std::string& Ledger::name(StageId stage) const {
  static const std::string none = "no more rows";
  return stage == nobody ? none : accounts_[static_cast<std::size_t>(stage)].name;
}

}  // namespace topkima::stage
