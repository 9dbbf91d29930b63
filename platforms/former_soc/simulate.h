// SPDX-License-Identifier: Apache-2.0
#pragma once
// The SoC as a machine that is run.

#include "former_soc/former_soc.h"
#include "former_soc/soc_firmware.h"
#include "run/machine.h"
#include "run/session.h"

namespace topkima::platforms {

const Machine& soc_machine();

/// The SoC with its firmware in the current SystemC context, for who wants to bind something in
/// before it runs. All arguments must outlive it.
class SocRun {
 public:
  SocRun(config::Settings& settings, const workload::Workload& workload,
         const Observation& observation);

  /// Simulates, as Session::simulate does.
  void simulate();
  report::RunResult finish();
  /// After simulate(), of sequences with rows of their own: the cycle in which each row's output is
  /// in memory, [sequences * rows].
  const std::vector<std::int64_t>& stored_at() const { return stored_.at; }

  Session session;
  SocFirmware firmware;
  FormerSoc soc;

 private:
  struct Completions : tlm::tlm_analysis_if<pipeline::CompletionRecord> {
    void write(const pipeline::CompletionRecord& record) override { at.push_back(record.at); }
    std::vector<std::int64_t> at;
  };

  /// The cycle in which a row of all heads is in memory, by sequence and row.
  struct StoredRows : tlm::tlm_analysis_if<memory::StoredRecord> {
    explicit StoredRows(const config::MachineConfig& config);
    void write(const memory::StoredRecord& record) override;
    std::size_t rows;
    std::vector<std::int64_t> at;
  };

  Completions completions_;
  StoredRows stored_;
  const std::vector<int>& wave_tokens_;
};

/// Quantises the tensors, resolves `settings` (every `auto` is replaced), simulates in the current
/// SystemC context. Throws ConfigError, DataError or SimulationError, and Stopped at a breakpoint.
report::RunResult simulate_soc(config::Settings& settings, const workload::Workload& workload,
                               const Observation& observation);

}  // namespace topkima::platforms
