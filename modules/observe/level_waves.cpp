// SPDX-License-Identifier: Apache-2.0
#include "observe/level_waves.h"

#include <algorithm>
#include <cmath>

namespace topkima::observe {

void LevelWaves::set(const std::vector<Levels>& levels) {
  for (const auto& one : levels) {
    Signal signal{&one, {}};
    signal.wave.scope = one.scope;
    signal.wave.signal = {one.name, stage::Signal::Kind::real};
    signals_.push_back(signal);
    count_ = std::max(count_, one.values.size());
  }
}

void LevelWaves::name_signals(std::size_t first) {
  for (auto& signal : signals_) signal.wave.id = vcd_id(first++);
}

std::vector<const WaveSignal*> LevelWaves::signals() const {
  std::vector<const WaveSignal*> all;
  for (const auto& signal : signals_) all.push_back(&signal.wave);
  return all;
}

void LevelWaves::append(std::string& out, const Signal& signal, std::size_t interval) const {
  const auto& values = signal.levels->values;
  append_real(out, interval < values.size() ? values[interval] : std::nan(""), signal.wave.id);
}

void LevelWaves::append_initial(std::string& out) {
  if (signals_.empty()) return;
  const auto interval = std::size_t(window_.from() / signals_.front().levels->interval);
  for (const auto& signal : signals_) append(out, signal, interval);
  next_ = interval + 1;
}

std::uint64_t LevelWaves::next_time() const {
  if (next_ >= count_) return UINT64_MAX;
  return window_.time_of(std::int64_t(next_) * signals_.front().levels->interval);
}

void LevelWaves::take_changes(std::string& out) {
  const std::uint64_t time = next_time();
  for (auto& signal : signals_) {
    const auto& values = signal.levels->values;
    if (values[next_] == values[next_ - 1]) continue;
    append(out, signal, next_);
    signal.wave.first_change = std::min(signal.wave.first_change, time);
  }
  ++next_;
}

}  // namespace topkima::observe
