// SPDX-License-Identifier: Apache-2.0
#include "former_soc/simulate.h"

#include <algorithm>

#include "pipeline/estimate.h"
#include "run/attention_module.h"

namespace topkima::platforms {

SocRun::SocRun(config::Settings& settings, const workload::Workload& workload,
               const Observation& observation)
    : session(soc_machine().kind, settings, workload, observation),
      firmware(settings, session.config, workload),
      soc(soc_machine().kind.top.c_str(), session.context, session.config,
          [this](pipeline::Host& host) { firmware.run(host); }),
      stored_(session.config),
      wave_tokens_(observation.wave_tokens) {
  soc.controller.completions.bind(completions_);
  if (session.config.shape.distinct)
    for (auto& store : soc.stores) store.stored.bind(stored_);
}

SocRun::StoredRows::StoredRows(const config::MachineConfig& config)
    : rows(std::size_t(config.shape.query_rows)) {
  if (config.shape.distinct) at.assign(std::size_t(config.pipeline.sequences) * rows, 0);
}

void SocRun::StoredRows::write(const memory::StoredRecord& record) {
  auto& at_row = at[record.tag.sequence * rows + record.tag.row];
  at_row = std::max(at_row, record.at);
}

void SocRun::simulate() {
  session.simulate(
      soc.host, soc.heads,
      [this](const Scopes& scopes) { soc.declare_probes(scopes, session.config, wave_tokens_); },
      SocParts{session.config, session.context.clock, soc.controller, soc.reader});
}

report::RunResult SocRun::finish() {
  auto run = session.finish({firmware.cycles(), soc.controller.finish(), firmware.q_rows(),
                             firmware.k_rows(), firmware.scales()});
  run.completed = completions_.at;
  run.stored_output = firmware.stored_output();
  run.estimate =
      pipeline::estimate_soc(session.config, {run.mean_conversion(), run.mean_winners()});
  return run;
}

const Machine& soc_machine() {
  static const AttentionModule machine({"topkima-soc", "soc", config::in_soc, "32nm"}, true,
                                       simulate_soc);
  return machine;
}

report::RunResult simulate_soc(config::Settings& settings, const workload::Workload& workload,
                               const Observation& observation) {
  SocRun run(settings, workload, observation);
  run.simulate();
  return run.finish();
}

}  // namespace topkima::platforms
