// SPDX-License-Identifier: Apache-2.0
#include "observe/head_stages.h"

#include <algorithm>
#include <map>
#include <string>

#include "stage/instance_names.h"

namespace topkima::observe {
namespace {

/// A way that never ends must not make every later row wait.
constexpr std::size_t most_ways = 1024;

bool earlier(const RowWay& a, const RowWay& b) {
  const auto begin = [](const RowWay& way) { return way.services.front().second; };
  return begin(a) != begin(b) ? begin(a) < begin(b) : a.row.id < b.row.id;
}

}  // namespace

void HeadStages::resolve(const stage::Ledger& ledger) {
  const auto& accounts = ledger.accounts();
  places_.assign(accounts.size(), {});
  struct Ends {
    std::size_t first, last;
  };
  std::map<std::string, Ends> ends;  // by head
  const auto step = [&](std::size_t i) { return stage::step_of(accounts[i].kind); };
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    if (!accounts[i].accounted || step(i) < 0) continue;
    places_[i].on_way = true;
    places_[i].score = accounts[i].kind == stage::kinds::score.name;
    const auto& name = accounts[i].name;
    auto& [first, last] =
        ends.try_emplace(name.substr(0, name.find('.')), Ends{i, i}).first->second;
    if (step(i) < step(first)) first = i;
    if (step(i) > step(last)) last = i;
  }
  for (const auto& [head, stages] : ends) {
    places_[stages.first].first = true;
    places_[stages.last].last = true;
  }
}

void FirstWay::restart(std::int64_t from) {
  ways_.clear();
  from_ = from;
  found_ = false;
}

RowWay* FirstWay::find(const stage::RowTag& row) {
  for (auto& way : ways_)
    if (way.row.id == row.id) return &way;
  return nullptr;
}

void FirstWay::served(stage::StageId stage, const stage::RowTag& row, std::int64_t cycle) {
  if (found_ || !row.of_head() || (only_ != stage::RowTag::no_id && row.id != only_)) return;
  if (!stages_.on_way(stage)) return;
  if (!stages_.first(stage)) {
    if (RowWay* way = find(row)) way->services.emplace_back(stage, cycle);
  } else if (cycle >= from_ && ways_.size() < most_ways) {
    ways_.push_back({row, {{stage, cycle}}});
  }
}

void FirstWay::done(stage::StageId stage, const stage::RowTag& row, std::int64_t cycle) {
  if (found_ || !stages_.score(stage)) return;
  if (RowWay* way = find(row)) way->scored = cycle;
}

void FirstWay::left(const stage::RowTag& row, std::int64_t cycle) {
  if (found_) return;
  RowWay* way = find(row);
  if (!way) return;
  way->left = cycle;
  found_ = std::min_element(ways_.begin(), ways_.end(), earlier)->left >= 0;
}

const RowWay* FirstWay::first(std::int64_t end) const {
  const RowWay* first = nullptr;
  for (const auto& way : ways_)
    if (way.left >= 0 && way.left <= end && (!first || earlier(way, *first))) first = &way;
  return first;
}

}  // namespace topkima::observe
