// SPDX-License-Identifier: Apache-2.0
#include "attention_macro/simulate.h"

#include "attention_macro/attention_macro.h"
#include "pipeline/estimate.h"
#include "run/attention_module.h"
#include "run/session.h"

namespace topkima::platforms {

const Machine& macro_machine() {
  static const AttentionModule machine({"topkima-macro", "macro", config::in_macro, "65nm"}, false,
                                       simulate_macro);
  return machine;
}

report::RunResult simulate_macro(config::Settings& settings, const workload::Workload& workload,
                                 const Observation& observation) {
  const auto& shape = workload.shape;
  if (shape.projected)
    throw DataError("topkima-macro works on q.npy, k.npy and v.npy; topkima-soc projects x.npy");
  Session session(macro_machine().kind, settings, workload, observation);
  const auto& config = session.config;

  auto q = workload::quantise_heads(workload.q, config.score.query_max, "q");
  auto k = workload::quantise_heads(workload.k, config.score.key_max, "k");
  auto v = workload::quantise_heads(workload.v, config.av.value_max, "v");
  AttentionMacro::Input input{std::move(q.values), std::move(k.values), std::move(v.values), {}};
  for (int h = 0; h < shape.heads; ++h) {
    const auto shared = std::size_t(shape.kv_head(h));
    input.scales.push_back({q.scales[std::size_t(h)], k.scales[shared], v.scales[shared], 1, 0});
  }
  const auto d_k = std::size_t(shape.d_k);
  const workload::RowsView q_rows{input.q.data(), std::size_t(shape.query_rows) * d_k, d_k};
  const workload::RowsView k_rows{input.k.data(), std::size_t(shape.tokens) * d_k, d_k};
  workload::calibrate(settings, config, q_rows, k_rows, workload.integers(), input.scales);

  AttentionMacro macro(macro_machine().kind.top.c_str(), session.context, config, input);
  session.simulate(macro.host, macro.heads, [&](const Scopes& scopes) {
    macro.declare_probes(scopes, observation.wave_tokens);
  });
  auto run =
      session.finish({macro.sink.finished_at(), macro.sink.finish(), q_rows, k_rows, input.scales});
  run.estimate = pipeline::estimate_macro(config, {run.mean_conversion(), run.mean_winners()});
  return run;
}

}  // namespace topkima::platforms
