// SPDX-License-Identifier: Apache-2.0
#include "observe/stage_waves.h"

#include <algorithm>
#include <systemc>

namespace topkima::observe {

using stage::Activity;
using stage::Signal;
using stage::StageId;

namespace {

// The least that a span and a change of a queue add to the dump.
constexpr std::size_t span_bytes = 24, queue_bytes = 6;

/// In place of a time: the window opens, and all values are told.
constexpr std::uint64_t at_start = UINT64_MAX;

std::string scope_of(const std::string& top, const std::string& name) {
  return top + "." + vcd_word(name);
}

}  // namespace

void StageWaves::resolve(const std::function<bool(const std::string&)>& kept) {
  const auto& accounts = ledger_.accounts();
  stages_.resize(accounts.size());
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    Shown& stage = stages_[i];
    const std::string scope = scope_of(top_, accounts[i].name);
    stage.cause = vcd_word(accounts[i].name);
    stage.kept = accounts[i].accounted && kept(scope);
    stage.state = {scope, {"state", Signal::Kind::text}, {}};
    stage.cause_of = {scope, {"cause", Signal::Kind::text}, {}};
    stage.row = {scope, {"row", Signal::Kind::integer, 64}, {}};
    stage.token = {scope, {"token", Signal::Kind::integer, 32}, {}};
    stage.queue = {scope, {"queue", Signal::Kind::integer, 16}, {}};
  }
}

const std::string& StageWaves::cause_name(const Values& values) const {
  static const std::string none = "-", no_stage = "no_more_rows";
  if (values.activity == Activity::busy) return none;
  if (values.by == stage::nobody) return no_stage;
  return stages_[static_cast<std::size_t>(values.by)].cause;
}

void StageWaves::ended(const stage::Span& span) {
  shown(span.stage).booked = span.end;
  if (span.begin == span.end) return;  // a row in no time
  const auto what = static_cast<What>(span.activity);
  const std::uint64_t number = span.row.of_head() ? span.row.id : span.row.row;
  book({span.begin, number, span.stage, span.by, what, span.row.of_head()});
}

void StageWaves::queued(StageId stage, int rows, std::int64_t cycle) {
  book({cycle, static_cast<std::uint64_t>(rows), stage, stage::nobody, What::queue, false});
}

void StageWaves::book(const Entry& entry) {
  if (window_.origin() != origin_) {
    const std::int64_t booked = shown(entry.stage).booked;
    // The clock has been started and cycles count anew. What is in force stays.
    origin_ = window_.origin();
    for (const auto& earlier : entries_) apply(earlier);
    entries_.clear();
    for (auto& stage : stages_) stage.booked = 0;
    shown(entry.stage).booked = booked;
  }
  if (!shown(entry.stage).kept) return;
  const std::int64_t horizon = window_.horizon();
  if (window_.found()) {
    if (entry.cycle <= horizon) {
      apply(entry);
    } else if (entry.cycle < window_.to() && window_.time_of(entry.cycle) < window_.cut()) {
      const auto bytes = entry.what == What::queue ? queue_bytes : span_bytes;
      window_.spend(bytes, sc_core::sc_time_stamp().value());
      entries_.push_back(entry);
    }
    return;
  }
  entries_.push_back(entry);
  for (; !entries_.empty() && entries_.front().cycle <= horizon; entries_.pop_front())
    apply(entries_.front());
}

void StageWaves::window_found() {
  std::deque<Entry> inside;
  for (const auto& entry : entries_) {
    if (entry.cycle <= window_.from())
      apply(entry);
    else
      inside.push_back(entry);
  }
  entries_ = std::move(inside);
}

void StageWaves::apply(const Entry& entry) {
  Shown& stage = shown(entry.stage);
  if (!stage.kept) return;
  if (!stage.touched) {
    stage.touched = true;
    touched_.push_back(entry.stage);
  }
  Values& next = stage.next;
  if (entry.what == What::queue) {
    next.queue = static_cast<int>(entry.number);
    return;
  }
  next.activity = static_cast<Activity>(entry.what);
  next.by = entry.by;
  next.row_known = entry.what != What::starved && entry.of_head;
  next.token_known = entry.what != What::starved && !entry.of_head;
  if (next.row_known) next.row = entry.number;
  if (next.token_known) next.token = entry.number;
}

void StageWaves::finish(std::int64_t end) {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const auto& account = ledger_.accounts()[i];
    const auto id = static_cast<StageId>(i);
    if (!stages_[i].kept || stages_[i].booked >= end) continue;
    const StageId by = account.activity == Activity::blocked ? account.refused_by : stage::nobody;
    ended({id, account.activity, by, account.row, std::max(account.since, stages_[i].booked), end});
  }
  // A later entry of one stage and cycle counts.
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.cycle < b.cycle; });
}

void StageWaves::name_signals(std::size_t first) {
  for (auto& stage : stages_) {
    if (!stage.kept) continue;
    for (auto* wave : {&stage.state, &stage.cause_of, &stage.row, &stage.token, &stage.queue})
      wave->id = vcd_id(first++);
  }
}

std::vector<const WaveSignal*> StageWaves::signals() const {
  std::vector<const WaveSignal*> all;
  for (const auto& stage : stages_)
    if (stage.kept)
      all.insert(all.end(),
                 {&stage.state, &stage.cause_of, &stage.row, &stage.token, &stage.queue});
  return all;
}

std::size_t StageWaves::all_signals() const {
  constexpr std::size_t per_stage = 5;
  const auto& accounts = ledger_.accounts();
  return per_stage * static_cast<std::size_t>(
                         std::count_if(accounts.begin(), accounts.end(),
                                       [](const auto& account) { return account.accounted; }));
}

void StageWaves::append_initial(std::string& out) {
  for (const auto id : touched_) shown(id).touched = false;
  touched_.clear();
  for (auto& stage : stages_)
    if (stage.kept) append_lines(out, stage, at_start);
}

std::uint64_t StageWaves::next_time() const {
  return entries_.empty() ? UINT64_MAX : window_.time_of(entries_.front().cycle);
}

void StageWaves::take_changes(std::string& out) {
  const std::int64_t cycle = entries_.front().cycle;
  const std::uint64_t time = window_.time_of(cycle);
  for (; !entries_.empty() && entries_.front().cycle == cycle; entries_.pop_front())
    apply(entries_.front());
  for (const auto id : touched_) {
    shown(id).touched = false;
    append_lines(out, shown(id), time);
  }
  touched_.clear();
}

void StageWaves::append_lines(std::string& out, Shown& stage, std::uint64_t time) {
  const bool all = time == at_start;
  const Values &now = stage.now, &next = stage.next;
  const auto changed = [&](WaveSignal& wave) {
    if (!all) wave.first_change = std::min(wave.first_change, time);
  };
  const auto number = [&](WaveSignal& wave, bool now_known, std::uint64_t from, bool next_known,
                          std::uint64_t to) {
    if (!all && now_known == next_known && (!next_known || from == to)) return;
    changed(wave);
    if (next_known)
      append_integer(out, static_cast<std::int64_t>(to), wave.signal.width, wave.id);
    else
      append_unknown(out, wave);
  };
  if (all || now.activity != next.activity) {
    changed(stage.state);
    append_text(out, stage::name_of(next.activity), stage.state.id);
  }
  if (all || cause_name(now) != cause_name(next)) {
    changed(stage.cause_of);
    append_text(out, cause_name(next), stage.cause_of.id);
  }
  number(stage.row, now.row_known, now.row, next.row_known, next.row);
  number(stage.token, now.token_known, now.token, next.token_known, next.token);
  number(stage.queue, true, static_cast<std::uint64_t>(now.queue), true,
         static_cast<std::uint64_t>(next.queue));
  stage.now = next;
}

}  // namespace topkima::observe
