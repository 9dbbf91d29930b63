// SPDX-License-Identifier: Apache-2.0
#include "topk/sorter.h"

#include <algorithm>

#include "arith/mask.h"
#include "stage/instance_names.h"

namespace topkima::topk {
namespace {

/// The tokens of a row's elements, which are neighbours.
arith::Interval tokens_of(const stage::EntryRow& row) {
  if (row.header.count == 0) return {};
  const int first = row.entries[0].token;
  return {first, first + row.header.count};
}

}  // namespace

int Sorter::Config::tokens() const {
  int sum = 0;
  for (const auto& part : parts) sum += part.columns;
  return sum;
}

int Sorter::Config::elements() const {
  int longest = 0;
  for (const auto& part : parts) longest = std::max(longest, part.columns);
  return longest;
}

int Sorter::Config::winners() const {
  int sum = 0;
  for (const auto& part : parts) sum += std::min(part.k, part.columns);
  return sum;
}

Sorter::Sorter(const sc_core::sc_module_name& module, stage::Context& context,
               const std::string& name, const Config& config)
    : Stage(module, context, name, stage::kinds::sorter, 0,
            stage::entry_row_format(config.tokens()), config.fidelity),
      config_(config),
      kept_(config.parts.size()),
      lanes_(config.parts.size()),
      meter_(context.meter(stage::Component::sorter)) {
  cycles_ = std::int64_t{config.elements()} * config.interval + config.union_cycles;
  elements_.resize(std::size_t(config.tokens()));
}

std::int64_t Sorter::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  const stage::EntryRow codes(row.data.data());
  const auto* entry = codes.entries;
  int first = 0;
  for (std::size_t p = 0; p < config_.parts.size(); ++p) {
    const auto& part = config_.parts[p];
    const int count = tokens_of(codes).within({first, first + part.columns}).size();
    arith::Winner* const elements = elements_.data() + first;
    for (int i = 0; i < count; ++i, ++entry) elements[i] = {entry->token, entry->code};
    kept_[p] = arith::keep_largest(elements, count, part.k);
    first += part.columns;
  }
  put(row.tag, output);
  return cycles_;
}

void Sorter::put(const stage::RowTag& tag, std::vector<unsigned char>& output) {
  stage::RowHeader header;
  for (const int kept : kept_) header.count += kept;
  auto* winner = stage::make_entry_row(output, header);
  std::size_t first = 0;
  for (std::size_t p = 0; p < kept_.size(); ++p) {
    for (std::size_t i = 0; i < std::size_t(kept_[p]); ++i)
      *winner++ = {elements_[first + i].column, elements_[first + i].code};
    first += std::size_t(config_.parts[p].columns);
  }
  show(tag, output);
}

void Sorter::show(const stage::RowTag& tag, const std::vector<unsigned char>& output) {
  const stage::EntryRow row(output.data());
  winners.write({tag, row.entries, row.header.count});
}

void Sorter::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  const stage::EntryRow codes(row.data.data());
  for (std::size_t p = 0; p < lanes_.size(); ++p) {
    lanes_[p].circuit.start(config_.parts[p].k);
    lanes_[p].kept.set(0);
  }
  for (int cycle = 0; cycle < cycles_ - config_.union_cycles; ++cycle) {
    clock(codes, cycle);
    context_.clock.spend(1);
  }
  std::size_t first = 0;
  for (std::size_t p = 0; p < lanes_.size(); ++p) {
    lanes_[p].valid.set(false);
    const auto& places = lanes_[p].circuit.places();
    std::copy(places.begin(), places.end(), elements_.begin() + std::ptrdiff_t(first));
    kept_[p] = static_cast<int>(places.size());
    first += std::size_t(config_.parts[p].columns);
  }
  context_.clock.spend(config_.union_cycles);
  put(row.tag, output);
}

/// In cycle `cycle` of a service each sorter comes to its next column, and takes it if it has a
/// code.
void Sorter::clock(const stage::EntryRow& row, int cycle) {
  const int element = cycle / config_.interval;
  const bool taken = cycle % config_.interval == config_.interval - 1;
  const arith::Interval tokens = tokens_of(row);
  int first = 0;
  for (std::size_t p = 0; p < lanes_.size(); ++p) {
    auto& lane = lanes_[p];
    const int columns = config_.parts[p].columns, token = first + element;
    const bool valid = element < columns && tokens.holds(token);
    first += columns;
    lane.valid.set(valid);
    if (!valid) continue;
    const auto& entry = row.entries[token - tokens.first];
    lane.column.set(entry.token);
    lane.code.set(entry.code);
    if (taken) lane.circuit.take({entry.token, entry.code});
    const auto& places = lane.circuit.places();
    lane.kept.set(static_cast<std::int64_t>(places.size()));
    if (!places.empty()) lane.least.set(places.back().code);
  }
}

void Sorter::count(const stage::Row& row, const std::vector<unsigned char>& output,
                   std::int64_t begin, std::int64_t cycles) {
  const arith::Interval tokens = tokens_of(stage::EntryRow(row.data.data()));
  int first = 0;
  std::uint64_t steps = 0;
  for (const auto& part : config_.parts) {
    const int taken = tokens.within({first, first + part.columns}).size();
    steps += std::uint64_t(taken) * std::uint64_t(part.k);
    first += part.columns;
  }
  meter_.count(row.tag, stage::Event::sort_step, steps, begin, cycles);
}

void Sorter::declare_probes(stage::ProbeScope& scope) {
  if (!config::clocked(config_.fidelity)) return;
  using Kind = stage::Signal::Kind;
  for (std::size_t p = 0; p < lanes_.size(); ++p) {
    auto& lane = lanes_[p];
    const std::string number = lanes_.size() == 1 ? "" : std::to_string(p);
    scope.add(lane.valid, {"in_valid" + number, Kind::bit});
    scope.add(lane.column, {"in_column" + number, Kind::integer, 21});
    scope.add(lane.code, {"in_code" + number, Kind::integer, 13, true});
    scope.add(lane.kept, {"kept" + number, Kind::integer, 21});
    scope.add(lane.least, {"least_kept" + number, Kind::integer, 13, true});
    lane.valid.set(false);
    for (auto* probe : {&lane.column, &lane.code, &lane.kept, &lane.least}) probe->set(0);
  }
}

}  // namespace topkima::topk
