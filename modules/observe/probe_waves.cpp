// SPDX-License-Identifier: Apache-2.0
#include "observe/probe_waves.h"

#include <algorithm>
#include <cstring>
#include <systemc>

#include "config/errors.h"

namespace topkima::observe {

using stage::Signal;

void ProbeWaves::add(stage::Probe& probe, const std::string& scope, const Signal& signal) {
  Live live;
  live.wave = {scope, signal, vcd_id(signals_.size())};
  live.wave.signal.name = vcd_word(signal.name);
  int& width = live.wave.signal.width;
  width = signal.kind == Signal::Kind::bit ? 1 : std::max(signal.width, 1);
  if (signal.kind == Signal::Kind::integer) width = std::min(width, 64);
  if (signal.kind == Signal::Kind::bits) {
    live.words_now.resize(static_cast<std::size_t>(width + 63) / 64);
    live.words_next = live.words_now;
  }
  // What is beyond the width is not shown and makes no change.
  const bool whole = signal.kind == Signal::Kind::real || width % 64 == 0;
  live.mask = whole ? ~std::uint64_t{0} : (std::uint64_t{1} << (width % 64)) - 1;
  if (!names_.insert(scope + "." + live.wave.signal.name).second)
    throw ConfigError(scope + ": two signals are named " + live.wave.signal.name);
  append_unknown(live.in_force, live.wave);
  probe.connect(*this, static_cast<int>(signals_.size()));
  signals_.push_back(std::move(live));
}

void ProbeWaves::keep(const std::function<bool(const std::string&)>& kept) {
  for (auto& live : signals_) live.kept = kept(live.wave.scope);
}

ProbeWaves::Live& ProbeWaves::touch(int signal) {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  if (now != instant_) {
    end_instant();
    instant_ = now;
  }
  Live& live = signals_[static_cast<std::size_t>(signal)];
  if (!live.touched && live.kept) {
    live.touched = true;
    touched_.push_back(signal);
  }
  return live;
}

void ProbeWaves::change(int signal, std::int64_t value) {
  Live& live = touch(signal);
  const bool bit = live.wave.signal.kind == Signal::Kind::bit;
  live.next = static_cast<std::uint64_t>(bit ? value != 0 : value);
}

void ProbeWaves::change(int signal, double value) {
  value += 0.0;  // no negative zero
  std::memcpy(&touch(signal).next, &value, sizeof value);
}

void ProbeWaves::change(int signal, const std::string& text) { touch(signal).text_next = text; }

void ProbeWaves::change(int signal, const std::uint64_t* words) {
  auto& next = touch(signal).words_next;
  std::copy(words, words + next.size(), next.begin());
}

std::uint64_t ProbeWaves::wanted_from() const {
  if (!window_.found()) return 0;
  const bool over = window_.full() || sc_core::sc_time_stamp().value() >= window_.to_time();
  return over ? UINT64_MAX : window_.from_time();
}

void ProbeWaves::append_value(std::string& out, const Live& live) {
  const WaveSignal& wave = live.wave;
  switch (wave.signal.kind) {
    case Signal::Kind::text: append_text(out, live.text_now, wave.id); return;
    case Signal::Kind::bits:
      append_bits(out, live.words_now.data(), wave.signal.width, wave.id);
      return;
    case Signal::Kind::real: {
      double value;
      std::memcpy(&value, &live.now, sizeof value);
      append_real(out, value, wave.id);
      return;
    }
    case Signal::Kind::bit:
    case Signal::Kind::integer:
      append_integer(out, static_cast<std::int64_t>(live.now), wave.signal.width, wave.id);
  }
}

bool ProbeWaves::take_value(Live& live) {
  live.touched = false;
  const bool known = live.known;
  live.known = true;
  switch (live.wave.signal.kind) {
    case Signal::Kind::text:
      live.text_next = vcd_word(std::move(live.text_next));
      if (known && live.text_next == live.text_now) return false;
      live.text_now = live.text_next;
      return true;
    case Signal::Kind::bits:
      live.words_next.back() &= live.mask;
      if (known && live.words_next == live.words_now) return false;
      live.words_now = live.words_next;
      return true;
    case Signal::Kind::bit:
    case Signal::Kind::integer:
    case Signal::Kind::real: break;
  }
  live.next &= live.mask;
  if (known && live.next == live.now) return false;
  live.now = live.next;
  return true;
}

void ProbeWaves::start_anew() {
  origin_ = window_.origin();
  window_.start_anew();
  body_.clear();
  recent_.clear();
  for (auto& live : signals_) {
    live.wave.first_change = UINT64_MAX;
    if (!live.known) continue;
    live.in_force.clear();
    append_value(live.in_force, live);
  }
}

void ProbeWaves::end_instant() {
  // The clock was started after the first changes: there was no cycle yet that could be shown.
  if (window_.origin() != origin_) start_anew();
  for (const int signal : touched_) {
    Live& live = signals_[static_cast<std::size_t>(signal)];
    if (!take_value(live) || !live.kept) continue;
    line_.clear();
    append_value(line_, live);
    if (window_.found())
      deliver(instant_, live, line_);
    else
      recent_.push_back({instant_, signal, line_});
  }
  touched_.clear();
  write_block(instant_);
  if (recent_.empty() || window_.horizon() < 0) return;
  const std::uint64_t over = window_.time_of(window_.horizon());
  for (; !recent_.empty() && recent_.front().time <= over; recent_.pop_front())
    signals_[static_cast<std::size_t>(recent_.front().signal)].in_force = recent_.front().line;
}

void ProbeWaves::window_found() {
  std::uint64_t time = 0;
  for (const auto& change : recent_) {
    if (change.time != time) write_block(time);
    time = change.time;
    Live& live = signals_[static_cast<std::size_t>(change.signal)];
    if (live.kept) deliver(time, live, change.line);
  }
  write_block(time);
  recent_.clear();
}

void ProbeWaves::deliver(std::uint64_t time, Live& live, const std::string& line) {
  if (time <= window_.from_time()) {
    live.in_force = line;
  } else if (time < window_.to_time() && !window_.full() && window_.spend(line.size(), time)) {
    block_ += line;
    live.wave.first_change = std::min(live.wave.first_change, time);
  }
}

void ProbeWaves::write_block(std::uint64_t time) {
  // An instant is shown as a whole or not at all.
  if (!block_.empty() && time < window_.cut()) {
    const auto bytes = static_cast<std::uint64_t>(block_.size());
    body_.append(&time, sizeof time);
    body_.append(&bytes, sizeof bytes);
    body_.append(block_);
  }
  block_.clear();
}

void ProbeWaves::read(Block& block) {
  std::uint64_t bytes = 0;
  if (body_.read(&block.time, sizeof block.time) && body_.read(&bytes, sizeof bytes)) {
    block.text.resize(bytes);
    if (body_.read(block.text.data(), bytes)) return;
  }
  block.time = UINT64_MAX;
}

std::vector<const WaveSignal*> ProbeWaves::signals() const {
  std::vector<const WaveSignal*> kept;
  for (const auto& live : signals_)
    if (live.kept) kept.push_back(&live.wave);
  return kept;
}

void ProbeWaves::append_initial(std::string& out) const {
  for (const auto& live : signals_)
    if (live.kept) out += live.in_force;
}

}  // namespace topkima::observe
