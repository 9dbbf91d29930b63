// SPDX-License-Identifier: Apache-2.0
#pragma once
// One run of a machine, whichever it is: resolves the configuration, gives the machine its context,
// binds in observers and RTL, simulates, judges how the simulation ended and gathers what it found.

#include <functional>
#include <optional>
#include <string>

#include "config/machine_kind.h"
#include "cosim/cosimulation.h"
#include "energy/technology.h"
#include "head/attention_head.h"
#include "pipeline/host.h"
#include "report/recorder.h"
#include "report/run_result.h"
#include "run/observation.h"
#include "run/observers.h"
#include "workload/workload.h"

namespace topkima::platforms {

/// A breakpoint has been reached: the run ends there, without results.
struct Stopped {
  std::string text;  ///< why, what every stage was doing, and what the observers have to tell
};

/// First make the session, then the machine on its `config` and `context`; simulate() and finish(),
/// while the machine is still there.
class Session {
 public:
  /// Resolves `settings` (every `auto` is replaced). Throws ConfigError. All arguments must outlive
  /// it.
  Session(const config::MachineKind& machine, config::Settings& settings,
          const workload::Workload& workload, const Observation& observation);

  config::MachineConfig config;
  stage::Context context;

  /// Simulates until `host` is done. `trace` declares the machine's signals for waveforms.
  /// Throws what the firmware threw; ConfigError for what cannot be observed or written;
  /// SimulationError, with the state of every stage, when nothing can happen any more or the
  /// watchdog says so; Stopped at a breakpoint; Diverged, if so configured, where RTL beside a
  /// model differs from it. What observers have written by then is kept.
  /// `soc`: what the machine has beside its heads, if it is a SoC.
  void simulate(const pipeline::Host& host, sc_core::sc_vector<AttentionHead>& heads,
                const std::function<void(const Scopes&)>& trace,
                const std::optional<SocParts>& soc = std::nullopt);
  /// After simulate(): all results but those that only one platform has.
  report::RunResult finish(const Ending& ending);

 private:
  void run_to_the_end(const pipeline::Host& host);
  std::optional<Diverged> divergence() const;
  void weigh(report::RunResult& run);

  const config::MachineKind& machine_;
  config::Settings& settings_;
  const workload::Workload& workload_;
  const Observation& observation_;
  energy::Technology technology_;
  std::optional<report::Recorder> recorder_;
  std::optional<report::RowTimes> row_times_;
  std::optional<Observers> observers_;
  std::optional<Cosimulation> cosimulation_;
  std::optional<Coverage> coverage_;
};

}  // namespace topkima::platforms
