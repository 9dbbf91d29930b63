// SPDX-License-Identifier: Apache-2.0
#include "run/session.h"

#include <algorithm>
#include <cmath>
#include <iostream>

#include "observe/machine_state.h"
#include "run/interrupt.h"
#include "run/kernel.h"
#include "workload/defect_files.h"

namespace topkima::platforms {
namespace {

std::int64_t rows_of(const config::MachineConfig& config) {
  return std::int64_t{config.pipeline.sequences} * config.shape.heads * config.shape.query_rows;
}

stage::Ledger make_ledger(const config::MachineConfig& config, bool keep_causes) {
  // The graph of causes is kept for the critical path, up to so many rows of heads.
  constexpr std::int64_t most_rows = 400'000;
  constexpr std::size_t events_per_row = 12;
  const std::int64_t rows = rows_of(config);
  const bool keep = keep_causes && rows <= most_rows;
  return stage::Ledger(keep, keep ? static_cast<std::size_t>(rows) * events_per_row : 0);
}

/// How a simulation ended.
enum class End {
  done,        ///< the host is done
  stopped,     ///< somebody else has stopped it
  standstill,  ///< nothing can happen any more
};

/// Simulates to one of these ends. Throws what the firmware threw, or Interrupted.
End simulate_host(const pipeline::Host& host, const report::Recorder& recorder,
                  const config::MachineConfig& config, const Progress& progress) {
  const auto rows = double(rows_of(config));
  run_kernel(config.clock.frequency_mhz, [&] {
    if (progress) progress(double(recorder.rows_out()) / rows);
  });
  if (host.failure()) std::rethrow_exception(host.failure());
  if (host.done()) return End::done;
  return sc_core::sc_get_status() == sc_core::SC_STOPPED ? End::stopped : End::standstill;
}

/// As `observation` asks for it: with a waveform, `fidelity.all = auto` is `cycle`.
config::MachineConfig resolve(config::Settings& settings, const workload::Workload& workload,
                              const Observation& observation, const config::MachineKind& machine) {
  if (observation.clock_only_watched) settings.set("fidelity.all", "cycle", "--wave");
  auto config = config::resolve(settings, workload.shape);
  // Where nothing writes K and V there is nothing to fill a second bank.
  if (!stage::counts(machine.has, stage::Component::writer)) config.pipeline.banks = 1;
  if (workload.trained) {
    config.nonidealities.instance = workload.trained->instance;
    config.nonidealities.first_sequence = workload.trained->first_sequence;
  }
  workload::read_defect_files(settings, config,
                              workload.trained ? workload.trained->model : nullptr);
  check_observation(observation, config, machine);
  clock_only_watched(observation, machine.top, config);
  return config;
}

/// At least a cycle; 0: no power over time.
std::int64_t interval_cycles(const config::Settings& settings,
                             const config::MachineConfig& config) {
  const double us = settings.real("energy.interval_us");
  return us == 0 ? 0 : std::max<std::int64_t>(1, std::llround(us * config.clock.frequency_mhz));
}

}  // namespace

Session::Session(const config::MachineKind& machine, config::Settings& settings,
                 const workload::Workload& workload, const Observation& observation)
    : config(resolve(settings, workload, observation, machine)),
      context{stage::Clock(config.clock.frequency_mhz),
              make_ledger(config, observation.keep_causes)},
      machine_(machine),
      settings_(settings),
      workload_(workload),
      observation_(observation),
      technology_(energy::resolve_technology(settings, machine.technology)) {
  if (observation.power || observation.wave || !observation.timeline.empty())
    context.tally.keep_intervals(interval_cycles(settings, config));
  if (observation.sequence_counts)
    context.tally.keep_sequences(std::size_t(config.pipeline.sequences));
}

void Session::simulate(const pipeline::Host& host, sc_core::sc_vector<AttentionHead>& heads,
                       const std::function<void(const Scopes&)>& trace,
                       const std::optional<SocParts>& soc) {
  recorder_.emplace(config);
  row_times_.emplace(config, context.ledger);
  observers_.emplace(observation_, config, context, host, machine_.top);
  cosimulation_.emplace(config, context, observation_.coverage.has_value());
  if (observation_.coverage)
    coverage_.emplace(*observation_.coverage, config, settings_, context.clock, *cosimulation_,
                      machine_.tool);
  for (auto& head : heads) {
    cosimulation_->attach(head);
    if (coverage_) coverage_->bind(head);
    head.observe(*recorder_);
    observers_->bind(head);
  }
  if (soc) {
    cosimulation_->attach(*soc);
    if (coverage_) coverage_->bind(*soc);
    observers_->bind(*soc);
  }
  if (observers_->traces()) {
    trace(observers_->scopes());
    cosimulation_->declare_probes(observers_->scopes());
    observers_->check_scopes();
  }
  if (observation_.inner.any())
    cosimulation_->show_inner(observation_.inner, machine_.top,
                              observers_->traces() ? observers_->scopes() : Scopes());
  run_to_the_end(host);
}

void Session::run_to_the_end(const pipeline::Host& host) {
  End end;
  try {
    end = simulate_host(host, *recorder_, config, observation_.progress);
  } catch (SimulationError& error) {
    error.details += observers_->break_off(context.clock.now());
    throw;
  } catch (const Interrupted&) {
    std::cerr << observers_->break_off(context.clock.now()) << "\n";
    throw;
  }
  cosimulation_->finish();
  if (auto diverged = divergence(); diverged && config.cosim.stop) {
    diverged->details += observers_->break_off(context.clock.now());
    if (coverage_) diverged->details += coverage_->finish("divergence");
    throw *diverged;
  }
  if (end == End::done) return;

  // At a standstill an alarm may have gone off long after anything else.
  const bool stopped = end == End::stopped;
  const std::int64_t cycle = stopped ? context.clock.now() : context.ledger.last_turn();
  const std::string told = observers_->break_off(cycle);
  // What a user's own module has stopped has no reason here.
  const auto* monitor = observers_->monitor();
  const bool by_monitor = stopped && monitor && monitor->reason();
  if (by_monitor && !monitor->failed())
    throw Stopped{"stopped: " + *monitor->reason() + "\n" + monitor->state() + "\n" +
                  (told.empty() ? "" : told + "\n") +
                  (coverage_ ? coverage_->finish("breakpoint") : "")};
  SimulationError failure(by_monitor ? *monitor->reason()
                                     : std::string("the simulation ") +
                                           (stopped ? "was stopped" : "came to a standstill") +
                                           " in cycle " + std::to_string(cycle));
  failure.details = observe::machine_state(context.ledger) + (told.empty() ? "" : "\n" + told);
  throw failure;
}

std::optional<Diverged> Session::divergence() const {
  auto diverged = cosimulation_->diverged();
  if (diverged)
    for (auto& instance : diverged->instances) instance = machine_.top + "." + instance;
  return diverged;
}

void Session::weigh(report::RunResult& run) {
  const energy::EnergyModel model(technology_, config, machine_.has);
  run.energy = model.evaluate(context.tally.counts(), run.latency);
  run.power =
      energy::power_over_time(model, context.tally, run.latency, config.clock.frequency_mhz);
}

report::RunResult Session::finish(const Ending& ending) {
  context.ledger.close(ending.cycle);
  report::RunResult run(machine_, config);
  run.latency = ending.cycle;
  run.rows_took = row_times_->finish(ending.cycle);
  weigh(run);
  observers_->finish(ending, cosimulation_->rtl(), run.power, run.rows_took);
  run.observed = observers_->text();
  run.rtl = cosimulation_->used();
  run.compared = cosimulation_->compared();
  run.diverged = divergence();
  if (coverage_) {
    const std::string told = coverage_->finish(run.diverged ? "done, with differences" : "done");
    if (observation_.is_document())
      std::cerr << told;
    else
      run.observed += told;
  }
  run.scales = ending.scales;
  run.results = recorder_->results();
  run.sums = recorder_->sums();
  run.accounts = context.ledger.accounts();
  run.path = report::find_critical_path(context.ledger, ending.event);
  if (settings_.flag("report.float_reference"))
    run.against_float =
        report::compare_with_float(workload_, config, ending.scales, ending.q, ending.k,
                                   run.results, observation_.float_reference);
  return run;
}

}  // namespace topkima::platforms
