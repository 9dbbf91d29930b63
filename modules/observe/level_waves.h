// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signals that are known only when the run is over: real numbers, one per interval of time.

#include <cstdint>
#include <string>
#include <vector>

#include "observe/vcd_text.h"
#include "observe/wave_window.h"

namespace topkima::observe {

/// `values[i]` holds from cycle i * interval on.
struct Levels {
  std::string scope, name;
  std::int64_t interval;  ///< cycles; the same of all
  std::vector<double> values;
};

class LevelWaves {
 public:
  explicit LevelWaves(WaveWindow& window) : window_(window) {}

  /// Those of the run, all of one interval; the window has been found.
  void set(const std::vector<Levels>& levels);
  /// Gives the signals their short names, from the `first`th on.
  void name_signals(std::size_t first);
  std::vector<const WaveSignal*> signals() const;

  /// The lines of the values in force when the window opens. Must be called before:
  void append_initial(std::string& out);
  /// Time of the next changes, UINT64_MAX behind the last.
  std::uint64_t next_time() const;
  /// Their lines, which may be none.
  void take_changes(std::string& out);

 private:
  struct Signal {
    const Levels* levels;
    WaveSignal wave;
  };

  void append(std::string& out, const Signal& signal, std::size_t interval) const;

  WaveWindow& window_;
  std::vector<Signal> signals_;
  std::size_t next_ = 0, count_ = 0;  ///< intervals
};

}  // namespace topkima::observe
