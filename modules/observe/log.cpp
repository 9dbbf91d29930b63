// SPDX-License-Identifier: Apache-2.0
#include "observe/log.h"

#include <algorithm>
#include <iterator>

#include "config/errors.h"
#include "observe/glob.h"
#include "stage/instance_names.h"

namespace topkima::observe {

using stage::Activity;
using stage::RowTag;
using stage::Span;
using stage::StageId;

namespace {

LogLevel parse_level(const std::string& text, const std::string& what) {
  static const char* const names[] = {"off", "info", "debug", "trace"};
  const auto* found = std::find(std::begin(names), std::end(names), text);
  if (found == std::end(names))
    throw ConfigError(what + ": \"" + echoed(text) +
                      "\" is no level; off, info, debug and trace are");
  return static_cast<LogLevel>(found - std::begin(names));
}

std::string cycles(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " cycle" : " cycles");
}

}  // namespace

LogFilter::LogFilter(const std::string& level, const std::vector<std::string>& filters)
    : level_(parse_level(level, "log level")) {
  for (const auto& filter : filters) {
    const std::size_t equals = filter.rfind('=');
    if (equals == std::string::npos || equals == 0)
      throw ConfigError("log filter: \"" + filter + "\" is not of the form INSTANCE=LEVEL");
    filters_.emplace_back(filter.substr(0, equals),
                          parse_level(filter.substr(equals + 1), "log filter \"" + filter + "\""));
  }
}

LogLevel LogFilter::of(const std::string& instance) const {
  for (auto filter = filters_.rbegin(); filter != filters_.rend(); ++filter)
    if (matches(filter->first, instance)) return filter->second;
  return level_;
}

Log::Log(const LogFilter& filter, const stage::RowNumbers& numbers, stage::Context& context,
         const std::string& top, std::FILE* to)
    : filter_(filter),
      numbers_(numbers),
      context_(context),
      top_(top),
      to_(to),
      us_(context.clock) {
  context.ledger.observe(*this);
}

void Log::add_instance() {
  const auto stage = static_cast<StageId>(instances_.size());
  const auto& accounts = context_.ledger.accounts();
  const auto& account = context_.ledger.account(stage);
  Instance instance{LogLevel::off, top_ + "." + account.name};
  instance.level = filter_.of(instance.name);
  instance.keys = account.name == stage::kinds::write_k.name;
  instance.values = account.name == stage::kinds::write_v.name;
  const bool stores = std::any_of(accounts.begin(), accounts.end(), [](const auto& other) {
    return other.kind == stage::kinds::store.name;
  });
  instance.first = account.kind == stage::kinds::score.name;
  instance.last = account.kind == (stores ? stage::kinds::store : stage::kinds::av).name;
  instances_.push_back(std::move(instance));
}

Log::Instance& Log::instance(StageId stage) {
  while (instances_.size() <= static_cast<std::size_t>(stage)) add_instance();
  return instances_[static_cast<std::size_t>(stage)];
}

void Log::line(std::int64_t cycle, const std::string& instance, const std::optional<RowTag>& row,
               const std::string& text) {
  std::string line = us_.text(cycle);
  line.insert(0, line.size() < 12 ? 12 - line.size() : 0, ' ');
  line += " us  " + instance;
  std::size_t column = 12 + 5 + 26;
  const auto go_to_column = [&] { line.resize(std::max(line.size() + 2, column), ' '); };
  go_to_column();
  if (row)
    line += row->of_head() ? "row " + std::to_string(row->id) : "token " + std::to_string(row->row);
  column += 12;
  go_to_column();
  line += text + '\n';
  std::fwrite(line.data(), 1, line.size(), to_);
}

void Log::note(const std::string& instance, const std::optional<RowTag>& row,
               const std::string& text) {
  const std::string name = top_ + "." + instance;
  const auto known = others_.find(name);
  const LogLevel level =
      known != others_.end() ? known->second : (others_[name] = filter_.of(name));
  if (level >= LogLevel::info) line(context_.clock.now(), name, row, text);
}

void Log::entered(StageId stage, Activity activity, const RowTag& row, std::int64_t cycle) {
  const Instance& at = instance(stage);
  if (at.first && activity == Activity::busy) {
    Sequence& sequence = sequences_[row.sequence];
    if (!sequence.begun && at.level >= LogLevel::info)
      line(cycle, at.name, row,
           "first row of sequence " + std::to_string(row.sequence) + " in service");
    sequence.begun = true;
  }
  if (at.level < LogLevel::trace) return;
  const bool starved = activity == Activity::starved;
  line(cycle, at.name, starved ? std::nullopt : std::optional<RowTag>(row),
       starved                      ? "waits for a row"
       : activity == Activity::busy ? "in service"
                                    : "to be handed on");
}

void Log::ended(const Span& span) {
  const Instance& at = instance(span.stage);
  if (at.level >= LogLevel::debug) {
    std::string text = stage::name_of(span.activity);
    text += " " + cycles(span.end - span.begin) + " since " + us_.text(span.begin) + " us";
    const bool waited = span.activity != Activity::busy;
    if (waited && span.by != stage::nobody) text += ", by " + context_.ledger.name(span.by);
    // Where nobody is to blame for its wait, no row ended it either.
    const bool no_row = span.activity == Activity::starved && span.by == stage::nobody;
    line(span.end, at.name, no_row ? std::nullopt : std::optional<RowTag>(span.row), text);
  }
  if (span.activity == Activity::busy) follow(span, at);
}

void Log::follow(const Span& span, const Instance& at) {
  const bool counts = at.last || at.values || at.keys;
  if (!counts) return;
  Sequence& sequence = sequences_[span.row.sequence];
  const std::string name = "sequence " + std::to_string(span.row.sequence);
  const bool shown = at.level >= LogLevel::info;
  if (at.values) {
    ++sequence.values;
  } else if (at.keys) {
    // A key that is put into the buffer takes no time; the write of the whole does.
    if (span.end > span.begin && shown)
      line(span.end, at.name, std::nullopt,
           "K^T of " + name + " written in " + cycles(span.end - span.begin) + "; V has " +
               std::to_string(sequence.values) + " tokens");
  } else if (++sequence.rows == numbers_.heads * numbers_.rows) {
    if (shown)
      line(span.end, at.name, span.row,
           "last of " + std::to_string(sequence.rows) + " rows of " + name + " done");
    sequences_.erase(span.row.sequence);
  }
}

void Log::queued(StageId stage, const RowTag& row, int rows, std::int64_t cycle) {
  const Instance& at = instance(stage);
  if (at.level >= LogLevel::trace)
    line(cycle, at.name, row, "holds " + std::to_string(rows) + (rows == 1 ? " row" : " rows"));
}

}  // namespace topkima::observe
