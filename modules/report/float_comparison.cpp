// SPDX-License-Identifier: Apache-2.0
#include "report/float_comparison.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace topkima::report {
namespace {

/// Share of the `k` largest of `scores` (ties: lower address) that is among `selected`.
template <typename T>
double overlap(const T* scores, arith::Interval participants, int k, const std::int32_t* selected,
               int count, std::vector<T>& best) {
  best.resize(std::size_t(std::min(k, participants.size())));
  std::partial_sort_copy(scores + participants.first, scores + participants.end, best.begin(),
                         best.end(), std::greater<T>());
  const T least = best.back();
  // Everything above the least of them is in; of those equal to it, the lowest addresses.
  auto equal = std::count(best.begin(), best.end(), least);
  int last = participants.first - 1;
  while (equal > 0)
    if (scores[++last] == least) --equal;
  int found = 0;
  for (int w = 0; w < count; ++w) {
    const T score = scores[selected[w]];
    found += score > least || (score == least && selected[w] <= last);
  }
  return double(found) / double(best.size());
}

struct Sums {
  double dot = 0, reference = 0, modelled = 0, error = 0;
  double overlap_float = 0, overlap_exact = 0, mass = 0;
  std::int64_t rows = 0;
};

}  // namespace

std::vector<float> real_output(const Results& results, const config::MachineConfig& config,
                               const std::vector<workload::HeadScale>& scales) {
  std::vector<float> real(results.output.size());
  const std::size_t each = real.size() / scales.size();
  for (std::size_t i = 0; i < real.size(); ++i)
    real[i] =
        static_cast<float>(double(results.output[i]) * scales[i / each].v / config.prob_max());
  return real;
}

FloatComparison compare_with_float(const workload::Workload& workload,
                                   const config::MachineConfig& config,
                                   const std::vector<workload::HeadScale>& scales,
                                   workload::RowsView q, workload::RowsView k,
                                   const Results& results, FloatReference* held) {
  FloatReference own(workload, float_mask(config));
  FloatReference& reference = held ? *held : own;
  const auto& shape = config.shape;
  const auto d_k = std::size_t(shape.d_k);
  FloatComparison result;
  Sums sums;
  std::vector<std::int32_t> scores(std::size_t(shape.tokens)), best_scores;
  std::vector<double> best_exact;
  for (int h = 0; h < shape.heads; ++h) {
    const auto& scale = scales[std::size_t(h)];
    // Integer tensors carry no scale of their own: their code step is what a score step is worth.
    reference.begin(
        h, workload.integers() ? scale.score_step / scale.ramp_lsb : config.attention.score_scale);
    const workload::HeadScores integer_scores(config, k, h);
    for (int r = 0; r < shape.query_rows; ++r) {
      const auto exact = reference.row(r);
      const std::size_t row = results.row(std::size_t(h), std::size_t(r));
      const std::int32_t* modelled = results.output.data() + row * d_k;
      for (std::size_t i = 0; i < d_k; ++i) {
        const double real = modelled[i] * scale.v / config.prob_max(),
                     error = real - exact.output[i];
        sums.dot += real * exact.output[i];
        sums.reference += exact.output[i] * exact.output[i];
        sums.modelled += real * real;
        sums.error += error * error;
        result.max_abs_error = std::max(result.max_abs_error, std::fabs(error));
        result.max_abs_output = std::max(result.max_abs_output, std::fabs(exact.output[i]));
      }
      if (exact.participants.size() == 0) continue;
      ++sums.rows;
      const std::int32_t* selected = results.topk_index.data() + row * results.winners;
      const int count = results.winner_count[row];
      integer_scores.of(q.row(h, r), scores.data());
      sums.overlap_float += overlap(exact.scores, exact.participants, config.looked_for(), selected,
                                    count, best_exact);
      sums.overlap_exact += overlap(scores.data(), exact.participants, config.looked_for(),
                                    selected, count, best_scores);
      for (int w = 0; w < count; ++w) sums.mass += reference.probability(exact, selected[w]);
    }
  }
  const double norms = std::sqrt(sums.reference) * std::sqrt(sums.modelled);
  if (norms > 0)
    result.cosine_similarity = sums.dot / norms;
  else
    result.cosine_similarity = sums.reference == sums.modelled ? 1 : 0;
  if (sums.error > 0)
    result.relative_error = sums.reference > 0 ? std::sqrt(sums.error / sums.reference) : 1;
  const auto rows = double(sums.rows);
  result.topk_overlap_float = sums.rows ? sums.overlap_float / rows : 1;
  result.topk_overlap_exact = sums.rows ? sums.overlap_exact / rows : 1;
  result.topk_mass = sums.rows ? sums.mass / rows : 1;
  return result;
}

}  // namespace topkima::report
