// SPDX-License-Identifier: Apache-2.0
#include "memory/dma_reader.h"

#include <algorithm>

namespace topkima::memory {

namespace reg = registers::dma;
using stage::NodeId;

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
    channel.registers.on_write = [this, &channel](const registers::Register& r, std::uint32_t,
                                                  std::uint32_t value,
                                                  tlm::tlm_generic_payload& payload) {
      if (&r != &reg::start || !(value & 1)) return;
      const auto* extension = payload.get_extension<stage::RowExtension>();
      if (channel.started)
        payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
      else
        start(channel, extension ? extension->cause : stage::Ledger::start);
    };
    control[static_cast<std::size_t>(c)].register_b_transport(this, &DmaReader::access, c);
    sc_core::sc_spawn([this, c] { fetch(c); }, sc_core::sc_gen_unique_name("fetch"));
    sc_core::sc_spawn([this, c] { deliver(c); }, sc_core::sc_gen_unique_name("deliver"));
  }
}

void DmaReader::access(int channel, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  channels_[static_cast<std::size_t>(channel)].registers.transport(payload);
}

void DmaReader::start(Channel& channel, NodeId cause) {
  const auto& registers = channel.registers;
  auto& command = channel.command;
  for (std::uint32_t d = 0; d < destination_count; ++d) {
    command.source[d] = registers.value(reg::source, d);
    command.rows[d] = registers.value(reg::rows, d);
    command.row_bytes[d] = registers.value(d == q ? reg::row_bytes : reg::kv_row_bytes);
  }
  command.destinations = registers.value(reg::destinations);
  command.sequence = registers.value(reg::sequence);
  channel.started = true;
  channel.start_cause = cause;
  channel.start.notify();
}

void DmaReader::fetch(int c) {
  Channel& channel = channels_[static_cast<std::size_t>(c)];
  for (;;) {
    while (!channel.started) sc_core::wait(channel.start);
    channel.each([&](auto& observer) { observer.started(channel.command); });
    if (channel.circuit()) channel.circuit()->start(channel.command);
    NodeId cause = channel.start_cause;
    for (std::uint32_t row = 0; row < channel.command.all_rows(); ++row) {
      while (channel.count == channel.ring.size()) sc_core::wait(channel.room);
      const auto place = (channel.first + channel.count) % channel.ring.size();
      cause = context_.ledger.wait_for(cause, channel.ring[place].freed);
      fetch_row(c, row, cause);
    }
    while (channel.count > 0) sc_core::wait(channel.room);
    channel.started = false;
  }
}

void DmaReader::fetch_row(int c, std::uint32_t row, NodeId& cause) {
  Channel& channel = channels_[static_cast<std::size_t>(c)];
  Fetched& fetched = channel.ring[(channel.first + channel.count) % channel.ring.size()];
  fetched.tag = {};
  fetched.tag.sequence = channel.command.sequence;
  fetched.tag.row = row;
  sc_core::sc_time latency;
  for (std::size_t d = 0; d < destination_count; ++d)
    if (channel.command.reads(row, d)) latency = read(c, fetched, d, cause);
  const auto cycles = static_cast<std::int64_t>(latency.value() / context_.clock.period().value());
  fetched.ready_at = context_.clock.now() + cycles;
  fetched.ready = context_.ledger.event(latency_, cause, cause, cycles, fetched.ready_at);
  ++channel.count;
  channel.fetched.notify();
}

sc_core::sc_time DmaReader::read(int c, Fetched& fetched, std::size_t d, NodeId& cause) {
  Channel& channel = channels_[static_cast<std::size_t>(c)];
  const auto& tag = fetched.tag;
  const std::uint32_t bytes = channel.command.row_bytes[d];
  std::uint64_t address = channel.command.address_of(tag.row, d);
  if (auto* circuit = channel.circuit()) {
    const std::int64_t begun = context_.clock.now();
    address = circuit->ask(tag, d);
    cause = own_cycles(channel, cause, begun);
  }
  channel.each([&](auto& observer) { observer.asked(tag, d); });
  fetched.data[d].resize(bytes);
  channel.read.extension.cause = cause;
  channel.read.extension.tag = tag;
  channel.read.extension.beats = channel.beats();
  auto& payload = channel.read.read(fetched.data[d].data(), bytes, address);
  sc_core::sc_time latency;
  bus[static_cast<std::size_t>(c)]->b_transport(payload, latency);
  stage::expect_ok(payload, name());
  channel.each([&](auto& observer) { observer.fetched(tag, d); });
  cause = channel.read.extension.cause;
  meter_.count(tag, stage::Event::buffer_write_byte, bytes, meter_.cycle(latency), 0);
  return latency;
}

NodeId DmaReader::own_cycles(const Channel& channel, NodeId cause, std::int64_t begun) {
  const std::int64_t now = context_.clock.now();
  return now > begun ? context_.ledger.event(channel.id, cause, cause, now - begun, now) : cause;
}

void DmaReader::deliver(int c) {
  Channel& channel = channels_[static_cast<std::size_t>(c)];
  NodeId last = stage::Ledger::start;
  for (;;) {
    while (channel.count == 0) sc_core::wait(channel.fetched);
    Fetched& fetched = channel.ring[channel.first];
    context_.clock.spend(fetched.ready_at - context_.clock.now());
    last = context_.ledger.join(fetched.ready, last);
    for (std::size_t d = 0; d < destination_count; ++d)
      if (channel.command.wants(fetched.tag.row, d)) hand_on(channel, fetched, d, last);
    fetched.freed = last;
    channel.first = (channel.first + 1) % channel.ring.size();
    --channel.count;
    channel.room.notify();
  }
}

void DmaReader::hand_on(Channel& channel, const Fetched& fetched, std::size_t d, NodeId& last) {
  const auto& tag = fetched.tag;
  const unsigned char* bytes = fetched.data[channel.command.read_for(tag.row, d)].data();
  const std::size_t size = channel.command.row_bytes[d];
  meter_.count(tag, stage::Event::buffer_read_byte, size, context_.clock.now(), 0);
  if (auto* circuit = channel.circuit()) {
    const std::int64_t begun = context_.clock.now();
    bytes = circuit->offer(tag, d);
    last = own_cycles(channel, last, begun);
  }
  channel.each([&](auto& observer) { observer.offered(tag, d, bytes); });
  channel.write.extension.tag = tag;
  channel.write.extension.from = channel.id;
  channel.write.extension.cause = last;
  auto& payload = channel.write.write(bytes, size);
  sc_core::sc_time delay;
  destinations[d]->b_transport(payload, delay);
  stage::expect_ok(payload, name());
  last = channel.write.extension.cause;
  if (channel.circuit()) channel.circuit()->taken(tag, d);
  channel.each([&](auto& observer) { observer.taken(tag, d); });
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
