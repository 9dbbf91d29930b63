// SPDX-License-Identifier: Apache-2.0
#include "report/row_times.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "stage/instance_names.h"
#include "stage/kinds.h"

namespace topkima::report {

using stage::Activity;

void Spread::add(std::int64_t cycles) {
  ++rows_;
  sum_ += cycles;
  const auto place = static_cast<std::size_t>(cycles);
  if (place >= most_dense) {
    ++sparse_[cycles];
    return;
  }
  if (place >= dense_.size()) dense_.resize(place + 1);
  ++dense_[place];
}

std::int64_t Spread::quantile(double share) const {
  const auto wanted = static_cast<std::int64_t>(std::ceil(share * double(rows_)));
  std::int64_t seen = 0;
  for (std::size_t cycles = 0; cycles < dense_.size(); ++cycles)
    if (seen += dense_[cycles]; seen > 0 && seen >= wanted) return std::int64_t(cycles);
  for (const auto& [cycles, rows] : sparse_)
    if (seen += rows; seen >= wanted) return cycles;
  return 0;
}

double Spread::share_below(std::int64_t cycles) const {
  std::int64_t below = 0;
  for (std::size_t i = 0; i < dense_.size() && std::int64_t(i) < cycles; ++i) below += dense_[i];
  for (const auto& [at, rows] : sparse_)
    if (at < cycles) below += rows;
  return rows_ == 0 ? 0 : double(below) / double(rows_);
}

const char* name_of(RowPart part) {
  switch (part) {
    case RowPart::waited: return "waited";
    case RowPart::busy: return "busy";
    case RowPart::blocked: return "blocked";
  }
  throw std::logic_error("a part of a row's time");
}

const Spread* RowTable::of(const std::string& kind, RowPart part) const {
  const auto found = std::find(stages.begin(), stages.end(), kind);
  if (found == stages.end()) return nullptr;
  return &parts[std::size_t(found - stages.begin())][std::size_t(part)];
}

std::string RowTable::csv() const {
  std::string text = "id,head,row,arrived,left,cycles";
  for (const auto& stage : stages)
    for (const RowPart part : row_parts) text += "," + stage + "." + name_of(part);
  text += "\n";
  for (std::size_t id = 0; id < lines.size(); ++id) {
    const auto& line = lines[id];
    const auto tag = numbers.tag(id);
    for (const std::int64_t value :
         {std::int64_t(id), std::int64_t(tag.head), std::int64_t(tag.row), line.arrived, line.left})
      text += std::to_string(value) + ",";
    text += std::to_string(line.left - line.arrived);
    for (const auto& cycles : line.cycles)
      for (const std::int64_t value : cycles) text += "," + std::to_string(value);
    text += "\n";
  }
  return text;
}

RowTimes::RowTimes(const config::MachineConfig& config, stage::Ledger& ledger) {
  table_.numbers = {std::uint64_t(config.shape.heads), std::uint64_t(config.shape.query_rows),
                    std::uint64_t(config.heads_per_chain())};
  std::vector<std::string> kinds;  // of the stages that stand in heads, in their order
  for (const auto& account : ledger.accounts()) {
    std::string name;
    const bool in_head = account.accounted && stage::head_of(account.name, name) >= 0;
    kinds.push_back(in_head ? name : "");
  }
  for (const auto* kind : stage::head_kinds(config))
    if (std::find(kinds.begin(), kinds.end(), kind->name) != kinds.end())
      table_.stages.push_back(kind->name);
  places_.resize(kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto found = std::find(table_.stages.begin(), table_.stages.end(), kinds[i]);
    if (found != table_.stages.end()) places_[i].step = int(found - table_.stages.begin());
  }
  table_.parts.resize(table_.stages.size());
  table_.lines.resize(table_.numbers.heads * table_.numbers.rows);
  for (auto& line : table_.lines) line.cycles.resize(table_.stages.size());
  ledger.observe(*this);
}

/// What the stage has been doing since it turned to that is time of the row in service.
void RowTimes::book(Place& place, std::int64_t cycle) {
  if (place.activity != Activity::starved && !place.stays.empty()) {
    const RowPart part = place.activity == Activity::busy ? RowPart::busy : RowPart::blocked;
    place.stays.front().cycles[std::size_t(part)] += cycle - place.since;
  }
  place.since = cycle;
}

void RowTimes::entered(stage::StageId stage, Activity activity, const stage::RowTag&,
                       std::int64_t cycle) {
  if (std::size_t(stage) >= places_.size()) return;
  Place& place = places_[std::size_t(stage)];
  if (place.step < 0) return;
  book(place, cycle);
  place.activity = activity;
  if (activity == Activity::starved || place.stays.empty() || place.stays.front().served) return;
  Stay& stay = place.stays.front();
  stay.served = true;
  stay.cycles[std::size_t(RowPart::waited)] = cycle - stay.arrived;
}

void RowTimes::queued(stage::StageId stage, const stage::RowTag& row, int rows,
                      std::int64_t cycle) {
  if (std::size_t(stage) >= places_.size()) return;
  Place& place = places_[std::size_t(stage)];
  if (place.step < 0) return;
  if (std::size_t(rows) > place.stays.size()) {
    place.stays.push_back({row.id, cycle, {}, false});
    if (place.step == 0) entered_[row.id] = cycle;
    return;
  }
  book(place, cycle);
  place.activity = Activity::starved;  // until it takes the next row
  leave(place, cycle);
}

const RowTable& RowTimes::finish(std::int64_t cycle) {
  for (Place& place : places_)
    while (!place.stays.empty()) {
      book(place, cycle);
      leave(place, cycle);
    }
  return table_;
}

void RowTimes::leave(Place& place, std::int64_t cycle) {
  const Stay stay = place.stays.front();
  place.stays.pop_front();
  const auto step = std::size_t(place.step);
  for (const RowPart part : row_parts)
    table_.parts[step][std::size_t(part)].add(stay.cycles[std::size_t(part)]);
  RowTable::Line* line = stay.id < table_.lines.size() ? &table_.lines[stay.id] : nullptr;
  if (line) line->cycles[step] = stay.cycles;
  const auto found = entered_.find(stay.id);
  if (step + 1 < table_.stages.size() || found == entered_.end()) return;
  table_.whole.add(cycle - found->second);
  if (line) {
    line->arrived = found->second;
    line->left = cycle;
  }
  entered_.erase(found);
}

}  // namespace topkima::report
