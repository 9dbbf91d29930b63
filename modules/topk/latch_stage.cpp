// SPDX-License-Identifier: Apache-2.0
#include "topk/latch_stage.h"

#include <algorithm>
#include <cstring>

#include "arith/ramp.h"

namespace topkima::topk {

LatchStage::LatchStage(const sc_core::sc_module_name& module, stage::Context& context,
                       const std::string& name, const Config& config)
    : Stage(module, context, name, stage::kinds::latch, config.queue_depth,
            stage::RowFormat::exactly(sizeof(std::int32_t)), config.fidelity),
      config_(config),
      places_(static_cast<std::size_t>(config.queue_depth) + 2),
      on_(std::size_t(config.columns.crossbars())),
      meter_(context.meter(stage::Component::latch)) {
  const std::size_t count = on_.size() * std::size_t(config.row_blocks);
  arrays.init(count);
  for (std::size_t a = 0; a < count; ++a) {
    const auto columns = std::size_t(config.columns.columns(int(a % on_.size())));
    registers_.push_back({columns, std::vector<std::int16_t>(places_ * columns),
                          std::vector<std::uint64_t>(places_)});
    arrays[a].register_b_transport(this, &LatchStage::latch, static_cast<int>(a));
  }
}

void LatchStage::latch(int array, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  auto& registers = registers_[std::size_t(array)];
  const std::size_t bytes = registers.columns * sizeof(std::int16_t);
  const auto* row = stage::accept_row(payload, stage::RowFormat::exactly(bytes));
  if (!row) return;
  registers.rows[registers.next % places_] = row->tag.id;
  auto* place = registers.ring.data() + registers.next++ % places_ * registers.columns;
  std::memcpy(place, payload.get_data_ptr(), bytes);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

std::int64_t LatchStage::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  // The masks switch the same comparators off in all row blocks.
  stage::RowHeader header;
  for (std::size_t c = 0; c < on_.size(); ++c) {
    const Registers& registers = of(0, c);
    on_[c] = registers.hold(row.tag)
                 ? arith::columns_on(registers.first(), config_.columns.columns(int(c)))
                 : arith::Interval{};
    header.count += on_[c].size();
  }
  auto* entries = stage::make_entry_row(output, header);
  for (std::size_t c = 0; c < on_.size(); ++c) {
    const int count = on_[c].size();
    for (int j = 0; j < count; ++j)
      entries[j] = {config_.columns.slot_at(int(c), on_[c].first + j), 0};
    for (std::size_t b = 0; count > 0 && b < std::size_t(config_.row_blocks); ++b) {
      const auto* codes = of(b, c).first() + on_[c].first;
      for (int j = 0; j < count; ++j) entries[j].code += codes[j];
    }
    entries += count;
  }
  winners.write({row.tag, stage::EntryRow(output.data()).entries, header.count});
  return config_.row_blocks > 1 ? config_.cycles : 0;
}

void LatchStage::handed_on(const stage::RowTag& row, stage::NodeId) {
  for (auto& registers : registers_)
    if (registers.hold(row)) ++registers.served;
}

void LatchStage::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  const std::int64_t cycles = serve(row, output);
  valid_.set(true);
  count_.set(stage::EntryRow(output.data()).header.count);
  context_.clock.spend(cycles);
  valid_.set(false);
}

void LatchStage::count(const stage::Row& row, const std::vector<unsigned char>& output,
                       std::int64_t begin, std::int64_t cycles) {
  const auto codes = std::uint64_t(stage::EntryRow(output.data()).header.count);
  meter_.count(row.tag, stage::Event::addition, codes * std::uint64_t(config_.row_blocks - 1),
               begin, cycles);
}

void LatchStage::declare_probes(stage::ProbeScope& scope) {
  if (!config::clocked(config_.fidelity)) return;
  scope.add(valid_, {"valid", stage::Signal::Kind::bit});
  scope.add(count_, {"codes", stage::Signal::Kind::integer, 17});
  valid_.set(false);
  count_.set(0);
}

}  // namespace topkima::topk
