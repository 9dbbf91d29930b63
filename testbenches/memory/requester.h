// SPDX-License-Identifier: Apache-2.0
#pragma once
// A bus master for tests: makes its requests one after the other and notes when each was served.

#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>
#include <vector>

#include "stage/stage.h"

namespace topkima::testbenches {

struct BusRequest {
  std::int64_t gap;  ///< cycles after the one before was served (the first: after the start)
  bool write;
  int bytes;
};

class Requester : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Requester> out{"out"};

  /// Each request comes `deltas` delta cycles after the beginning of its cycle.
  Requester(const sc_core::sc_module_name& module, stage::Context& context,
            std::vector<BusRequest> requests, int deltas = 0)
      : sc_core::sc_module(module),
        context_(context),
        id_(context.ledger.add_label(name(), stage::kinds::source)),
        requests_(std::move(requests)),
        deltas_(deltas) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }

  std::vector<std::int64_t> served;   ///< cycle in which b_transport returned
  std::vector<std::int64_t> latency;  ///< cycles annotated
  std::vector<tlm::tlm_response_status> responses;

 private:
  void run() {
    auto& [clock, ledger, tally] = context_;
    stage::NodeId last = stage::Ledger::start;
    std::vector<unsigned char> data;
    stage::RowPayload payload;
    for (const auto& request : requests_) {
      clock.spend(request.gap);
      for (int d = 0; d < deltas_; ++d) sc_core::wait(sc_core::SC_ZERO_TIME);
      payload.extension.cause = ledger.event(id_, last, last, request.gap, clock.now());
      data.resize(static_cast<std::size_t>(request.bytes));
      auto& transaction = request.write ? payload.write(data.data(), data.size())
                                        : payload.read(data.data(), data.size(), 0);
      sc_core::sc_time delay;
      out->b_transport(transaction, delay);
      last = payload.extension.cause;
      served.push_back(clock.now());
      latency.push_back(static_cast<std::int64_t>(delay / clock.period()));
      responses.push_back(transaction.get_response_status());
    }
  }

  stage::Context& context_;
  stage::StageId id_;
  std::vector<BusRequest> requests_;
  int deltas_;
};

/// Elaborates machines that have no process of their own. Time moves by a nanosecond.
inline void elaborate() { sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_NS)); }

/// The account of that name.
inline const stage::Account& account_of(const stage::Context& context, const std::string& name) {
  for (const auto& account : context.ledger.accounts())
    if (account.name == name) return account;
  throw std::logic_error("no account " + name);
}

}  // namespace topkima::testbenches
