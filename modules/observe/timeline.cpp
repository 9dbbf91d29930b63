// SPDX-License-Identifier: Apache-2.0
#include "observe/timeline.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iterator>

#include "stage/instance_names.h"

namespace topkima::observe {

using stage::Activity;
using stage::RowTag;
using stage::Span;
using stage::StageId;

namespace {

constexpr int shared_process = 1, first_head_process = 2;
/// Track ids are unique in the file, and no process has one: a viewer would take it for the
/// process's main thread.
constexpr int first_track = 100'001;
std::uint64_t track_number(StageId stage) {
  return static_cast<std::uint64_t>(std::int64_t{first_track} + stage);
}

std::uint64_t key_of(const RowTag& row) { return (std::uint64_t{row.sequence} << 32) | row.row; }

/// `text` as a JSON string.
std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) >= ' ') json += c;
  }
  return json + '"';
}

}  // namespace

Timeline::Timeline(const std::string& path, const std::optional<stage::RowRange>& only,
                   const stage::RowNumbers& numbers, stage::Context& context,
                   const std::string& top, std::int64_t max_bytes)
    : only_(only),
      numbers_(numbers),
      context_(context),
      file_(path),
      max_bytes_(max_bytes),
      text_(file_.buffer()),
      axis_("1 us shown is a cycle of " + Microseconds(context.clock).text(1) + " us") {
  text_ += "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"machine\":" + quoted(top) +
           ",\"cycle_us\":" + quoted(Microseconds(context.clock).text(1)) +
           ",\"axis\":" + quoted(axis_) + "},\"traceEvents\":[";
  context.ledger.observe(*this);
}

void Timeline::find_last_steps() {
  const auto& accounts = context_.ledger.accounts();
  last_step_.clear();
  for (const auto& account : accounts) {
    std::string name;
    const int head = stage::head_of(account.name, name);
    if (head < 0 || !account.accounted) continue;
    if (last_step_.size() <= std::size_t(head)) last_step_.resize(std::size_t(head) + 1, -1);
    int& last = last_step_[std::size_t(head)];
    last = std::max(last, stage::step_of(name));
  }
  known_accounts_ = accounts.size();
}

void Timeline::add_track() {
  if (known_accounts_ != context_.ledger.accounts().size()) find_last_steps();
  const auto stage = static_cast<StageId>(tracks_.size());
  Track track;
  track.name = context_.ledger.name(stage);
  if (track.name == stage::kinds::projection_q.name) projection_ = stage;
  const std::string account = track.name;
  const int head = stage::head_of(account, track.name);
  if (head < 0) {
    track.process = shared_process;
  } else {
    track.process = first_head_process + head;
    track.selected = !only_ || only_->has_chain(std::uint64_t(head), numbers_);
    track.way = stage::step_of(track.name);
    track.ends_way = track.way >= 0 && track.way == last_step_[std::size_t(head)];
  }
  tracks_.push_back(std::move(track));
}

Timeline::Track& Timeline::track(StageId stage) {
  while (tracks_.size() <= static_cast<std::size_t>(stage)) add_track();
  return tracks_[static_cast<std::size_t>(stage)];
}

void Timeline::name_of(const char* what, int process, int track, const std::string& name,
                       int order) {
  for (const bool sort : {false, true}) {
    begin('M', process);
    if (track > 0) number("tid", static_cast<std::uint64_t>(track));
    text_ += std::string(",\"name\":\"") + what + (sort ? "_sort_index" : "_name") +
             "\",\"args\":{" +
             (sort ? "\"sort_index\":" + std::to_string(order) : "\"name\":" + quoted(name)) + "}}";
  }
}

void Timeline::declare_process(int process, const std::string& name) {
  name_of("process", process, 0, name, process);
  begin('M', process);
  text_ += ",\"name\":\"process_labels\",\"args\":{\"labels\":" + quoted(axis_) + "}}";
}

void Timeline::declare(StageId stage, Track& track) {
  if (track.declared) return;
  track.declared = true;
  const auto process = static_cast<std::size_t>(track.process);
  if (processes_.size() <= process) processes_.resize(process + 1);
  if (!processes_[process]) {
    processes_[process] = true;
    declare_process(track.process, track.process == shared_process
                                       ? "shared"
                                       : stage::head_name(track.process - first_head_process));
  }
  // Tracks from top to bottom: as rows go.
  const auto order = stage::stage_kinds(stage::in_soc);
  const auto found = std::find_if(order.begin(), order.end(),
                                  [&](const auto* kind) { return kind->name == track.name; });
  const int place = static_cast<int>(found - order.begin());
  name_of("thread", track.process, first_track + stage, track.name,
          found == order.end() ? place + stage : place);
}

bool Timeline::asked_for(const RowTag& row) const {
  if (!only_) return true;
  return row.of_head() ? only_->holds(row) : only_->comes_from(row, numbers_);
}

void Timeline::check_size(std::int64_t cycle) {
  file_.appended();
  if (!full_at_ && file_.size() >= max_bytes_) full_at_ = cycle;
}

std::string Timeline::cut_text() const {
  if (!full_at_) return "";
  return "nothing that ends behind cycle " + std::to_string(*full_at_) + ": " +
         std::to_string(max_bytes_ / 1'000'000) +
         " MB are full; --timeline.max_mb for more, --timeline.rows for fewer rows\n";
}

void Timeline::ended(const Span& span) {
  if (full_at_) return;
  Track& track = this->track(span.stage);
  track.end = span.end;
  if (span.end == span.begin) {  // no place on a track: readers would nest it in what follows
    if (span.activity == Activity::busy && asked_for(span.row)) go_on(span);
    return;
  }
  if (only_) {
    const bool asked = asked_for(span.row);
    if (span.activity == Activity::starved) {
      // Of interest between rows that were asked for: the next span tells.
      track.held_back.reset();
      if (asked && track.shows_rows) track.held_back = span;
      return;
    }
    if (asked && track.held_back) write(*track.held_back);
    track.held_back.reset();
    if (!asked) return;
    track.shows_rows = true;
  }
  write(span);
  if (span.activity == Activity::busy) go_on(span);
  check_size(span.end);
}

void Timeline::begin(char phase, int process) {
  text_ += first_ ? "\n{\"ph\":\"" : ",\n{\"ph\":\"";
  first_ = false;
  text_ += phase;
  text_ += '"';
  number("pid", static_cast<std::uint64_t>(process));
}

void Timeline::number(const char* name, std::uint64_t value) {
  char digits[24];
  text_ += ",\"";
  text_ += name;
  text_ += "\":";
  text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void Timeline::time(const char* name, std::int64_t cycles) {
  number(name, static_cast<std::uint64_t>(cycles));
}

void Timeline::write(const Span& span) {
  Track& track = this->track(span.stage);
  declare(span.stage, track);
  begin('X', track.process);
  number("tid", track_number(span.stage));
  time("ts", span.begin);
  time("dur", span.end - span.begin);
  const char* activity = stage::name_of(span.activity);
  text_ += ",\"cat\":\"";
  text_ += activity;
  text_ += "\",\"name\":\"";
  if (span.activity == Activity::busy) {
    char digits[24];
    text_ += span.row.of_head() ? "row " : "token ";
    const std::uint64_t name = span.row.of_head() ? span.row.id : span.row.row;
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, name).ptr);
  } else {
    text_ += activity;
    if (span.by != stage::nobody) {
      text_ += " by ";
      text_ += context_.ledger.name(span.by);
    }
  }
  text_ += "\",\"args\":{";
  write_arguments(span);
  text_ += "}}";
}

void Timeline::write_arguments(const Span& span) {
  text_ += "\"from\":";
  text_ += std::to_string(span.begin);
  number("to", static_cast<std::uint64_t>(span.end));
  if (span.activity != Activity::busy) {
    text_ += ",\"by\":\"";
    text_ += context_.ledger.name(span.by);
    text_ += '"';
    // Where nobody is to blame for its wait, no row ended it either.
    if (span.activity == Activity::starved && span.by == stage::nobody) return;
  }
  if (span.row.of_head()) number("id", span.row.id);
  number("sequence", span.row.sequence);
  if (span.row.of_head()) number("head", span.row.head);
  number(span.row.of_head() ? "row" : "token", span.row.row);
}

void Timeline::go_on(const Span& span) {
  const Track& track = this->track(span.stage);
  if (span.stage == projection_) projected_[key_of(span.row)] = {span.begin};
  if (track.way < 0 || !span.row.of_head()) return;
  const auto last = under_way_.find(span.row.id);
  if (span.end == span.begin) {  // passed in no time: no span that an arrow could point at
    if (!track.ends_way || last == under_way_.end()) return;
    write_flow('f', span.row.id, last->second);
    under_way_.erase(last);
    return;
  }
  const Point here{span.stage, span.begin};
  if (last != under_way_.end()) {
    write_flow(track.ends_way ? 'f' : 't', span.row.id, here);
    if (track.ends_way)
      under_way_.erase(last);
    else
      last->second = here;
    return;
  }
  // Only now is it known for which heads the token was projected.
  const auto source = projected_.find(key_of(span.row));
  if (source == projected_.end()) {
    if (track.ends_way) return;  // nothing to point at
    write_flow('s', span.row.id, here);
  } else {
    write_flow('s', span.row.id, {projection_, source->second.cycle});
    write_flow(track.ends_way ? 'f' : 't', span.row.id, here);
    if (++source->second.heads == numbers_.heads) projected_.erase(source);
  }
  if (!track.ends_way) under_way_[span.row.id] = here;
}

void Timeline::write_flow(char phase, std::uint64_t id, const Point& point) {
  begin(phase, track(point.stage).process);
  number("tid", track_number(point.stage));
  time("ts", point.cycle);
  number("id", id);
  // Bound to the span that encloses the point, which a start is without saying so.
  text_ += phase == 's' ? ",\"cat\":\"way\",\"name\":\"way of a row\"}"
                        : ",\"cat\":\"way\",\"name\":\"way of a row\",\"bp\":\"e\"}";
}

void Timeline::queued(StageId stage, const RowTag& row, int rows, std::int64_t cycle) {
  if (full_at_) return;
  Track& track = this->track(stage);
  // Within a cycle only the last level counts.
  if (cycle > track.changed && (!only_ || present_ > 0)) write_counter(track);
  const bool came = rows > track.rows;
  const bool begins = only_ && present_ == 0 && came && asked_for(row);
  if (begins) {
    for (auto& other : tracks_) {
      other.changed = std::max(other.changed, cycle);
      write_counter(other);
    }
  }
  track.rows = rows;
  track.changed = cycle;
  if (only_ && asked_for(row) && (present_ += came ? 1 : -1) == 0)
    for (auto& other : tracks_) write_counter(other);
  check_size(cycle);
}

void Timeline::write_counter(Track& track) {
  if (track.rows == track.rows_shown || !track.selected) return;
  track.rows_shown = track.rows;
  declare(static_cast<StageId>(&track - tracks_.data()), track);
  begin('C', track.process);
  time("ts", track.changed);
  text_ += ",\"name\":\"" + track.name +
           " queue\",\"args\":{\"rows\":" + std::to_string(track.rows) + "}}";
}

void Timeline::show(const std::string& name, const std::string& unit,
                    const std::vector<Levels>& levels) {
  if (only_) return;
  const int process = first_head_process + static_cast<int>(numbers_.chains());
  declare_process(process, name);
  for (const auto& one : levels)
    for (std::size_t i = 0; i < one.values.size(); ++i) {
      if (full_at_ && std::int64_t(i) * one.interval > *full_at_) break;
      if (i > 0 && one.values[i] == one.values[i - 1]) continue;
      char value[32];
      std::snprintf(value, sizeof value, "%.6g", one.values[i]);
      begin('C', process);
      time("ts", std::int64_t(i) * one.interval);
      text_ += ",\"name\":" + quoted(one.name) + ",\"args\":{" + quoted(unit) + ":" + value + "}}";
      file_.appended();
    }
}

void Timeline::finish(std::int64_t end) {
  const auto& accounts = context_.ledger.accounts();
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const auto& account = accounts[i];
    const auto stage = static_cast<StageId>(i);
    if (!account.accounted || track(stage).end >= end || account.since >= end) continue;
    // A wait that goes on is nobody's fault yet, and a row that is awaited has no name.
    if (account.activity != Activity::starved || !only_)
      ended({stage, account.activity, stage::nobody, account.row, account.since, end});
  }
  if (!full_at_ && (!only_ || present_ > 0))
    for (auto& track : tracks_) write_counter(track);
  // Rows that did not get to the end of their way: it ends where they are.
  std::vector<std::pair<std::uint64_t, Point>> left(under_way_.begin(), under_way_.end());
  std::sort(left.begin(), left.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [id, point] : left) write_flow('f', id, point);
  text_ += "\n]}\n";
  file_.commit();
}

}  // namespace topkima::observe
