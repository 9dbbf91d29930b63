#include "simulate.h"

#include "../common/cosimulation.h"
#include "../common/kernel.h"
#include "../common/observers.h"
#include "former_soc.h"
#include "pipeline/estimate.h"
#include "soc_firmware.h"

namespace topkima::platforms {
namespace {

struct Completions : tlm::tlm_analysis_if<pipeline::CompletionRecord> {
  void write(const pipeline::CompletionRecord& record) override { at.push_back(record.at); }
  std::vector<std::int64_t> at;
};

}  // namespace

observe::RunResult simulate_soc(config::Settings& settings, const workload::Workload& workload,
                                const Observation& observation) {
  observe::RunResult run("topkima-soc", config::resolve(settings, workload.shape));
  clock_only_watched(observation, "soc", run.config);
  const auto& config = run.config;
  stage::Bench bench{stage::Clock(config.frequency_mhz),
                     make_ledger(config, observation.keep_causes)};
  SocFirmware firmware(settings, config, workload);
  FormerSoc soc("soc", bench, config, [&](pipeline::Host& host) { firmware.run(host); });
  observe::Recorder recorder(config);
  Completions completions;
  Observers observers(observation, config, bench, soc.host, "soc");
  Cosimulation cosimulation(config, bench);
  for (auto& head : soc.heads) {
    cosimulation.attach(head);
    head.observe(recorder);
    observers.bind(head);
  }
  if (observers.traces()) {
    soc.trace(observers.scopes(), config, observation.wave_tokens);
    cosimulation.trace(observers.scopes());
    observers.check_scopes();
  }
  soc.controller.completions.bind(completions);
  observers.run(recorder, cosimulation);

  run.latency = firmware.cycles();
  bench.ledger.close(run.latency);
  observers.finish(run.latency, firmware.q_rows(), firmware.k_rows(), firmware.scales());
  run.observed = observers.text();
  run.rtl = cosimulation.used();
  run.compared = cosimulation.compared();
  run.diverged = cosimulation.diverged();
  run.completed = completions.at;
  run.scales = firmware.scales();
  run.stored_output = firmware.stored_output();
  run.results = recorder.results();
  run.accounts = bench.ledger.accounts();
  run.path = observe::find_critical_path(bench.ledger, soc.controller.finish());
  run.estimate = pipeline::estimate_soc(config, {run.mean_conversion(), run.mean_winners()});
  if (settings.flag("report.float_reference"))
    run.fidelity =
        observe::compare_with_float(workload, config, run.scales, firmware.q_rows(),
                                    firmware.k_rows(), run.results, observation.float_reference);
  return run;
}

}  // namespace topkima::platforms
