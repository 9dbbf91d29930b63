#include "observe/run_result.h"

#include <algorithm>

namespace topkima::observe {

double RunResult::alpha() const {
  std::int64_t steps = 0;
  const auto crossbars = std::ptrdiff_t(results.crossbars);
  for (auto row = results.convert_steps.begin(); row != results.convert_steps.end();
       row += crossbars)
    steps += *std::max_element(row, row + crossbars);
  const double rows = double(results.heads) * results.rows;
  return double(steps) / rows / (1 << config.ramp_bits);
}

std::vector<double> RunResult::alpha_per_crossbar() const {
  std::vector<std::int64_t> steps(std::size_t(results.crossbars));
  for (std::size_t i = 0; i < results.convert_steps.size(); ++i)
    steps[i % steps.size()] += results.convert_steps[i];
  std::vector<double> alpha;
  for (const auto sum : steps)
    alpha.push_back(double(sum) / (double(results.heads) * results.rows) / (1 << config.ramp_bits));
  return alpha;
}

double RunResult::mean_winners() const {
  std::int64_t sum = 0;
  for (const auto count : results.winner_count) sum += count;
  return double(sum) / double(results.winner_count.size());
}

double RunResult::mean_conversion() const {
  std::int64_t sum = 0;
  const auto crossbars = std::ptrdiff_t(results.crossbars);
  for (auto row = results.convert_cycles.begin(); row != results.convert_cycles.end();
       row += crossbars)
    sum += *std::max_element(row, row + crossbars);
  return double(sum) / (double(results.heads) * results.rows);
}

double RunResult::operations() const {
  const auto& shape = config.shape;
  const double scores = double(shape.query_rows) * shape.tokens * shape.d_k * shape.heads;
  const double projections =
      shape.projected ? 3.0 * shape.tokens * shape.d_model() * shape.d_model() : 0;
  return 2 * (projections + 2 * scores);
}

double RunResult::tops(double cycles, double sequences) const {
  return cycles == 0 ? 0
                     : operations() * sequences / (cycles / (config.frequency_mhz * 1e6)) * 1e-12;
}

double RunResult::tops_per_w() const {
  const double pj = energy.energy_pj().value;
  return pj == 0 ? 0 : operations() * config.sequences / pj;
}

double RunResult::average_power_mw() const {
  const double ns = double(latency) * 1e3 / config.frequency_mhz;
  return ns == 0 ? 0 : energy.energy_pj().value / ns;
}

double RunResult::pj_per_row(double pj) const {
  return pj / (double(config.sequences) * results.heads * results.rows);
}

double RunResult::cycles_per_sequence() const {
  if (completed.size() < 2) return double(latency);
  // Nothing is loaded behind the last sequence, which makes its interval a short one.
  const std::size_t last = completed.size() > 2 ? completed.size() - 2 : completed.size() - 1;
  return double(completed[last] - completed[0]) / double(last);
}

}  // namespace topkima::observe
