// SPDX-License-Identifier: Apache-2.0
#include "memory/bus.h"

#include <algorithm>

#include "arith/fixed_point.h"
#include "stage/instance_names.h"

namespace topkima::memory {

Bus::Bus(const sc_core::sc_module_name& name, stage::Context& context, const Config& config)
    : sc_core::sc_module(name),
      context_(context),
      config_(config),
      meter_(context.meter(stage::Component::bus)),
      memory_meter_(context.meter(stage::Component::memory)) {
  ports.register_b_transport(this, &Bus::transport);
  ports.register_transport_dbg(this, &Bus::debug);
  for (std::size_t d = 0; d < directions_.size(); ++d) {
    Direction& direction = directions_[d];
    direction.id = context.ledger.add_stage(stage::kinds::buses[d]->name, *stage::kinds::buses[d]);
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(&direction.arbitrate);
    sc_core::sc_spawn([this, &direction] { arbitrate(direction); },
                      sc_core::sc_gen_unique_name("arbiter"), &options);
  }
}

void Bus::end_of_elaboration() {
  for (auto& direction : directions_)
    for (unsigned port = 0; port < ports.size(); ++port)
      direction.requests.push_back(std::make_unique<Request>());
}

void Bus::request_arbitration(Direction& direction, std::int64_t cycle) {
  const auto half = sc_core::sc_time::from_value(context_.clock.period().value() / 2);
  // In the middle of `cycle`, seen from the middle or the beginning of the present one.
  const auto now = context_.clock.now();
  const auto into_cycle = sc_core::sc_time_stamp() - context_.clock.time_of(now);
  direction.arbitrate.notify(context_.clock.span(cycle - now) + half - into_cycle);
}

void Bus::arbitrate(Direction& direction) {
  const std::int64_t now = context_.clock.now();
  if (now < direction.free_at) {
    request_arbitration(direction, direction.free_at);
    return;
  }
  if (direction.waiting == 0) return;
  const std::size_t count = direction.requests.size();
  std::size_t port = direction.turn;
  while (!direction.requests[port]->waiting) port = (port + 1) % count;
  Request& winner = *direction.requests[port];
  direction.turn = (port + 1) % count;
  winner.waiting = false;
  winner.start = now;
  direction.free_at = now + winner.beats;
  winner.granted.notify();
  context_.ledger.enter(direction.id, stage::Activity::busy, now, winner.tag);
  // Up to here the requester was blocked by the bus; the transfer is its own work.
  if (winner.from != stage::nobody)
    context_.ledger.enter(winner.from, stage::Activity::busy, now, winner.tag, direction.id);
  if (--direction.waiting > 0) request_arbitration(direction, direction.free_at);
}

/// What crosses the bus the memory behind it moves, which does not know when.
void Bus::count(const tlm::tlm_generic_payload& payload, const Request& request) const {
  using stage::Event;
  meter_.count(request.tag, Event::bus_beat, std::uint64_t(request.beats), request.start,
               request.beats);
  memory_meter_.count(request.tag,
                      payload.is_write() ? Event::memory_write_byte : Event::memory_read_byte,
                      payload.get_data_length(), request.start, request.beats);
}

void Bus::transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (payload.get_data_length() == 0) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  stage::settle(delay);
  auto* extension = payload.get_extension<stage::RowExtension>();
  auto& [clock, ledger, tally] = context_;
  Direction& direction = directions_[payload.is_write() ? 1 : 0];
  Request& request = *direction.requests[static_cast<std::size_t>(port)];
  if (request.beats > 0) {  // a second initiator behind one port
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
    return;
  }
  request.beats = arith::ceil_div(payload.get_data_length(), config_.bytes_per_cycle);
  request.tag = extension ? extension->tag : stage::RowTag{};
  request.from = extension ? extension->from : stage::nobody;
  ledger.queue(direction.id, request.tag, ++direction.held, clock.now());
  request.waiting = true;
  ++direction.waiting;
  if (extension) ledger.refuse(direction.id, extension->from);  // until the grant
  request_arbitration(direction, std::max(clock.now(), direction.free_at));
  sc_core::wait(request.granted);
  count(payload, request);
  // The grant comes in the middle of the first cycle of the transfer.
  if (config::clocked(config_.fidelity))
    transfer(port, request, payload);
  else
    sc_core::wait(clock.time_of(request.start + request.beats) - sc_core::sc_time_stamp());

  // A requester without causes is not part of the graph; its transfer then begins a new chain.
  const stage::NodeId cause =
      extension ? extension->cause
                : ledger.event(direction.id, stage::Ledger::start, stage::Ledger::start,
                               request.start, request.start);
  direction.last = ledger.event(direction.id, cause, direction.last, request.beats, clock.now());
  ledger.enter(direction.id, stage::Activity::starved, clock.now(), request.tag);
  ledger.queue(direction.id, request.tag, --direction.held, clock.now());
  if (extension) {
    extension->cause = direction.last;
    extension->taken_by = direction.id;
  }
  request.beats = 0;
  if (!config::clocked(config_.fidelity)) memory->b_transport(payload, delay);
  delay += clock.span(config_.latency_cycles);
}

void Bus::transfer(int port, const Request& request, tlm::tlm_generic_payload& payload) {
  const Direction& direction = directions_[payload.is_write() ? 1 : 0];
  const auto* extension = payload.get_extension<stage::RowExtension>();
  auto* listener = extension ? extension->beats : nullptr;
  if (listener) listener->granted();
  tlm::tlm_generic_payload beat;
  beat.set_command(payload.get_command());
  direction.valid.set(true);
  direction.port.set(port);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  for (std::int64_t b = 0; b < request.beats; ++b) {
    const auto first = static_cast<unsigned>(b * config_.bytes_per_cycle);
    const auto bytes =
        std::min(static_cast<unsigned>(config_.bytes_per_cycle), payload.get_data_length() - first);
    direction.beat.set(b);
    direction.address.set(payload.get_address() + first);
    sc_core::wait(context_.clock.time_of(request.start + b + 1) - sc_core::sc_time_stamp());
    if (!payload.is_response_ok()) continue;  // the bus is occupied all the same
    beat.set_address(payload.get_address() + first);
    beat.set_data_ptr(payload.get_data_ptr() + first);
    beat.set_data_length(bytes);
    beat.set_streaming_width(bytes);
    beat.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay;
    memory->b_transport(beat, delay);
    payload.set_response_status(beat.get_response_status());
    if (listener && payload.is_response_ok())
      listener->crossed(payload.get_data_ptr() + first, bytes);
  }
  direction.valid.set(false);
}

void Bus::declare_probes(stage::ProbeScope& read_scope, stage::ProbeScope& write_scope) {
  if (!config::clocked(config_.fidelity)) return;
  using Kind = stage::Signal::Kind;
  stage::ProbeScope* const scopes[] = {&read_scope, &write_scope};
  for (std::size_t d = 0; d < directions_.size(); ++d) {
    Direction& direction = directions_[d];
    scopes[d]->add(direction.valid, {"valid", Kind::bit});
    scopes[d]->add(direction.port, {"port", Kind::integer, 13});
    scopes[d]->add(direction.beat, {"beat", Kind::integer, 32});
    scopes[d]->add(direction.address, {"address", Kind::integer, 40});
    direction.valid.set(false);
    for (auto* probe : {&direction.port, &direction.beat, &direction.address}) probe->set(0);
  }
}

unsigned Bus::debug(int, tlm::tlm_generic_payload& payload) {
  return memory->transport_dbg(payload);
}

}  // namespace topkima::memory
