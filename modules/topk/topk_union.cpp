// SPDX-License-Identifier: Apache-2.0
#include "topk/topk_union.h"

#include <cstddef>
#include <cstring>

namespace topkima::topk {

TopkUnion::TopkUnion(const sc_core::sc_module_name& module, stage::Context& context,
                     const std::string& name, const Config& config)
    : Stage(module, context, name, stage::kinds::unite, config.queue_depth,
            stage::RowFormat::exactly(sizeof(std::int32_t)), config.fidelity),
      config_(config),
      latches_(config.counters()),
      meter_(context.meter(stage::Component::unite)) {
  for (auto& latches : latches_)
    latches.ring.resize(static_cast<std::size_t>(config.queue_depth) + 2);
  crossbars.init(config.counters());
  for (std::size_t i = 0; i < crossbars.size(); ++i)
    crossbars[i].register_b_transport(this, &TopkUnion::latch, static_cast<int>(i));
}

void TopkUnion::latch(int crossbar, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const std::size_t most =
      sizeof(arith::Conversion) + static_cast<std::size_t>(config_.winners) * sizeof(arith::Winner);
  const stage::RowFormat format{sizeof(arith::Conversion), most, sizeof(arith::Winner),
                                offsetof(arith::Conversion, count)};
  const auto* row = stage::accept_row(payload, format);
  if (!row) return;
  const auto* conversion = reinterpret_cast<const arith::Conversion*>(payload.get_data_ptr());
  const auto* entries = reinterpret_cast<const arith::Winner*>(conversion + 1);
  auto& latches = latches_[static_cast<std::size_t>(crossbar)];
  auto& place = latches.ring[latches.next++ % latches.ring.size()];
  place.row = row->tag.id;
  place.winners.assign(entries, entries + conversion->count);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

const std::vector<arith::Winner>& TopkUnion::latched(const Latches& latches,
                                                     const stage::RowTag& row) const {
  return latches.hold(row) ? latches.ring[latches.served % latches.ring.size()].winners : none_;
}

void TopkUnion::handed_on(const stage::RowTag& row, stage::NodeId) {
  for (auto& latches : latches_)
    if (latches.hold(row)) ++latches.served;
}

std::int64_t TopkUnion::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  stage::RowHeader header;
  for (const auto& latches : latches_)
    header.count += static_cast<int>(latched(latches, row.tag).size());
  auto* entry = stage::make_entry_row(output, header);
  for (std::size_t i = 0; i < latches_.size(); ++i)
    for (const auto& winner : latched(latches_[i], row.tag))
      *entry++ = {config_.head_wide ? config_.columns.slot_at_address(winner.column)
                                    : config_.columns.slot_at(int(i), winner.column),
                  winner.code};
  show(row.tag, output);
  return config_.cycles;
}

void TopkUnion::show(const stage::RowTag& tag, const std::vector<unsigned char>& output) {
  const stage::EntryRow row(output.data());
  winners.write({tag, row.entries, row.header.count});
}

const std::vector<unsigned char>& TopkUnion::input_of(const stage::Row& row) {
  input_.clear();
  const auto append = [this](const void* data, std::size_t bytes) {
    const auto* first = static_cast<const unsigned char*>(data);
    input_.insert(input_.end(), first, first + bytes);
  };
  for (const auto& latches : latches_) {
    const auto& entries = latched(latches, row.tag);
    const auto count = static_cast<std::int32_t>(entries.size());
    append(&count, sizeof count);
    append(entries.data(), entries.size() * sizeof entries[0]);
  }
  return input_;
}

void TopkUnion::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  const std::int64_t cycles = serve(row, output);
  valid_.set(true);
  winner_count_.set(stage::EntryRow(output.data()).header.count);
  context_.clock.spend(cycles);
  valid_.set(false);
}

void TopkUnion::count(const stage::Row& row, const std::vector<unsigned char>& output,
                      std::int64_t begin, std::int64_t cycles) {
  const auto entries = std::uint64_t(stage::EntryRow(output.data()).header.count);
  meter_.count(row.tag, stage::Event::entry, entries, begin, cycles);
}

void TopkUnion::declare_probes(stage::ProbeScope& scope) {
  if (!config::clocked(config_.fidelity)) return;
  scope.add(valid_, {"valid", stage::Signal::Kind::bit});
  scope.add(winner_count_, {"winners", stage::Signal::Kind::integer, 17});
  valid_.set(false);
  winner_count_.set(0);
}

}  // namespace topkima::topk
