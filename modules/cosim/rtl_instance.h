// SPDX-License-Identifier: Apache-2.0
#pragma once
// One block of RTL in the simulation: its pins, its clock, its reset.
//
// The clock's rising edges lie on the machine's cycle boundaries. It runs while somebody holds it,
// one edge beyond, and stands still otherwise: RTL must not need a clock while no handshake is
// under way, nor while a complete row waits to be taken. Inputs change in the cycle's first deltas,
// behind the edge, in whatever order the machine's processes come. Whether a handshake has
// transferred is therefore looked at in the middle of the cycle: outputs are then those that the
// edge which ends the cycle will sample. At the start of the simulation a block is reset, two edges
// long, and in no time.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/errors.h"
#include "config/rtl_blocks.h"
#include "cosim/inner_signals.h"
#include "cosim/rtl_model.h"
#include "stage/clock.h"
#include "stage/probe.h"
#include "stage/row_tag.h"

namespace topkima::cosim {

/// Says that RTL does what it must not: `does`, "grants column 300", where `expected`, "255 is the
/// last".
struct RtlError : SimulationError {
  RtlError(const std::string& message, std::string deed, std::string due)
      : SimulationError(message), does(std::move(deed)), expected(std::move(due)) {}
  std::string does, expected;
};

class RtlInstance : public sc_core::sc_module {
 public:
  /// The simulation fails after `timeout` cycles without an answer. Throws ConfigError when the
  /// pins are not those of the contract.
  RtlInstance(const sc_core::sc_module_name& name, const stage::Clock& clock, const RtlInfo& info,
              std::int64_t timeout, AtStart registers = AtStart::random);

  /// The pin of that name. Throws SimulationError when there is none.
  Pin& pin(const std::string& name);
  const RtlInfo& info() const { return info_; }
  AtStart at_start() const { return at_start_; }
  /// Null where the library does not count.
  const RtlCounters* counters() const { return model_->counters(); }
  /// The block whose pins the RTL has. An adapter of another block's puts one of its parts to work.
  /// Throws SimulationError for a block that is not of the project's own table.
  config::Block block() const;
  const RtlParameters& parameters() const { return parameters_; }
  std::int64_t timeout() const { return timeout_; }
  /// Throws an RtlError that says what the RTL does in `row`, which gave it `inputs`.
  [[noreturn]] void fail(const stage::RowTag& row, const std::string& inputs,
                         const std::string& does, const std::string& expected) const;
  /// How many rows have left the union, in a block with counters and union.
  std::int64_t rows_left = 0;
  /// A hand-off between two stages of rows that lie in the RTL both.
  struct HandOff {
    bool inside = false;     ///< It is one: the stage behind it is in the RTL, too.
    bool full = false;       ///< The stage behind it has a row.
    sc_core::sc_event left;  ///< That row leaves in this cycle.
  };
  /// That of a ready pin.
  HandOff& hand_off(const Pin& ready) { return hand_offs_[&ready]; }

  // All of these are called from a process, and those that wait do so in it.

  /// For what takes no time: waits until the block has been reset and configured.
  void be_ready() {
    while (preparing_) sc_core::wait(prepared_);
  }
  /// Lets an edge pass in no time, after which outputs have settled; nobody may hold the block.
  void edge_in_no_time();

  /// Starts the clock if it stands still: `row` is worked on.
  void hold(const stage::RowTag& row);
  /// Gives the clock up: it is not needed beyond the edge that ends this cycle.
  void release();
  /// Waits until the edge of this instant has passed and its outputs are there.
  void pass_edge();
  /// Waits until combinational outputs follow what was driven. Other processes may still drive
  /// other inputs of this cycle.
  void settle();
  /// Waits until all have driven their inputs of this cycle and outputs are those that the edge
  /// which ends it will sample: what a handshake does is known from here on.
  void middle_of_cycle();
  /// The same where only inputs that are driven at the cycle's beginning count, and in time for
  /// what is decided in its middle.
  void quarter_of_cycle();
  /// Calls `look` at the edge that ends this cycle; outputs are then those that it samples.
  void at_edge(std::function<void()> look) { looks_.push_back(std::move(look)); }
  /// Lets the cycle end; on return the next one has begun and its edge has passed.
  void next_cycle();
  /// Sets a bit of an input to 1 for this cycle only.
  void pulse(Pin& pin, int bit = 0);
  /// Has `write` called whenever the block is about to be held and nobody has held it. It may drive
  /// pins, and returns whether an edge is to take them in, which costs no time; then it is called
  /// again.
  void configure(std::function<bool()> write) { write_ = std::move(write); }

  /// Declares a signal for every field of every pin.
  void declare_probes(stage::ProbeScope& scope);
  /// Follows what goes on within the RTL, where something of that is shown; before the simulation.
  void follow_inner();
  /// What goes on within the RTL. Of RTL that follow_inner() was called for, when the simulation
  /// starts, it may be asked what there is.
  InnerSignals& inner() { return inner_; }
  /// Shows an input that has been driven to waveforms.
  void show(Pin& pin);

 private:
  void run();
  void reset();
  void prepare();
  bool declare_probes(Pin& pin, stage::ProbeScope& scope);
  void show_all();
  void look_within();

  struct Pulse {
    Pin* pin;
    int bit;
  };
  /// One field of a pin.
  struct Shown {
    Pin* pin;
    int offset;  ///< In bits.
    stage::Signal::Kind kind;
    stage::Probe probe;
    std::vector<std::uint64_t> words;  ///< The value of a wide field.
  };

  const stage::Clock& clock_;
  const RtlInfo& info_;
  RtlParameters parameters_;
  std::int64_t timeout_;
  AtStart at_start_;
  std::unique_ptr<RtlModel> model_;
  InnerSignals inner_;
  Pin *clk_ = nullptr, *rst_ = nullptr;
  int holds_ = 0;
  stage::RowTag row_;              ///< The last that somebody has held the clock for.
  std::int64_t needed_until_ = 0;  ///< The cycle at whose start the last edge is due.
  bool preparing_ = true;          ///< It is being reset or configured.
  std::function<bool()> write_;
  std::map<const Pin*, HandOff> hand_offs_;
  sc_core::sc_event wake_, prepared_, evaluated_;
  std::vector<Pulse> pulses_;
  std::vector<std::function<void()>> looks_;
  std::vector<std::unique_ptr<Shown>> shown_;
};

}  // namespace topkima::cosim
