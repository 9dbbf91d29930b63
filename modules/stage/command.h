// SPDX-License-Identifier: Apache-2.0
#pragma once
// A 32-bit register write by one block to another, with its cause: commands and doorbells.

#include <cstdint>

#include "stage/row.h"

namespace topkima::stage {

class Command {
 public:
  /// Writes `value` to `address` through `socket`, as of `delay` from now. Throws SimulationError
  /// when the target refuses.
  template <typename Socket>
  void send(Socket& socket, std::uint64_t address, std::uint32_t value, NodeId cause, StageId from,
            const RowTag& tag, sc_core::sc_time delay = sc_core::SC_ZERO_TIME) {
    value_ = value;
    payload_.extension.cause = cause;
    payload_.extension.from = from;
    payload_.extension.tag = tag;
    auto& payload = payload_.write(&value_, sizeof value_, address);
    socket->b_transport(payload, delay);
    expect_ok(payload, socket.name());
  }

 private:
  std::uint32_t value_ = 0;
  RowPayload payload_;
};

}  // namespace topkima::stage
