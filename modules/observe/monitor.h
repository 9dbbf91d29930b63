// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stops a simulation: at a breakpoint, or when nothing moves any more.
//
// Between its wake-ups it costs a comparison per turn of a stage. It wakes up when a breakpoint, a
// stall or the watchdog may be due at the earliest, not every cycle. Woken with nothing else left
// to happen it does not set the alarm again, so a simulation that has come to a standstill ends,
// and the platform tells, as it would without a monitor; only the time of the end is later.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "observe/time_text.h"
#include "stage/stage.h"

namespace topkima::observe {

/// Where to stop.
struct Breakpoints {
  /// Rows: when their heads' score stages take them into service.
  std::vector<std::uint64_t> rows;
  std::optional<std::int64_t> cycle;
  /// A stall of more than so many cycles. A stage is stalled while it is blocked, and, if it is a
  /// stage of a head, while it is starved between its first row and its last.
  std::optional<std::int64_t> stall;

  /// Adds "row=ID" (or another name of a row, parse_row), "cycle=N", "stall=N" or a time such as
  /// "12.5us"; of several times or stalls the smallest. Throws ConfigError that begins with
  /// `option`.
  void add(const std::string& text, const stage::Clock& clock, const std::string& option,
           const Numbering& numbering = {});
  bool any() const { return !rows.empty() || cycle || stall; }
};

class Monitor : public sc_core::sc_module, public stage::LedgerObserver {
 public:
  struct Config {
    Breakpoints stop_at;
    /// Failure when no stage has turned to anything for more than so many cycles.
    std::optional<std::int64_t> watchdog;
    std::int64_t rows_per_head = 0;  ///< that each stage of a chain serves, all sequences
    std::function<bool()> done;      ///< the run is over; none: never
  };

  /// Observes the ledger of `context` from now on, if there are breakpoints.
  Monitor(const sc_core::sc_module_name& name, stage::Context& context, const Config& config);

  /// Why the simulation was stopped; none while it was not. One line.
  const std::optional<std::string>& reason() const { return reason_; }
  /// What every stage was doing then.
  const std::string& state() const { return state_; }
  /// Whether the watchdog has ended the run rather than a breakpoint.
  bool failed() const { return failed_; }

  void entered(stage::StageId stage, stage::Activity activity, const stage::RowTag& row,
               std::int64_t cycle) override;
  void ended(const stage::Span& span) override;

 private:
  void wake();
  bool over() const;
  void stop(const std::string& reason);
  void look_for_stalls(std::int64_t now);
  bool may_stall(const stage::Account& account, stage::Activity activity) const;
  void stop_at_stall(const stage::Account& account, stage::Activity activity, stage::StageId by,
                     std::int64_t since);
  std::string cycle_text(std::int64_t cycle) const;
  void set_alarm(std::int64_t now);

  stage::Context& context_;
  Microseconds us_;
  Config config_;
  std::int64_t first_expiry_ = 0;  ///< no stall can expire before
  std::optional<std::string> reason_;
  std::string state_;
  bool failed_ = false, begun_ = false;
  sc_core::sc_event alarm_;
};

}  // namespace topkima::observe
