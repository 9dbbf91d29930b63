// SPDX-License-Identifier: Apache-2.0
#include "topk/sorter.h"

#include <algorithm>

#include "stage/instance_names.h"

namespace topkima::topk {
namespace {

/// Elements of the longest sorter.
int longest(const std::vector<Sorter::Part>& parts) {
  std::size_t most = 0;
  for (const auto& part : parts) most = std::max(most, part.elements.size());
  return static_cast<int>(most);
}

}  // namespace

int Sorter::Config::elements() const {
  if (k.size() == 1) return columns.slots();
  int longest = 0;
  for (int c = 0; c < columns.crossbars(); ++c) longest = std::max(longest, columns.slots_in(c));
  return longest;
}

Sorter::Sorter(const sc_core::sc_module_name& module, stage::Context& context,
               const std::string& name, const Config& config)
    : Stage(module, context, name, stage::kinds::sorter, 0,
            stage::entry_row_format(config.columns.slots()), config.fidelity),
      config_(config),
      parts_(config.k.size()),
      kept_(config.k.size()),
      lanes_(config.k.size()),
      meter_(context.meter(stage::Component::sorter)) {}

std::vector<Sorter::Part> Sorter::parts_of(const stage::RowTag& tag,
                                           const stage::EntryRow& codes) const {
  std::vector<Part> parts(config_.k.size());
  const stage::RowMask* const row_mask = mask.size() > 0 ? &mask->of(tag) : nullptr;
  const bool shared = row_mask && !row_mask->shares.empty();
  for (std::size_t p = 0; p < parts.size(); ++p)
    parts[p].k = shared ? row_mask->shares[p] : config_.k[p];
  const auto* entry = codes.entries;
  const auto* const end = entry + codes.header.count;
  for (int c = 0; c < config_.columns.crossbars(); ++c) {
    if (row_mask && !row_mask->is_live(c)) continue;
    auto& elements = parts[parts.size() == 1 ? 0 : std::size_t(c)].elements;
    const int columns = config_.columns.slots_in(c);
    for (int column = 0; column < columns; ++column)
      if (entry != end && entry->token == config_.columns.slot_at(c, column)) {
        elements.push_back({true, entry->token, entry->code});
        ++entry;
      } else {
        elements.push_back({false, 0, 0});
      }
  }
  return parts;
}

std::int64_t Sorter::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  parts_ = parts_of(row.tag, stage::EntryRow(row.data.data()));
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    const auto& elements = parts_[p].elements;
    // Of equal codes the first that came stays in front: it has the lowest address.
    auto& kept = kept_[p];
    kept.clear();
    for (std::size_t e = 0; e < elements.size(); ++e)
      if (elements[e].enabled) kept.push_back({int(e), elements[e].code});
    kept.resize(std::size_t(arith::keep_largest(kept.data(), int(kept.size()), parts_[p].k)));
    for (auto& winner : kept) winner.column = elements[std::size_t(winner.column)].token;
  }
  put(row.tag, output);
  const std::int64_t elements = longest(parts_);
  return elements == 0 ? 0 : elements * config_.interval + config_.union_cycles;
}

void Sorter::put(const stage::RowTag& tag, std::vector<unsigned char>& output) {
  stage::RowHeader header;
  for (const auto& kept : kept_) header.count += static_cast<int>(kept.size());
  auto* winner = stage::make_entry_row(output, header);
  for (const auto& kept : kept_)
    for (const auto& each : kept) *winner++ = {each.column, each.code};
  show(tag, output);
}

void Sorter::show(const stage::RowTag& tag, const std::vector<unsigned char>& output) {
  const stage::EntryRow row(output.data());
  winners.write({tag, row.entries, row.header.count});
}

void Sorter::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  parts_ = parts_of(row.tag, stage::EntryRow(row.data.data()));
  for (std::size_t p = 0; p < lanes_.size(); ++p) {
    lanes_[p].circuit.start(std::max(1, parts_[p].k));
    lanes_[p].kept.set(0);
  }
  const std::int64_t cycles = std::int64_t{longest(parts_)} * config_.interval;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    clock(cycle);
    context_.clock.spend(1);
  }
  for (std::size_t p = 0; p < lanes_.size(); ++p) {
    lanes_[p].valid.set(false);
    kept_[p] = lanes_[p].circuit.places();
  }
  if (cycles > 0) context_.clock.spend(config_.union_cycles);
  put(row.tag, output);
}

/// In cycle `cycle` of a service each sorter comes to its next column, and takes it if it has a
/// code.
void Sorter::clock(int cycle) {
  const auto number = std::size_t(cycle / config_.interval);
  const bool taken = cycle % config_.interval == config_.interval - 1;
  for (std::size_t p = 0; p < lanes_.size(); ++p) {
    auto& lane = lanes_[p];
    const auto& elements = parts_[p].elements;
    const bool valid = number < elements.size() && elements[number].enabled;
    lane.valid.set(valid);
    if (!valid) continue;
    const Element& element = elements[number];
    lane.column.set(element.token);
    lane.code.set(element.code);
    if (taken) lane.circuit.take({element.token, element.code});
    const auto& places = lane.circuit.places();
    lane.kept.set(static_cast<std::int64_t>(places.size()));
    if (!places.empty()) lane.least.set(places.back().code);
  }
}

void Sorter::count(const stage::Row& row, const std::vector<unsigned char>& output,
                   std::int64_t begin, std::int64_t cycles) {
  std::uint64_t steps = 0;
  for (const auto& part : parts_of(row.tag, stage::EntryRow(row.data.data()))) {
    const auto taken = std::count_if(part.elements.begin(), part.elements.end(),
                                     [](const Element& element) { return element.enabled; });
    steps += std::uint64_t(taken) * std::uint64_t(part.k);
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
