// SPDX-License-Identifier: Apache-2.0
#pragma once
// The processor that drives the SoC: runs a firmware function that sees nothing but addresses and
// the interrupt line.

#include <tlm_utils/simple_initiator_socket.h>

#include <exception>
#include <functional>
#include <systemc>
#include <tlm>

#include "stage/row.h"

namespace topkima::pipeline {

/// Something the firmware had its host do, told when it is done.
struct HostRecord {
  enum class Kind { write, read, preload, peek, interrupt };

  Kind kind;
  std::uint64_t address;
  const unsigned char* data;  ///< what was moved; valid during the call
  std::size_t bytes;          ///< none for an interrupt waited for
};

class Host : public sc_core::sc_module {
 public:
  using Firmware = std::function<void(Host&)>;

  tlm_utils::simple_initiator_socket<Host> bus{"bus"};
  sc_core::sc_in<bool> irq{"irq"};
  tlm::tlm_analysis_port<HostRecord> actions{"actions"};

  /// Runs `firmware` at the start of the simulation and stops the simulation when it returns.
  Host(const sc_core::sc_module_name& name, Firmware firmware);

  void write(std::uint64_t address, std::uint32_t word) { write(address, &word, 1); }
  /// Consecutive words, as one burst.
  void write(std::uint64_t address, const std::uint32_t* words, std::size_t count);
  std::uint32_t read(std::uint64_t address);
  /// Debug transport, for what is preloaded and not timed. Throws SimulationError when the target
  /// does not move all bytes.
  void preload(std::uint64_t address, const void* data, std::size_t bytes);
  void peek(std::uint64_t address, void* data, std::size_t bytes);
  void wait_for_interrupt();
  void wait_for(const sc_core::sc_time& span);

  /// The firmware has returned, or thrown.
  bool done() const { return done_; }
  /// What it threw, or null: an exception must not unwind through the kernel.
  std::exception_ptr failure() const { return failure_; }

 private:
  void run();
  void send(HostRecord::Kind kind, tlm::tlm_generic_payload& payload);
  void debug(HostRecord::Kind kind, tlm::tlm_generic_payload& payload);
  void tell(HostRecord::Kind kind, const tlm::tlm_generic_payload& payload);

  Firmware firmware_;
  stage::RowPayload payload_;
  bool done_ = false;
  std::exception_ptr failure_;
};

}  // namespace topkima::pipeline
