// SPDX-License-Identifier: Apache-2.0
#include "observe/monitor.h"

#include <algorithm>
#include <limits>

#include "config/errors.h"
#include "observe/machine_state.h"
#include "stage/instance_names.h"

namespace topkima::observe {

using stage::Account;
using stage::Activity;
using stage::RowTag;
using stage::Span;
using stage::StageId;

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

void keep_smallest(std::optional<std::int64_t>& kept, std::int64_t value) {
  kept = kept ? std::min(*kept, value) : value;
}

}  // namespace

void Breakpoints::add(const std::string& text, const stage::Clock& clock, const std::string& option,
                      const Numbering& numbering) {
  // A long text is repeated once, by whoever finds its part wrong.
  const std::string what = text.size() > most_echoed / 2 ? option : option + " \"" + text + "\"";
  const std::size_t equals = text.find('=');
  const std::string key = text.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
  const bool digits_only = text.find_first_not_of("0123456789") == std::string::npos;
  const bool is_time = text.find_first_of("0123456789") == 0 && !digits_only;
  if (equals == std::string::npos && is_time) {
    keep_smallest(cycle, parse_cycles(text, clock, option));
  } else if (equals != std::string::npos && key == "row") {
    rows.push_back(parse_row(value, what, numbering));
  } else if (equals != std::string::npos && (key == "cycle" || key == "stall")) {
    parse_count(value, what);  // no unit here
    keep_smallest(key == "cycle" ? cycle : stall, parse_cycles(value, clock, what));
  } else {
    throw ConfigError(option + " \"" + echoed(text) +
                      "\" is none of row=ID, cycle=N, stall=N and a time such as 12.5us");
  }
}

Monitor::Monitor(const sc_core::sc_module_name& name, stage::Context& context, const Config& config)
    : sc_core::sc_module(name), context_(context), us_(context.clock), config_(config) {
  if (config_.stop_at.stall) first_expiry_ = *config_.stop_at.stall + 1;
  // The watchdog reads when stages have turned: only breakpoints need to be told.
  if (config_.stop_at.any()) context.ledger.observe(*this);
  sc_core::sc_spawn_options when_wake;
  when_wake.spawn_method();
  when_wake.set_sensitivity(&alarm_);
  sc_core::sc_spawn([this] { wake(); }, "wake", &when_wake);
}

bool Monitor::over() const { return reason_ || (config_.done && config_.done()); }

std::string Monitor::cycle_text(std::int64_t cycle) const {
  return "cycle " + std::to_string(cycle) + " (" + us_.text(cycle) + " us)";
}

void Monitor::stop(const std::string& reason) {
  // When the accounts are closed after the run there is nothing to stop.
  if (over() || sc_core::sc_get_status() != sc_core::SC_RUNNING) return;
  reason_ = reason;
  state_ = machine_state(context_.ledger);
  sc_core::sc_stop();
}

void Monitor::entered(StageId stage, Activity activity, const RowTag& row, std::int64_t cycle) {
  if (activity == Activity::busy) {
    if (config_.stop_at.rows.empty() || !row.of_head()) return;
    const auto& rows = config_.stop_at.rows;
    const Account& account = context_.ledger.account(stage);
    if (account.kind == stage::kinds::score.name &&
        std::find(rows.begin(), rows.end(), row.id) != rows.end())
      stop(row_name(row) + " taken into service by " + account.name + " in " + cycle_text(cycle));
  } else if (config_.stop_at.stall && cycle + *config_.stop_at.stall + 1 < first_expiry_) {
    first_expiry_ = cycle + *config_.stop_at.stall + 1;  // a wait that began in the past
    if (begun_ && !over()) set_alarm(context_.clock.now());
  }
}

void Monitor::ended(const Span& span) {
  if (!config_.stop_at.stall || span.end - span.begin <= *config_.stop_at.stall) return;
  // It ends in the very cycle in which it became too long, before the monitor has woken up.
  const Account& account = context_.ledger.account(span.stage);
  if (may_stall(account, span.activity)) stop_at_stall(account, span.activity, span.by, span.begin);
}

bool Monitor::may_stall(const Account& account, Activity activity) const {
  if (activity != Activity::starved) return activity == Activity::blocked;
  std::string stage;
  return account.rows > 0 && account.rows < config_.rows_per_head &&
         stage::head_of(account.name, stage) >= 0;
}

void Monitor::stop_at_stall(const Account& account, Activity activity, StageId by,
                            std::int64_t since) {
  const std::string cause = by == stage::nobody ? "" : " by " + context_.ledger.name(by);
  const std::int64_t limit = *config_.stop_at.stall;
  stop(account.name + " " + stage::name_of(activity) + cause + " for more than " +
       std::to_string(limit) + (limit == 1 ? " cycle" : " cycles") + ", since " +
       cycle_text(since));
}

void Monitor::look_for_stalls(std::int64_t now) {
  const std::int64_t limit = *config_.stop_at.stall;
  first_expiry_ = now + limit + 1;  // of a wait that begins now
  for (const auto& account : context_.ledger.accounts()) {
    if (!account.accounted || !may_stall(account, account.activity)) continue;
    const bool blocked = account.activity == Activity::blocked;
    if (now - account.since <= limit)
      first_expiry_ = std::min(first_expiry_, account.since + limit + 1);
    else
      stop_at_stall(account, account.activity, blocked ? account.refused_by : stage::nobody,
                    account.since);
  }
}

void Monitor::wake() {
  if (over()) return;
  // The alarm was all that kept the simulation going: it has come to a standstill, and ends.
  if (begun_ && !sc_core::sc_pending_activity()) return;
  begun_ = true;
  const std::int64_t now = context_.clock.now();
  if (config_.stop_at.cycle && now >= *config_.stop_at.cycle) stop(cycle_text(now) + " reached");
  const std::int64_t last = context_.ledger.last_turn();
  if (config_.watchdog && now - last > *config_.watchdog && !over()) {
    failed_ = true;
    stop("no stage has turned to anything for more than " + std::to_string(*config_.watchdog) +
         " cycles, since " + cycle_text(last));
  }
  if (config_.stop_at.stall && now >= first_expiry_) look_for_stalls(now);
  if (!over()) set_alarm(now);
}

void Monitor::set_alarm(std::int64_t now) {
  std::int64_t next = config_.stop_at.cycle.value_or(never);
  if (config_.watchdog) next = std::min(next, context_.ledger.last_turn() + *config_.watchdog + 1);
  if (config_.stop_at.stall) next = std::min(next, first_expiry_);
  if (next == never) return;
  alarm_.notify(next > now ? context_.clock.time_of(next) - sc_core::sc_time_stamp()
                           : sc_core::SC_ZERO_TIME);
}

}  // namespace topkima::observe
