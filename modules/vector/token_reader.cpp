// SPDX-License-Identifier: Apache-2.0
#include "vector/token_reader.h"

#include <algorithm>
#include <cstring>

namespace topkima::vector {

TokenReader::TokenReader(const sc_core::sc_module_name& name, stage::Context& context,
                         const Config& config, const TokenTimes& times, TokenFlow& flow,
                         ResidualBuffer& residual)
    : sc_core::sc_module(name),
      context_(context),
      config_(config),
      times_(times),
      flow_(flow),
      residual_(residual),
      id_(context.ledger.add_label("reader", stage::kinds::dma)),
      meter_(context.meter(stage::Component::dma)) {
  sc_core::sc_spawn([this] { fetch(); }, "fetch");
  sc_core::sc_spawn([this] { deliver(); }, "deliver");
}

void TokenReader::fetch() {
  flow_.entered.assign(std::size_t(times_.sequences), 0);
  stage::RowTag tag;
  for (int s = 0; s < times_.sequences; ++s)
    for (int r = 0; r < times_.rows; ++r) {
      tag.sequence = static_cast<std::uint32_t>(s);
      tag.row = static_cast<std::uint32_t>(r);
      await(tag);
      while (fetched_.size() == std::size_t(config_.prefetch_rows)) sc_core::wait(room_);
      fetch_row(tag);
    }
}

/// Waits until the row is in memory.
void TokenReader::await(const stage::RowTag& tag) {
  auto& entered = flow_.entered[tag.sequence];
  if (is_alone(times_.arrival) && tag.row == 0) {
    while (flow_.sequences_left < tag.sequence) sc_core::wait(flow_.sequence_left);
    // What has left last is in memory after the latency of bus and memory.
    if (tag.sequence > 0) entered = flow_.left[std::size_t(tag.sequence) * times_.rows - 1];
  }
  context_.clock.spend(
      std::max<std::int64_t>(entered + times_.of(tag.sequence, tag.row) - context_.clock.now(), 0));
}

void TokenReader::fetch_row(const stage::RowTag& tag) {
  Fetched row{tag, std::vector<unsigned char>(row_bytes()), 0};
  read_.extension.tag = tag;
  const std::uint64_t number = std::uint64_t{tag.sequence} * std::uint64_t(times_.rows) + tag.row;
  auto& payload = read_.read(row.data.data(), row.data.size(), number * row.data.size());
  sc_core::sc_time latency;
  bus->b_transport(payload, latency);
  stage::expect_ok(payload, name());
  row.ready_at = meter_.cycle(latency);
  meter_.count(tag, stage::Event::buffer_write_byte, row.data.size(), row.ready_at, 0);
  fetched_.push_back(std::move(row));
  arrived_.notify();
}

void TokenReader::deliver() {
  for (;;) {
    while (fetched_.empty()) sc_core::wait(arrived_);
    const Fetched& row = fetched_.front();
    context_.clock.spend(row.ready_at - context_.clock.now());
    meter_.count(row.tag, stage::Event::buffer_read_byte, row.data.size(), context_.clock.now(), 0);
    const auto* behind = row.data.data() + config_.width;
    ResidualBuffer::Row residual(std::size_t(config_.residual_width));
    if (config_.position) {
      const auto* first = config_.position + std::size_t(row.tag.row) * config_.position_width;
      residual.assign(first, first + config_.position_width);
    } else if (!residual.empty()) {
      std::memcpy(residual.data(), behind, residual.size() * sizeof residual[0]);
    }
    residual_.push(std::move(residual));
    write_.extension.tag = row.tag;
    write_.extension.from = id_;
    write_.extension.cause = stage::Ledger::start;
    auto& payload = write_.write(row.data.data(), std::size_t(config_.width));
    sc_core::sc_time delay;
    out->b_transport(payload, delay);
    stage::expect_ok(payload, name());
    fetched_.pop_front();
    room_.notify();
  }
}

}  // namespace topkima::vector
