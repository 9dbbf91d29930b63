// SPDX-License-Identifier: Apache-2.0
#include "pipeline/host.h"

#include "config/errors.h"

namespace topkima::pipeline {

Host::Host(const sc_core::sc_module_name& name, Firmware firmware)
    : sc_core::sc_module(name), firmware_(std::move(firmware)) {
  sc_core::sc_spawn([this] { run(); }, "run");
}

void Host::run() {
  try {
    firmware_(*this);
  } catch (const Error&) {
    failure_ = std::current_exception();
  }
  done_ = true;
  sc_core::sc_stop();
}

void Host::send(HostRecord::Kind kind, tlm::tlm_generic_payload& payload) {
  sc_core::sc_time delay;
  bus->b_transport(payload, delay);
  stage::expect_ok(payload, name());
  tell(kind, payload);
}

void Host::write(std::uint64_t address, const std::uint32_t* words, std::size_t count) {
  send(HostRecord::Kind::write, payload_.write(words, count * sizeof *words, address));
}

std::uint32_t Host::read(std::uint64_t address) {
  std::uint32_t word = 0;
  send(HostRecord::Kind::read, payload_.read(&word, sizeof word, address));
  return word;
}

void Host::debug(HostRecord::Kind kind, tlm::tlm_generic_payload& payload) {
  if (bus->transport_dbg(payload) != payload.get_data_length())
    throw SimulationError(std::string(name()) + ": debug access to address " +
                          std::to_string(payload.get_address()) + " failed");
  tell(kind, payload);
}

void Host::preload(std::uint64_t address, const void* data, std::size_t bytes) {
  debug(HostRecord::Kind::preload, payload_.write(data, bytes, address));
}

void Host::peek(std::uint64_t address, void* data, std::size_t bytes) {
  debug(HostRecord::Kind::peek, payload_.read(data, bytes, address));
}

void Host::wait_for_interrupt() {
  while (!irq.read()) sc_core::wait(irq.posedge_event());
  actions.write({HostRecord::Kind::interrupt, 0, nullptr, 0});
}

void Host::wait_for(const sc_core::sc_time& span) {
  if (span > sc_core::SC_ZERO_TIME) sc_core::wait(span);
}

void Host::tell(HostRecord::Kind kind, const tlm::tlm_generic_payload& payload) {
  actions.write({kind, payload.get_address(), payload.get_data_ptr(), payload.get_data_length()});
}

}  // namespace topkima::pipeline
