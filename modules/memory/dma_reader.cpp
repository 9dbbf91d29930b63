// SPDX-License-Identifier: Apache-2.0
#include "memory/dma_reader.h"

#include <algorithm>

namespace topkima::memory {

namespace reg = registers::dma;
using stage::NodeId;

namespace {

std::uint32_t row_bytes(const registers::RegisterFile& registers, std::uint32_t destination) {
  return registers.value(destination == DmaReader::q ? reg::row_bytes : reg::kv_row_bytes);
}

}  // namespace

DmaReader::DmaReader(const sc_core::sc_module_name& name, stage::Context& context,
                     const Config& config)
    : sc_core::sc_module(name),
      context_(context),
      latency_(context.ledger.add_label("read latency", stage::kinds::bus_latency)),
      meter_(context.meter(stage::Component::dma)) {
  const char* const names[] = {"dma.load", "dma.query"};
  for (int c = 0; c < channel_count; ++c) {
    Channel& channel = channels_[static_cast<std::size_t>(c)];
    channel.id = context.ledger.add_label(names[c], stage::kinds::dma);
    channel.ring.resize(static_cast<std::size_t>(config.prefetch_rows));
    for (auto& row : channel.ring)
      for (auto& buffer : row.data) buffer.reserve(config.largest_row);
    channel.registers.on_write = [&channel](const registers::Register& r, std::uint32_t,
                                            std::uint32_t value,
                                            tlm::tlm_generic_payload& payload) {
      if (&r != &reg::start || !(value & 1)) return;
      const auto* extension = payload.get_extension<stage::RowExtension>();
      if (channel.started) {
        payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        return;
      }
      channel.started = true;
      channel.start_cause = extension ? extension->cause : stage::Ledger::start;
      channel.start.notify();
    };
    control[static_cast<std::size_t>(c)].register_b_transport(this, &DmaReader::access, c);
    sc_core::sc_spawn([this, c] { fetch(c); }, sc_core::sc_gen_unique_name("fetch"));
    sc_core::sc_spawn([this, c] { deliver(c); }, sc_core::sc_gen_unique_name("deliver"));
  }
}

void DmaReader::access(int channel, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  channels_[static_cast<std::size_t>(channel)].registers.transport(payload);
}

void DmaReader::fetch(int c) {
  Channel& channel = channels_[static_cast<std::size_t>(c)];
  for (;;) {
    while (!channel.started) sc_core::wait(channel.start);
    const std::uint32_t enabled = channel.registers.value(reg::destinations);
    std::uint32_t rows = 0;
    for (std::uint32_t d = 0; d < destination_count; ++d)
      if (enabled >> d & 1) rows = std::max(rows, channel.registers.value(reg::rows, d));
    NodeId cause = channel.start_cause;
    for (std::uint32_t row = 0; row < rows; ++row) {
      while (channel.count == channel.ring.size()) sc_core::wait(channel.room);
      const auto place = (channel.first + channel.count) % channel.ring.size();
      cause = context_.ledger.wait_for(cause, channel.ring[place].freed);
      cause = fetch_row(c, row, cause);
    }
    while (channel.count > 0) sc_core::wait(channel.room);
    channel.started = false;
  }
}

NodeId DmaReader::fetch_row(int c, std::uint32_t row, NodeId cause) {
  Channel& channel = channels_[static_cast<std::size_t>(c)];
  const auto& registers = channel.registers;
  Fetched& fetched = channel.ring[(channel.first + channel.count) % channel.ring.size()];
  fetched.tag = {};
  fetched.tag.sequence = registers.value(reg::sequence);
  fetched.tag.row = row;
  sc_core::sc_time latency;
  for (std::uint32_t d = 0; d < destination_count; ++d) {
    fetched.buffer[d] = -1;
    if (!(registers.value(reg::destinations) >> d & 1) || row >= registers.value(reg::rows, d))
      continue;
    const std::uint32_t source = registers.value(reg::source, d), bytes = row_bytes(registers, d);
    for (std::uint32_t before = 0; before < d && fetched.buffer[d] < 0; ++before)
      if (fetched.buffer[before] >= 0 && registers.value(reg::source, before) == source &&
          row_bytes(registers, before) == bytes)
        fetched.buffer[d] = fetched.buffer[before];
    if (fetched.buffer[d] >= 0) continue;
    fetched.buffer[d] = static_cast<int>(d);
    fetched.data[d].resize(bytes);
    channel.read.extension.cause = cause;
    channel.read.extension.tag = fetched.tag;
    auto& payload =
        channel.read.read(fetched.data[d].data(), bytes, source + std::uint64_t{row} * bytes);
    latency = sc_core::SC_ZERO_TIME;
    bus[static_cast<std::size_t>(c)]->b_transport(payload, latency);
    stage::expect_ok(payload, name());
    cause = channel.read.extension.cause;
    meter_.count(fetched.tag, stage::Event::buffer_write_byte, bytes, meter_.cycle(latency), 0);
  }
  const auto cycles = static_cast<std::int64_t>(latency.value() / context_.clock.period().value());
  fetched.ready_at = context_.clock.now() + cycles;
  fetched.ready = context_.ledger.event(latency_, cause, cause, cycles, fetched.ready_at);
  ++channel.count;
  channel.fetched.notify();
  return cause;
}

void DmaReader::deliver(int c) {
  Channel& channel = channels_[static_cast<std::size_t>(c)];
  NodeId last = stage::Ledger::start;
  for (;;) {
    while (channel.count == 0) sc_core::wait(channel.fetched);
    const Fetched& fetched = channel.ring[channel.first];
    context_.clock.spend(fetched.ready_at - context_.clock.now());
    auto& extension = channel.write.extension;
    extension.tag = fetched.tag;
    extension.from = channel.id;
    last = context_.ledger.join(fetched.ready, last);
    for (std::size_t d = 0; d < destination_count; ++d) {
      if (fetched.buffer[d] < 0) continue;
      const auto& data = fetched.data[static_cast<std::size_t>(fetched.buffer[d])];
      extension.cause = last;
      meter_.count(fetched.tag, stage::Event::buffer_read_byte, data.size(), context_.clock.now(),
                   0);
      auto& payload = channel.write.write(data.data(), data.size());
      sc_core::sc_time delay;
      destinations[d]->b_transport(payload, delay);
      stage::expect_ok(payload, name());
      last = extension.cause;
    }
    channel.ring[channel.first].freed = last;
    channel.first = (channel.first + 1) % channel.ring.size();
    --channel.count;
    channel.room.notify();
  }
}

std::string DmaReader::state() const {
  std::string text;
  for (const auto& channel : channels_)
    text += std::string(text.empty() ? "" : "\n") + name() + ": " +
            context_.ledger.name(channel.id) + (channel.started ? " busy, " : " idle, ") +
            std::to_string(channel.count) + " rows read ahead";
  return text;
}

}  // namespace topkima::memory
