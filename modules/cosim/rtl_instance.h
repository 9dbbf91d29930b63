// SPDX-License-Identifier: Apache-2.0
#pragma once
// One block of RTL in the simulation: its pins, its clock, its reset.
//
// The clock's rising edges lie on the machine's cycle boundaries. It runs while somebody holds it,
// one edge beyond, and stands still otherwise: RTL must not need a clock while no handshake is
// under way, nor while a complete row waits to be taken. Inputs change in the cycle's first deltas,
// behind the edge; outputs are read a delta or two later, so that combinational paths have settled;
// what was driven is sampled by the edge that ends the cycle. At the start of the simulation
// a block is reset, two edges long, and in no time.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/errors.h"
#include "cosim/rtl_model.h"
#include "stage/clock.h"
#include "stage/probe.h"
#include "stage/row_tag.h"

namespace topkima::cosim {

/// RTL does what it must not.
struct RtlError : SimulationError {
  RtlError(const std::string& message, const std::string& deed)
      : SimulationError(message), deed(deed) {}
  std::string deed;  ///< "grants column 300"
};

class RtlInstance : public sc_core::sc_module {
 public:
  /// `timeout`: cycles without an answer after which the simulation fails. Throws ConfigError when
  /// the pins are not those of the contract.
  RtlInstance(const sc_core::sc_module_name& name, const stage::Clock& clock, const RtlInfo& info,
              std::int64_t timeout);

  /// Throws SimulationError when there is none of that name.
  Pin& pin(const std::string& name);
  const RtlInfo& info() const { return info_; }
  const RtlParameters& parameters() const { return parameters_; }
  std::int64_t timeout() const { return timeout_; }
  /// Throws RtlError: what the RTL does in `row`.
  [[noreturn]] void fail(const stage::RowTag& row, const std::string& deed) const;
  /// Of a block with counters and union: rows that have left the union.
  std::int64_t rows_left = 0;

  // All of these in a process, the waiting ones in the caller's.

  /// Starts the clock, if need be.
  void hold();
  /// The clock is not needed beyond the edge that ends this cycle.
  void release();
  /// Until the edge of this instant has passed and its outputs are there.
  void pass_edge();
  /// Until combinational outputs follow what was driven.
  void settle();
  /// Lets the cycle end: the next one has begun, its edge has passed.
  void next_cycle();
  /// Bits that are 1 in this cycle only. The pin must be an input.
  void pulse(Pin& pin, int bit = 0);
  /// `write` is called whenever the block is about to be held after nobody did: it may drive pins
  /// and returns whether an edge, in no time, is to take them in; then it is called again.
  void configure(std::function<bool()> write) { write_ = std::move(write); }

  /// Lists every pin, a signal per field.
  void declare_probes(stage::ProbeScope& scope);
  /// An input has been driven: what waveforms show of it.
  void show(Pin& pin);

 private:
  void run();
  void reset();
  void prepare();
  void edge_in_no_time();
  bool declare_probes(Pin& pin, stage::ProbeScope& scope);
  void show_all();

  struct Pulse {
    Pin* pin;
    int bit;
  };
  /// One field of a pin.
  struct Shown {
    Pin* pin;
    int offset;  ///< bits
    stage::Signal::Kind kind;
    stage::Probe probe;
    std::vector<std::uint64_t> words;  ///< of a wide one
  };

  const stage::Clock& clock_;
  const RtlInfo& info_;
  RtlParameters parameters_;
  std::int64_t timeout_;
  std::unique_ptr<RtlModel> model_;
  Pin *clk_ = nullptr, *rst_ = nullptr;
  int holds_ = 0;
  std::int64_t needed_until_ = 0;  ///< cycle at whose start the last edge is due
  bool preparing_ = true;          ///< in reset, or being configured
  std::function<bool()> write_;
  sc_core::sc_event wake_, prepared_;
  std::vector<Pulse> pulses_;
  std::vector<std::unique_ptr<Shown>> shown_;
};

}  // namespace topkima::cosim
