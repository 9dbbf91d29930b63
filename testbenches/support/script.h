// SPDX-License-Identifier: Apache-2.0
#pragma once
// A process that a test writes down step by step: waits for cycles, sends register accesses.

#include <tlm_utils/simple_initiator_socket.h>

#include <functional>
#include <systemc>

#include "stage/stage.h"

namespace topkima::testbenches {

class Script : public sc_core::sc_module {
 public:
  using Steps = std::function<void(Script&)>;

  tlm_utils::simple_initiator_socket<Script> out{"out"};

  Script(const sc_core::sc_module_name& module, stage::Context& context, Steps steps)
      : sc_core::sc_module(module),
        context_(context),
        id_(context.ledger.add_label(name(), stage::kinds::input)),
        steps_(std::move(steps)) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }

  std::int64_t now() const { return context_.clock.now(); }
  void until(std::int64_t cycle) { context_.clock.spend(cycle - now()); }

  /// A register write as a block sends it: with its cause, taking effect `delay` cycles from now.
  tlm::tlm_response_status write(std::uint64_t address, std::uint32_t word,
                                 std::uint32_t sequence = 0, std::int64_t delay = 0) {
    stage::RowPayload payload;
    payload.extension.tag.sequence = sequence;
    payload.extension.from = id_;
    payload.extension.cause = context_.ledger.event(id_, stage::Ledger::start, stage::Ledger::start,
                                                    now() + delay, now() + delay);
    sc_core::sc_time annotated = context_.clock.span(delay);
    auto& transaction = payload.write(&word, sizeof word, address);
    out->b_transport(transaction, annotated);
    return transaction.get_response_status();
  }
  /// Throws unless the target answers TLM_OK_RESPONSE.
  std::uint32_t read(std::uint64_t address) {
    std::uint32_t word = 0;
    stage::RowPayload payload;
    sc_core::sc_time delay;
    auto& transaction = payload.read(&word, sizeof word, address);
    out->b_transport(transaction, delay);
    stage::expect_ok(transaction, name());
    return word;
  }

 private:
  void run() { steps_(*this); }

  stage::Context& context_;
  stage::StageId id_;
  Steps steps_;
};

}  // namespace topkima::testbenches
