// SPDX-License-Identifier: Apache-2.0
#include "memory/dma_writer.h"

#include "arith/requantise.h"
#include "registers/register_map.h"

namespace topkima::memory {

DmaWriter::DmaWriter(const sc_core::sc_module_name& module, stage::Context& context,
                     const std::string& name, const Config& config)
    : sc_core::sc_module(module),
      context_(context),
      config_(config),
      id_(context.ledger.add_stage(name, stage::kinds::store)),
      latency_(context.ledger.add_label(name + " latency", stage::kinds::bus_latency)),
      queue_(
          context, id_, config.queue_depth,
          stage::RowFormat::exactly(static_cast<std::size_t>(config.d_k) * sizeof(std::int32_t))),
      bytes_(static_cast<std::size_t>(config.d_k)),
      meter_(context.meter(stage::Component::dma)) {
  in.register_b_transport(this, &DmaWriter::accept);
  sc_core::sc_spawn([this] { run(); }, "run");
}

void DmaWriter::accept(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  stage::settle(delay);
  queue_.offer(payload);
}

void DmaWriter::run() {
  auto& [clock, ledger, tally] = context_;
  stage::NodeId last = stage::Ledger::start;
  for (;;) {
    const stage::Row& row = queue_.front();
    // Until its transfer begins, the store waits for the bus, which tells the ledger when it does.
    ledger.enter(id_, stage::Activity::blocked, clock.now(), row.tag, row.from);
    arith::requantise(row.as<std::int32_t>(), config_.d_k, config_.full_scale, 127, bytes_.data());
    meter_.count(row.tag, stage::Event::requantise, bytes_.size(), clock.now(), 0);
    meter_.count(row.tag, stage::Event::buffer_read_byte, row.data.size(), clock.now(), 0);
    const std::uint64_t address =
        config_.address + (row.tag.sequence % unsigned(config_.places)) * config_.stride +
        std::uint64_t{row.tag.row} * config_.d_model + std::uint64_t{row.tag.head} * config_.d_k;
    payload_.extension.tag = row.tag;
    payload_.extension.from = id_;
    payload_.extension.cause = ledger.join(row.arrived, last);
    auto& payload = payload_.write(bytes_.data(), bytes_.size(), address);
    sc_core::sc_time delay;
    bus->b_transport(payload, delay);
    stage::expect_ok(payload, name());
    last = payload_.extension.cause;
    const stage::RowTag tag = row.tag;
    ledger.enter(id_, stage::Activity::starved, clock.now(), tag);
    queue_.pop(last);
    const auto cycles = static_cast<std::int64_t>(delay.value() / clock.period().value());
    stored.write({tag, clock.now() + cycles});
    if (tag.row + 1 < static_cast<std::uint32_t>(config_.rows)) continue;
    const auto in_memory = ledger.event(latency_, last, last, cycles, clock.now() + cycles);
    command_.send(doorbell, registers::controller::doorbell.offset,
                  registers::controller::output_stored, in_memory, id_, tag, delay);
  }
}

}  // namespace topkima::memory
