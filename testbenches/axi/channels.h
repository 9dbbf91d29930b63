// SPDX-License-Identifier: Apache-2.0
#pragma once
// The manager's end of AXI channels in plain SystemC: senders offer beats and receivers take them,
// each clocked by itself and as eager or as hesitant as a test wants; and a checker of what AXI
// asks of both ends.

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <systemc>
#include <vector>

namespace topkima::testbenches {

inline const sc_core::sc_time clock_period(10, sc_core::SC_NS);

/// Rising edges are multiples of the period, and numbered.
inline std::int64_t cycle_now() {
  return static_cast<std::int64_t>(sc_core::sc_time_stamp() / clock_period);
}

using Line = sc_core::sc_signal<bool>;
using Clock = sc_core::sc_signal_inout_if<bool>;

/// Offers beats in order. Between them its data pins show `noise`.
template <typename Beat>
class Sender : public sc_core::sc_module {
 public:
  Sender(const sc_core::sc_module_name& name, const Clock& clk, const Line& rst, Line& valid,
         const Line& ready, const Beat& noise, std::function<void(const Beat&)> put)
      : sc_core::sc_module(name),
        rst_(rst),
        valid_(valid),
        ready_(ready),
        noise_(noise),
        put_(std::move(put)) {
    sc_core::sc_spawn_options when_tick;
    when_tick.spawn_method();
    when_tick.set_sensitivity(&clk.posedge_event());
    when_tick.dont_initialize();
    sc_core::sc_spawn([this] { tick(); }, "tick", &when_tick);
  }

  std::function<int()> gap = [] { return 0; };  ///< idle cycles before the next beat
  std::vector<std::int64_t> taken;              ///< the edge of each handshake

  void push(const Beat& beat) { beats_.push_back(beat); }
  /// Beats that have not been taken.
  std::size_t pending() const { return beats_.size(); }

 private:
  void tick() {
    if (rst_.read()) {
      beats_.clear();
      valid_.write(offering_ = false);
      return;
    }
    if (offering_ && ready_.read()) {
      taken.push_back(cycle_now());
      beats_.pop_front();
      offering_ = false;
      gap_ = gap();
      put_(noise_);
    }
    if (!offering_ && !beats_.empty() && gap_-- <= 0) {
      put_(beats_.front());
      offering_ = true;
    }
    valid_.write(offering_);
  }

  const Line& rst_;
  Line& valid_;
  const Line& ready_;
  Beat noise_;
  std::function<void(const Beat&)> put_;
  std::deque<Beat> beats_;
  bool offering_ = false;
  int gap_ = 0;
};

/// Takes beats and keeps them.
template <typename Beat>
class Receiver : public sc_core::sc_module {
 public:
  Receiver(const sc_core::sc_module_name& name, const Clock& clk, const Line& rst,
           const Line& valid, Line& ready, std::function<Beat()> get)
      : sc_core::sc_module(name), rst_(rst), valid_(valid), ready_(ready), get_(std::move(get)) {
    sc_core::sc_spawn_options when_tick;
    when_tick.spawn_method();
    when_tick.set_sensitivity(&clk.posedge_event());
    when_tick.dont_initialize();
    sc_core::sc_spawn([this] { tick(); }, "tick", &when_tick);
  }

  std::function<bool()> willing = [] { return true; };  ///< READY after this edge
  std::vector<Beat> beats;
  std::vector<std::int64_t> taken;  ///< the edge of each handshake

 private:
  void tick() {
    if (!rst_.read() && valid_.read() && ready_.read()) {
      beats.push_back(get_());
      taken.push_back(cycle_now());
    }
    ready_.write(!rst_.read() && willing());
  }

  const Line& rst_;
  const Line& valid_;
  Line& ready_;
  std::function<Beat()> get_;
};

/// Sees to it that a channel that has offered a beat keeps it until it is taken, that VALID is low
/// in reset, and that the subordinate's pins change just after rising edges.
class ProtocolChecker : public sc_core::sc_module {
 public:
  ProtocolChecker(const sc_core::sc_module_name& name, const Clock& clk, const Line& rst)
      : sc_core::sc_module(name), rst_(rst) {
    sc_core::sc_spawn_options when_tick;
    when_tick.spawn_method();
    when_tick.set_sensitivity(&clk.posedge_event());
    when_tick.dont_initialize();
    sc_core::sc_spawn([this] { tick(); }, "tick", &when_tick);
  }

  std::vector<std::string> violations;

  /// To be called for every channel before the simulation; `data`: the signals beside VALID, READY.
  template <typename... Data>
  void watch(const std::string& channel, const Line& valid, const Line& ready,
             const Data&... data) {
    channels_.push_back({channel, valid, ready, [&data...] {
                           return std::vector<std::uint64_t>{std::uint64_t(data.read())...};
                         }});
  }
  template <typename... Signals>
  void watch_outputs(const Signals&... signals) {
    sc_core::sc_spawn_options when_changed;
    when_changed.spawn_method();
    (when_changed.set_sensitivity(&signals.value_changed_event()), ...);
    when_changed.dont_initialize();
    sc_core::sc_spawn([this] { changed(); }, sc_core::sc_gen_unique_name("changed"), &when_changed);
  }

 private:
  struct Channel {
    std::string name;
    const Line& valid;
    const Line& ready;
    std::function<std::vector<std::uint64_t>()> data;
    bool held = false;
    std::vector<std::uint64_t> offered = {};
  };

  void complain(const Channel& channel, const char* what) {
    violations.push_back("edge " + std::to_string(cycle_now()) + ": " + channel.name + what);
  }
  void tick() {
    last_edge_ = sc_core::sc_time_stamp();
    for (auto& channel : channels_) {
      const bool valid = channel.valid.read();
      if (in_reset_ && valid) complain(channel, " is valid in reset");
      if (!in_reset_ && channel.held && !valid) complain(channel, " was withdrawn");
      if (!in_reset_ && channel.held && valid && channel.data() != channel.offered)
        complain(channel, " changed before it was taken");
      channel.held = valid && !channel.ready.read();
      if (channel.held) channel.offered = channel.data();
    }
    in_reset_ = rst_.read();
  }
  void changed() {
    if (sc_core::sc_time_stamp() != last_edge_)
      violations.push_back("a pin changed away from a rising edge, at " +
                           sc_core::sc_time_stamp().to_string());
  }

  const Line& rst_;
  std::vector<Channel> channels_;
  sc_core::sc_time last_edge_ = sc_core::sc_max_time();
  bool in_reset_ = false;
};

}  // namespace topkima::testbenches
