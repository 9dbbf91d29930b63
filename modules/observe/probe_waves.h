// SPDX-License-Identifier: Apache-2.0
#pragma once
// The changes of probes, written down as they come: the last value of an instant, if it differs
// from the one before.

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "files/output_file.h"
#include "observe/vcd_text.h"
#include "observe/wave_window.h"
#include "stage/probe.h"

namespace topkima::observe {

class ProbeWaves : public stage::SignalSink {
 public:
  /// Changes in the window go to `body`, one block of dump text per instant.
  ProbeWaves(WaveWindow& window, files::OutputFile& body) : window_(window), body_(body) {}

  /// Shows `probe` as a signal of instance `scope`. Throws ConfigError for a second one of a name.
  void add(stage::Probe& probe, const std::string& scope, const stage::Signal& signal);
  /// Drops the signals of all other instances, from the start of the window on.
  void keep(const std::function<bool(const std::string& scope)>& kept);
  /// The window has been found: what lies in it so far is written.
  void window_found();

  void change(int signal, std::int64_t value) override;
  void change(int signal, double value) override;
  void change(int signal, const std::string& text) override;
  void change(int signal, const std::uint64_t* words) override;
  std::uint64_t wanted_from() const override;

  /// The last instant is over, nothing comes after it.
  void finish() { end_instant(); }
  /// Signals added, kept or not.
  std::size_t count() const { return signals_.size(); }
  std::vector<const WaveSignal*> signals() const;
  /// The lines of the values in force when the window opens.
  void append_initial(std::string& out) const;

  // The blocks, in order.
  struct Block {
    std::uint64_t time = UINT64_MAX;
    std::string text;
  };
  /// The next one; its time is UINT64_MAX behind the last.
  void read(Block& block);

 private:
  struct Live {
    bool kept = true;
    bool touched = false;  ///< in this instant
    bool known = false;
    std::uint64_t mask = 0;
    std::uint64_t now = 0, next = 0;  ///< of a real: its bits
    WaveSignal wave;
    std::string text_now, text_next;
    std::vector<std::uint64_t> words_now, words_next;
    std::string in_force;  ///< line with the value when the window opens
  };
  /// Kept as long as the window may still open before it.
  struct Recent {
    std::uint64_t time;
    int signal;
    std::string line;
  };

  Live& touch(int signal);
  void end_instant();
  void start_anew();
  /// Whether a touched signal has another value than before.
  static bool take_value(Live& live);
  static void append_value(std::string& out, const Live& live);
  void deliver(std::uint64_t time, Live& live, const std::string& line);
  void write_block(std::uint64_t time);

  WaveWindow& window_;
  files::OutputFile& body_;
  std::vector<Live> signals_;
  std::unordered_set<std::string> names_;  ///< in full
  std::vector<int> touched_;
  std::uint64_t instant_ = 0, origin_ = 0;
  std::string line_, block_;
  std::deque<Recent> recent_;
};

}  // namespace topkima::observe
