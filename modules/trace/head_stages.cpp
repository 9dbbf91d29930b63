#include "trace/head_stages.h"

#include <algorithm>
#include <map>
#include <string>

#include "stage/instance_names.h"

namespace topkima::trace {
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
  order_.assign(accounts.size(), -1);
  first_.assign(accounts.size(), false);
  last_.assign(accounts.size(), false);
  score_ = stage::step_of("score");
  std::map<std::string, std::pair<std::size_t, std::size_t>> ends;  // by head
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const int step = stage::step_of(accounts[i].kind);
    if (!accounts[i].accounted || step < 0) continue;
    order_[i] = step;
    const auto& name = accounts[i].name;
    auto& [first, last] =
        ends.emplace(name.substr(0, name.find('.')), std::pair(i, i)).first->second;
    if (order_[i] < order_[first]) first = i;
    if (order_[i] > order_[last]) last = i;
  }
  for (const auto& [head, stages] : ends) {
    first_[stages.first] = true;
    last_[stages.second] = true;
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
  if (stages_.order(stage) < 0) return;
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

}  // namespace topkima::trace
