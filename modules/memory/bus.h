// SPDX-License-Identifier: Apache-2.0
#pragma once
// Data bus between the token memory and the DMA: one channel per direction, `bytes_per_cycle` wide.
// Requesters of a direction take turns, the lowest port first (docs/blocks/bus.md).
//
// b_transport blocks the caller until its data have crossed; the pipelined latency of memory and
// bus is added to the annotated delay, and the caller may request again before it has passed. A
// port has at most one request per direction under way. A requester that names its stage in the row
// extension (`from`) has its account turned from blocked to busy when its transfer begins.
// Arbitration happens in the middle of a cycle, when all requests of that cycle are in, so that a
// result never depends on the order of processes. Row fidelity: the data move when the transfer
// ends. Cycle fidelity: beat by beat.

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <memory>
#include <systemc>
#include <vector>

#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::memory {

class Bus : public sc_core::sc_module {
 public:
  struct Config {
    int bytes_per_cycle;
    int latency_cycles;
    stage::Fidelity fidelity = stage::Fidelity::row;
  };

  tlm_utils::multi_passthrough_target_socket<Bus> ports{"ports"};  ///< turn order: order of binding
  tlm_utils::simple_initiator_socket<Bus> memory{"memory"};

  Bus(const sc_core::sc_module_name& name, stage::Context& context, const Config& config);

  /// Cycle fidelity: a direction's beats, with port and address.
  void declare_probes(stage::ProbeScope& read_scope, stage::ProbeScope& write_scope);

 protected:
  void end_of_elaboration() override;

 private:
  struct Request {
    bool waiting = false;
    std::int64_t beats = 0;  ///< of the request under way, or 0
    std::int64_t start = 0;
    stage::RowTag tag;
    stage::StageId from = stage::nobody;
    sc_core::sc_event granted;
  };
  struct Direction {
    stage::StageId id;
    std::vector<std::unique_ptr<Request>> requests;  ///< by port
    std::size_t waiting = 0;                         ///< requests without a grant
    int held = 0;                                    ///< requests waiting or under way
    std::size_t turn = 0;                            ///< the port that is asked first
    std::int64_t free_at = 0;
    stage::NodeId last = stage::Ledger::start;
    sc_core::sc_event arbitrate;
    stage::Probe valid, port, beat, address;
  };

  void transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug(int port, tlm::tlm_generic_payload& payload);
  void arbitrate(Direction& direction);
  void count(const tlm::tlm_generic_payload& payload, const Request& request) const;
  void transfer(int port, const Request& request, tlm::tlm_generic_payload& payload);
  void request_arbitration(Direction& direction, std::int64_t cycle);

  stage::Context& context_;
  Config config_;
  std::array<Direction, 2> directions_;  ///< read, write
  stage::Meter meter_, memory_meter_;
};

}  // namespace topkima::memory
