#include "simulate.h"

#include "../common/cosimulation.h"
#include "../common/kernel.h"
#include "../common/observers.h"
#include "attention_macro.h"
#include "pipeline/estimate.h"

namespace topkima::platforms {

observe::RunResult simulate_macro(config::Settings& settings, const workload::Workload& workload,
                                  const Observation& observation) {
  const auto& shape = workload.shape;
  if (shape.projected)
    throw DataError("topkima-macro works on q.npy, k.npy and v.npy; topkima-soc projects x.npy");
  observe::RunResult run("topkima-macro", config::resolve(settings, shape));
  auto& config = run.config;
  config.banks = 1;
  clock_only_watched(observation, "macro", config);

  auto q = workload::quantise_heads(workload.q, config.query_max, "q");
  auto k = workload::quantise_heads(workload.k, config.key_max, "k");
  auto v = workload::quantise_heads(workload.v, config.value_max, "v");
  AttentionMacro::Input input{std::move(q.values), std::move(k.values), std::move(v.values), {}};
  for (std::size_t h = 0; h < std::size_t(shape.heads); ++h)
    input.scales.push_back({q.scales[h], k.scales[h], v.scales[h], 1, 0});
  const auto d_k = std::size_t(shape.d_k);
  const workload::RowsView q_rows{input.q.data(), std::size_t(shape.query_rows) * d_k, d_k};
  const workload::RowsView k_rows{input.k.data(), std::size_t(shape.tokens) * d_k, d_k};
  workload::calibrate(settings, config, q_rows, k_rows, workload.integers(), input.scales);

  stage::Bench bench{stage::Clock(config.frequency_mhz),
                     make_ledger(config, observation.keep_causes)};
  AttentionMacro macro("macro", bench, config, input);
  observe::Recorder recorder(config);
  Observers observers(observation, config, bench, macro.host, "macro");
  Cosimulation cosimulation(config, bench);
  for (auto& head : macro.heads) {
    cosimulation.attach(head);
    head.observe(recorder);
    observers.bind(head);
  }
  if (observers.traces()) {
    macro.trace(observers.scopes(), observation.wave_tokens);
    cosimulation.trace(observers.scopes());
    observers.check_scopes();
  }
  observers.run(recorder, cosimulation);

  run.latency = macro.sink.finished_at();
  bench.ledger.close(run.latency);
  observers.finish(run.latency, q_rows, k_rows, input.scales);
  run.observed = observers.text();
  run.rtl = cosimulation.used();
  run.compared = cosimulation.compared();
  run.diverged = cosimulation.diverged();
  run.scales = input.scales;
  run.results = recorder.results();
  run.accounts = bench.ledger.accounts();
  run.path = observe::find_critical_path(bench.ledger, macro.sink.finish());
  run.estimate = pipeline::estimate_macro(config, {run.mean_conversion(), run.mean_winners()});
  if (settings.flag("report.float_reference"))
    run.fidelity = observe::compare_with_float(workload, config, run.scales, q_rows, k_rows,
                                               run.results, observation.float_reference);
  return run;
}

}  // namespace topkima::platforms
