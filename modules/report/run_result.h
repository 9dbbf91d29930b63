// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything that one run of an attention module found out.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/machine_kind.h"
#include "energy/power.h"
#include "report/critical_path.h"
#include "report/float_comparison.h"
#include "report/recorder.h"
#include "report/row_times.h"
#include "stage/ledger.h"

namespace topkima::report {

struct RunResult {
  RunResult(config::MachineKind of, const config::MachineConfig& resolved)
      : machine(std::move(of)), config(resolved), results(resolved), sums(0, 0) {}

  config::MachineKind machine;
  config::MachineConfig config;
  std::vector<workload::HeadScale> scales;
  Results results;
  RowSums sums;
  std::vector<stage::Account> accounts;
  RowTable rows_took;
  CriticalPath path;
  std::int64_t latency = 0;             ///< cycles
  std::vector<std::int64_t> completed;  ///< cycle in which each sequence was complete (SoC)
  /// Last sequence's output in token memory, one byte per value, [rows, heads * d_k] (SoC).
  std::vector<std::int8_t> stored_output;
  double estimate = 0;  ///< closed-form latency, cycles
  energy::EnergyReport energy;
  energy::Power power;  ///< by interval; empty where it was not kept
  std::optional<FloatComparison> against_float;
  std::vector<std::string> rtl;      ///< what stood in the place of models or beside them
  std::int64_t compared = 0;         ///< transactions of models with RTL beside them
  std::optional<Diverged> diverged;  ///< from the model, whose results these are
  std::string observed;              ///< what observers have to tell, for the terminal

  // Means over the rows of all sequences.
  /// Early-stopping factor: the slowest crossbar's executed steps / 2^bits.
  double alpha() const;
  std::vector<double> alpha_per_crossbar() const;  ///< over the rows for which each was live
  double mean_winners() const;
  double mean_conversion() const;  ///< cycles, of the slowest crossbar
  /// 2 per multiply-accumulate of the dense module, of one sequence.
  double operations() const;
  double tops(double cycles, double sequences) const;
  /// Operations of the whole run for its energy, in TOPS/W.
  energy::Traced tops_per_w() const;
  energy::Traced tops_per_mm2() const;
  energy::Traced average_power_mw() const;
  double rows() const;  ///< of all heads and sequences
  energy::Traced pj_per_row(const energy::Traced& pj) const;
  /// Cycles per sequence in a stream; the latency itself for one sequence.
  double cycles_per_sequence() const;
};

}  // namespace topkima::report
