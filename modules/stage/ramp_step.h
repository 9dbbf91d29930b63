// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a ramp tells of each of its steps, at cycle fidelity, and how it is sent and taken.

#include <cstdint>
#include <vector>

#include "stage/clock.h"
#include "stage/row.h"

namespace topkima::stage {

/// Cycle fidelity, ramp ADC -> top-k counter: the ramp has made a step. The payload is the crossing
/// vector: a write of 64-bit words, bit j % 64 of word j / 64 set where the comparator of column j
/// fires. b_transport returns when every request has been granted: that holds the ramp.
struct RampStep : tlm::tlm_extension<RampStep> {
  enum class Kind {
    arm,  ///< before the first step: clears the counter; returns when the ramp may start
    step,
    last,  ///< the ramp ends with this step
  };
  RowTag tag;
  Kind kind = Kind::arm;
  std::int32_t code = 0;          ///< where the ramp stands
  std::int32_t participants = 0;  ///< comparators that are on
  bool stop = false;              ///< out: the conversion is over

  /// Told in the last cycle of the step that it ends there, by RTL's handshake: a ramp whose own
  /// registers are clocked must know before b_transport returns.
  class Accepted {
   public:
    virtual ~Accepted() = default;
    /// `stop`: of the counter.
    virtual void accepted(bool stop) = 0;
  };
  Accepted* listener = nullptr;  ///< may be null

  tlm::tlm_extension_base* clone() const override { return new RampStep(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const RampStep&>(other);
  }
};

/// The transaction of a step; its owner keeps it for the length of the simulation.
class StepPayload {
 public:
  StepPayload() { payload_.set_extension(&step); }
  ~StepPayload() { payload_.clear_extension(&step); }
  StepPayload(const StepPayload&) = delete;
  StepPayload& operator=(const StepPayload&) = delete;

  /// Takes `step` with the crossing vector `fired` to `target`, in the caller's process, and spends
  /// the time that passes there. `fired` is not written to.
  template <class Socket>
  void send(Socket& target, const std::vector<std::uint64_t>& fired) {
    step.stop = false;
    sc_core::sc_time delay;
    target->b_transport(prepare(fired), delay);
    settle(delay);
  }
  tlm::tlm_response_status response() const { return payload_.get_response_status(); }

  RampStep step;

 private:
  tlm::tlm_generic_payload& prepare(const std::vector<std::uint64_t>& fired);

  tlm::tlm_generic_payload payload_;
};

/// Takes a step of a ramp over at most `columns` columns: its crossing vector goes to `fired`. Null
/// and an error response where the transaction is no such write.
RampStep* accept_step(tlm::tlm_generic_payload& payload, std::size_t columns,
                      std::vector<std::uint64_t>& fired);

}  // namespace topkima::stage
