// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps what the first sequence computed, and sums over all, from the blocks' analysis ports.

#include <cstdint>
#include <tlm>
#include <vector>

#include "config/machine_config.h"
#include "report/row_sums.h"
#include "stage/link.h"

namespace topkima::report {

/// Results of one sequence, in the layouts of the output files (docs/files.md).
struct Results {
  explicit Results(const config::MachineConfig& config);

  int heads, rows, winners, crossbars, d_k;
  std::vector<std::int32_t> topk_index, topk_code, probability;  ///< [heads, rows, winners]
  std::vector<std::int32_t> winner_count;                        ///< [heads, rows]
  std::vector<std::int32_t> convert_cycles, convert_steps;       ///< [heads, rows, crossbars]
  std::vector<std::int32_t> output;                              ///< [heads, rows, d_k]

  std::size_t row(std::size_t head, std::size_t r) const { return head * std::size_t(rows) + r; }
};

/// The winners' port and the probabilities' port carry the same record: each gets a sink of its
/// own.
class Recorder {
 public:
  explicit Recorder(const config::MachineConfig& config);

  tlm::tlm_analysis_if<stage::ConversionRecord>& conversions() { return conversions_; }
  tlm::tlm_analysis_if<stage::EntriesRecord>& winners() { return winners_; }
  tlm::tlm_analysis_if<stage::EntriesRecord>& probabilities() { return probabilities_; }
  tlm::tlm_analysis_if<stage::OutputRecord>& outputs() { return outputs_; }

  const Results& results() const { return results_; }
  const RowSums& sums() const { return sums_; }
  /// Rows whose output was seen, over all sequences.
  std::int64_t rows_out() const { return outputs_.rows; }

 private:
  struct Conversions : tlm::tlm_analysis_if<stage::ConversionRecord> {
    Conversions(Results& into, RowSums& in) : results(into), sums(in) {}
    void write(const stage::ConversionRecord& record) override;
    Results& results;
    RowSums& sums;
  };
  struct Winners : tlm::tlm_analysis_if<stage::EntriesRecord> {
    Winners(Results& into, RowSums& in) : results(into), sums(in) {}
    void write(const stage::EntriesRecord& record) override;
    Results& results;
    RowSums& sums;
  };
  struct Probabilities : tlm::tlm_analysis_if<stage::EntriesRecord> {
    explicit Probabilities(Results& into) : results(into) {}
    void write(const stage::EntriesRecord& record) override;
    Results& results;
  };
  struct Outputs : tlm::tlm_analysis_if<stage::OutputRecord> {
    explicit Outputs(Results& into) : results(into) {}
    void write(const stage::OutputRecord& record) override;
    Results& results;
    std::int64_t rows = 0;
  };

  Results results_;
  RowSums sums_;
  Conversions conversions_;
  Winners winners_;
  Probabilities probabilities_;
  Outputs outputs_;
};

}  // namespace topkima::report
