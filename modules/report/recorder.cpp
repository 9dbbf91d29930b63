// SPDX-License-Identifier: Apache-2.0
#include "report/recorder.h"

#include <algorithm>

namespace topkima::report {

Results::Results(const config::MachineConfig& config)
    : heads(config.shape.heads),
      rows(config.shape.query_rows),
      winners(config.topk.winners),
      crossbars(static_cast<int>(config.topk.split.size())),
      d_k(config.shape.d_k) {
  const std::size_t all = std::size_t(heads) * rows;
  topk_index.assign(all * winners, -1);
  topk_code.assign(all * winners, 0);
  probability.assign(all * winners, 0);
  winner_count.assign(all, 0);
  convert_cycles.assign(all * crossbars, 0);
  convert_steps.assign(all * crossbars, 0);
  output.assign(all * d_k, 0);
}

Recorder::Recorder(const config::MachineConfig& config)
    : results_(config),
      sums_(std::size_t(results_.heads) * results_.rows, std::size_t(results_.crossbars)),
      conversions_(results_, sums_),
      winners_(results_, sums_),
      probabilities_(results_),
      outputs_(results_) {}

void Recorder::Conversions::write(const stage::ConversionRecord& record) {
  const std::size_t row = results.row(record.tag.head, record.tag.row);
  sums.add(row, record);
  if (record.tag.sequence != 0) return;
  const std::size_t place = row * results.crossbars + static_cast<std::size_t>(record.crossbar);
  results.convert_cycles[place] = record.cycles;
  results.convert_steps[place] = record.steps;
}

void Recorder::Winners::write(const stage::EntriesRecord& record) {
  sums.add_winners(static_cast<int>(record.count));
  if (record.tag.sequence != 0) return;
  const std::size_t row = results.row(record.tag.head, record.tag.row);
  const std::size_t first = row * results.winners;
  results.winner_count[row] = record.count;
  for (std::size_t w = 0; w < std::size_t(record.count); ++w) {
    results.topk_index[first + w] = record.entries[w].token;
    results.topk_code[first + w] = record.entries[w].code;
  }
}

void Recorder::Probabilities::write(const stage::EntriesRecord& record) {
  if (record.tag.sequence != 0) return;
  const std::size_t first = results.row(record.tag.head, record.tag.row) * results.winners;
  for (std::size_t w = 0; w < std::size_t(record.count); ++w)
    results.probability[first + w] = record.entries[w].code;
}

void Recorder::Outputs::write(const stage::OutputRecord& record) {
  ++rows;
  if (record.tag.sequence != 0) return;
  const std::size_t first = results.row(record.tag.head, record.tag.row) * results.d_k;
  std::copy_n(record.values, record.count, results.output.begin() + std::ptrdiff_t(first));
}

}  // namespace topkima::report
