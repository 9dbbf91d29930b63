// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small machine whose stages and signals do what a test writes down, with a waveform of it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>

#include "observe/wave_writer.h"
#include "support/temporary_directory.h"
#include "vcd_reader.h"

namespace topkima::testbenches {

/// Runs a function as a process.
class Player : public sc_core::sc_module {
 public:
  Player(const sc_core::sc_module_name& module, std::function<void()> play)
      : sc_core::sc_module(module), play_(std::move(play)) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }

 private:
  void run() { play_(); }

  std::function<void()> play_;
};

/// A row of head `head` with 100 rows per head, one sequence.
inline stage::RowTag head_row(std::uint16_t head, std::uint32_t row) {
  return {0, head, row, std::uint64_t{head} * 100 + row};
}

/// Two stages of head 0 and one beside the heads; probes on a counter.
struct Machine {
  stage::Context context{stage::Clock(200), stage::Ledger(false)};
  stage::StageId score = context.ledger.add_stage("head0.score", stage::kinds::score);
  stage::StageId store = context.ledger.add_stage("head0.store", stage::kinds::store);
  stage::StageId other = context.ledger.add_stage("head1.score", stage::kinds::score);
  stage::StageId bus = context.ledger.add_stage("bus.read", stage::kinds::bus_read);
  stage::StageId label = context.ledger.add_label("bus latency", stage::kinds::bus_latency);
  TemporaryDirectory place;
  observe::WaveWriter wave;
  stage::Probe valid, code, ramp, phase, columns, far;

  explicit Machine(observe::WaveOptions options, const std::string& name = "w.vcd")
      : wave(with_path(options, name), context, "soc") {
    auto& scope = wave.scope("head0.topk0");
    scope.add(valid, {"grant_valid", stage::Signal::Kind::bit});
    scope.add(code, {"code", stage::Signal::Kind::integer, 6, true});
    scope.add(ramp, {"ramp", stage::Signal::Kind::real});
    scope.add(phase, {"phase", stage::Signal::Kind::text});
    scope.add(columns, {"columns", stage::Signal::Kind::bits, 70});
    wave.scope("head1.topk0").add(far, {"code", stage::Signal::Kind::integer, 8});
  }
  observe::WaveOptions with_path(observe::WaveOptions options, const std::string& name) const {
    options.path = place / name;
    return options;
  }

  void play(std::function<void()> script) {
    player = std::make_unique<Player>("player", std::move(script));
    sc_core::sc_start();
  }
  void until(std::int64_t cycle) { context.clock.spend(cycle - context.clock.now()); }
  Dump finish(std::int64_t end) {
    context.ledger.close(end);
    wave.finish(end);
    return read_dump(place.read("w.vcd"));
  }
  /// A row through both stages of head 0: 10 cycles of service each, from `cycle` on. `in_cycle`
  /// is called in each cycle of the score.
  void pass(std::int64_t cycle, std::uint32_t number,
            const std::function<void(std::int64_t)>& in_cycle = {}) {
    using stage::Activity;
    auto& ledger = context.ledger;
    const auto row = head_row(0, number);
    until(cycle);
    ledger.queue(score, row, 1, cycle);
    ledger.enter(score, Activity::busy, cycle, row, label);
    for (const std::int64_t end = cycle + 10; cycle < end; until(++cycle))
      if (in_cycle) in_cycle(cycle);
    ledger.enter(score, Activity::blocked, cycle, row);
    ledger.queue(store, row, 1, cycle);
    ledger.enter(store, Activity::busy, cycle, row, score);
    ledger.enter(score, Activity::starved, cycle, {}, store);
    ledger.queue(score, row, 0, cycle);
    until(cycle + 10);
    ledger.enter(store, Activity::starved, cycle + 10, row);
    ledger.queue(store, row, 0, cycle + 10);
  }

  std::unique_ptr<Player> player;
};

}  // namespace topkima::testbenches
