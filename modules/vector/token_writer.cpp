// SPDX-License-Identifier: Apache-2.0
#include "vector/token_writer.h"

#include <cstring>

namespace topkima::vector {

TokenWriter::TokenWriter(const sc_core::sc_module_name& name, stage::Context& context,
                         const Config& config, TokenFlow& flow, ResidualBuffer& residual)
    : sc_core::sc_module(name),
      context_(context),
      config_(config),
      flow_(flow),
      residual_(residual),
      id_(context.ledger.add_stage(stage::kinds::store.name, stage::kinds::store)),
      queue_(context, id_, config.queue_depth,
             stage::RowFormat::exactly(std::size_t(config.width))),
      bytes_(row_bytes()),
      meter_(context.meter(stage::Component::dma)) {
  flow_.left.assign(std::size_t(config.sequences) * std::size_t(config.rows), 0);
  in.register_b_transport(this, &TokenWriter::accept);
  sc_core::sc_spawn([this] { run(); }, "run");
}

void TokenWriter::accept(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  stage::settle(delay);
  queue_.offer(payload);
}

void TokenWriter::run() {
  auto& [clock, ledger, tally] = context_;
  for (;;) {
    const stage::Row& row = queue_.front();
    const stage::RowTag tag = row.tag;
    // Until its transfer begins, the store waits for the bus, which tells the ledger when it does.
    ledger.enter(id_, stage::Activity::blocked, clock.now(), tag, row.from);
    std::memcpy(bytes_.data(), row.data.data(), row.data.size());
    if (config_.residual_width > 0) {
      const auto residual = residual_.pop();
      std::memcpy(bytes_.data() + config_.width, residual.data(),
                  residual.size() * sizeof residual[0]);
    }
    meter_.count(row.tag, stage::Event::buffer_read_byte, bytes_.size(), clock.now(), 0);
    const std::size_t number = std::size_t(tag.sequence) * std::size_t(config_.rows) + tag.row;
    payload_.extension.tag = tag;
    payload_.extension.from = id_;
    payload_.extension.cause = row.arrived;
    auto& payload =
        payload_.write(bytes_.data(), bytes_.size(), config_.address + number * bytes_.size());
    sc_core::sc_time latency;
    bus->b_transport(payload, latency);
    stage::expect_ok(payload, name());
    ledger.enter(id_, stage::Activity::starved, clock.now(), tag);
    queue_.pop(payload_.extension.cause);
    flow_.left[number] = meter_.cycle(latency);
    if (tag.row + 1 < static_cast<std::uint32_t>(config_.rows)) continue;
    flow_.sequences_left = tag.sequence + 1;
    flow_.sequence_left.notify();
  }
}

}  // namespace topkima::vector
