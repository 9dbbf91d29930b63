// SPDX-License-Identifier: Apache-2.0
#include "report/run_result.h"

#include <algorithm>

namespace topkima::report {

double RunResult::rows() const {
  return double(config.pipeline.sequences) * results.heads * results.rows;
}

double RunResult::alpha() const { return double(sums.steps()) / rows() / (1 << config.ima.bits); }

std::vector<double> RunResult::alpha_per_crossbar() const {
  std::vector<double> alpha;
  for (std::size_t c = 0; c < sums.crossbar_steps().size(); ++c) {
    const auto live = double(std::max<std::int64_t>(1, sums.crossbar_rows()[c]));
    alpha.push_back(double(sums.crossbar_steps()[c]) / live / (1 << config.ima.bits));
  }
  return alpha;
}

double RunResult::mean_winners() const { return double(sums.winners()) / rows(); }

double RunResult::mean_conversion() const { return double(sums.cycles()) / rows(); }

double RunResult::operations() const {
  const auto& shape = config.shape;
  const double scores = double(shape.query_rows) * shape.tokens * shape.d_k * shape.heads;
  const double width = shape.d_model() + 2.0 * shape.kv_width();
  const double projections = shape.projected ? width * shape.tokens * shape.d_model() : 0;
  return 2 * (projections + 2 * scores);
}

double RunResult::tops(double cycles, double sequences) const {
  return cycles == 0
             ? 0
             : operations() * sequences / (cycles / (config.clock.frequency_mhz * 1e6)) * 1e-12;
}

energy::Traced RunResult::tops_per_w() const {
  return energy::Traced(operations() * config.pipeline.sequences) / energy.energy_pj();
}

energy::Traced RunResult::tops_per_mm2() const {
  return energy::Traced(tops(double(latency), config.pipeline.sequences)) / energy.area_mm2;
}

energy::Traced RunResult::average_power_mw() const {
  return energy.energy_pj() / energy::Traced(double(latency) * 1e3 / config.clock.frequency_mhz);
}

energy::Traced RunResult::pj_per_row(const energy::Traced& pj) const {
  return pj / energy::Traced(rows());
}

double RunResult::cycles_per_sequence() const {
  if (completed.size() < 2) return double(latency);
  // Nothing is loaded behind the last sequence, which makes its interval a short one.
  const std::size_t last = completed.size() > 2 ? completed.size() - 2 : completed.size() - 1;
  return double(completed[last] - completed[0]) / double(last);
}

}  // namespace topkima::report
