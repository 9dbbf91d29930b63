// SPDX-License-Identifier: Apache-2.0
#include "observe/wave_dump.h"

#include <algorithm>
#include <set>

#include "config/errors.h"

namespace topkima::observe {
namespace {

/// Those of a block in the order in which it lists them; what is within RTL behind its pins, by
/// name.
bool before(const WaveSignal* a, const WaveSignal* b) {
  if (a->scope != b->scope) return before_in_tree(a->scope, b->scope);
  if (a->signal.inner != b->signal.inner) return b->signal.inner;
  return a->signal.inner && before_in_tree(a->signal.name, b->signal.name);
}

}  // namespace

Grants::Grants(const std::vector<const WaveSignal*>& signals, const std::string& scope,
               std::uint64_t from, std::uint64_t to, std::uint64_t period)
    : from_(from), to_(to), period_(period) {
  for (const auto* wave : signals)
    if (wave->signal.name == "grant_valid" && wave->scope.compare(0, scope.size(), scope) == 0)
      lines_.push_back({"1" + wave->id + "\n", "0" + wave->id + "\n"});
}

void Grants::see(const ProbeWaves::Block& block) {
  if (lines_.empty() || block.time < from_ || block.time > to_) return;
  const auto holds = [&block](const std::string& line) {
    const std::size_t at = block.text.find("\n" + line);
    return at != std::string::npos || block.text.compare(0, line.size(), line) == 0;
  };
  for (auto& line : lines_) {
    if (block.time < to_ && holds(line.rises)) {
      first_ = std::min(first_, block.time);
      last_ = std::max(last_, block.time);
      line.high = true;
    } else if (line.high && holds(line.falls)) {
      last_ = std::max(last_, block.time - period_);
      line.high = false;
    }
  }
}

std::uint64_t Grants::last() const {
  for (const auto& line : lines_)
    if (line.high) return std::max(last_, to_ - period_);
  return last_;
}

void WaveDump::collect(const ProbeWaves& probes, StageWaves& stages, LevelWaves& levels) {
  stages.name_signals(probes.count());
  signals_ = stages.signals();
  levels.name_signals(probes.count() + signals_.size());
  const auto known = levels.signals();
  signals_.insert(signals_.end(), known.begin(), known.end());
  const auto live = probes.signals();
  signals_.insert(signals_.end(), live.begin(), live.end());
  std::stable_sort(signals_.begin(), signals_.end(), before);
  std::set<std::string> names;
  for (const auto* wave : signals_)
    if (!names.insert(wave->scope + "." + wave->signal.name).second)
      throw SimulationError(wave->full_name() + ": a stage and a probe have this name");
}

void WaveDump::write(files::OutputFile& file, ProbeWaves& probes, StageWaves& stages,
                     LevelWaves& levels, files::OutputFile& body, const WaveWindow& window,
                     Grants& grants) {
  constexpr std::int64_t room_for_end = 24;
  end_ = std::min(window.to_time(), window.cut());
  cut_ = window.cut() < window.to_time();
  std::string text = vcd_header(signals_);
  append_time(text, window.from_time());
  text += "$dumpvars\n";
  probes.append_initial(text);
  stages.append_initial(text);
  levels.append_initial(text);
  file.append(text + "$end\n");

  body.rewind();
  ProbeWaves::Block block;
  probes.read(block);
  std::string lines;
  for (;;) {
    const std::uint64_t stage_time = stages.next_time();
    const std::uint64_t level_time = levels.next_time();
    const std::uint64_t time = std::min({stage_time, level_time, block.time});
    if (time >= end_) break;
    lines.clear();
    if (stage_time == time) stages.take_changes(lines);
    if (level_time == time) levels.take_changes(lines);
    if (block.time == time) {
      lines += block.text;
      grants.see(block);
      probes.read(block);
    }
    if (lines.empty()) continue;
    text.clear();
    append_time(text, time);
    text += lines;
    if (file.size() + static_cast<std::int64_t>(text.size()) + room_for_end > window.max_bytes()) {
      cut_ = true;
      end_ = time;
      break;
    }
    file.append(text);
  }
  text.clear();
  append_time(text, end_);
  file.append(text);
}

}  // namespace topkima::observe
