#include "observe/fidelity.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "arith/float_attention.h"
#include "arith/split.h"

namespace topkima::observe {
namespace {

std::vector<double> widened(const float* first, std::size_t count) {
  return std::vector<double>(first, first + count);
}

/// Q, K and V of one head in double precision.
class FloatHeads {
 public:
  explicit FloatHeads(const workload::Workload& workload) : workload_(workload) {
    if (workload.shape.projected) x_ = widened(workload.x.floats.data(), workload.x.floats.size());
  }

  std::vector<double> rows(int head, const workload::Tensor& given,
                           const workload::Tensor& weights) const {
    const auto& shape = workload_.shape;
    const auto d_k = std::size_t(shape.d_k);
    if (!shape.projected) {
      const std::size_t each = given.size() / std::size_t(shape.heads),
                        first = each * std::size_t(head);
      if (given.is_float()) return widened(given.floats.data() + first, each);
      return std::vector<double>(given.integers.begin() + std::ptrdiff_t(first),
                                 given.integers.begin() + std::ptrdiff_t(first + each));
    }
    const auto width = std::size_t(shape.d_model());
    std::vector<double> columns(width * d_k), result(std::size_t(shape.tokens) * d_k);
    for (std::size_t i = 0; i < width; ++i)
      for (std::size_t j = 0; j < d_k; ++j)
        columns[i * d_k + j] = weights.floats[i * width + std::size_t(head) * d_k + j];
    arith::multiply(x_.data(), columns.data(), shape.tokens, shape.d_model(), shape.d_k,
                    result.data());
    return result;
  }

 private:
  const workload::Workload& workload_;
  std::vector<double> x_;
};

/// Share of the `k` largest of `scores` (ties: lower address) that is marked as selected.
template <typename T>
double overlap(const T* scores, int participants, int k, const std::vector<char>& selected,
               std::vector<int>& order) {
  order.resize(std::size_t(participants));
  std::iota(order.begin(), order.end(), 0);
  const int most = std::min(k, participants);
  std::nth_element(order.begin(), order.begin() + most - 1, order.end(), [&](int a, int b) {
    return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
  });
  int found = 0;
  for (int i = 0; i < most; ++i) found += selected[std::size_t(order[std::size_t(i)])];
  return double(found) / most;
}

struct Sums {
  double dot = 0, reference = 0, modelled = 0;
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

Fidelity compare_with_float(const workload::Workload& workload, const config::MachineConfig& config,
                            const std::vector<workload::HeadScale>& scales, workload::RowsView q,
                            workload::RowsView k, const Results& results) {
  const auto& shape = config.shape;
  const auto d_k = std::size_t(shape.d_k), tokens = std::size_t(shape.tokens);
  const FloatHeads floats(workload);
  Fidelity fidelity;
  Sums sums;
  std::vector<std::int32_t> scores(tokens);
  std::vector<double> output(d_k);
  std::vector<int> order;
  std::vector<char> marks(tokens);  // of the tokens selected in the row
  for (int h = 0; h < shape.heads; ++h) {
    const auto& scale = scales[std::size_t(h)];
    const auto queries = floats.rows(h, workload.q, workload.wq);
    const auto float_keys = floats.rows(h, workload.k, workload.wk);
    const auto values = floats.rows(h, workload.v, workload.wv);
    // Integer tensors carry no scale of their own: their code step is what a score step is worth.
    const double factor =
        workload.integers() ? scale.score_step / scale.ramp_lsb : config.score_scale;
    arith::FloatAttention attention(float_keys.data(), values.data(), shape.tokens, shape.d_k,
                                    factor);
    const workload::HeadScores integer_scores(config, k, h);
    for (int r = 0; r < shape.query_rows; ++r) {
      const int participants = arith::participants(shape.tokens, config.valid_tokens, config.causal,
                                                   long{config.first_row} + r);
      attention.row(queries.data() + std::size_t(r) * d_k, participants, output.data());
      const std::size_t row = results.row(std::size_t(h), std::size_t(r));
      const std::int32_t* modelled = results.output.data() + row * d_k;
      for (std::size_t i = 0; i < d_k; ++i) {
        const double real = modelled[i] * scale.v / config.prob_max();
        sums.dot += real * output[i];
        sums.reference += output[i] * output[i];
        sums.modelled += real * real;
        fidelity.max_abs_error = std::max(fidelity.max_abs_error, std::fabs(real - output[i]));
        fidelity.max_abs_output = std::max(fidelity.max_abs_output, std::fabs(output[i]));
      }
      if (participants == 0) continue;
      ++sums.rows;
      const std::int32_t* selected = results.topk_index.data() + row * results.winners;
      const int count = results.winner_count[row];
      integer_scores.of(q.row(h, r), scores.data());
      for (int w = 0; w < count; ++w) marks[std::size_t(selected[w])] = 1;
      sums.overlap_float +=
          overlap(attention.scores().data(), participants, results.winners, marks, order);
      sums.overlap_exact += overlap(scores.data(), participants, results.winners, marks, order);
      for (int w = 0; w < count; ++w) marks[std::size_t(selected[w])] = 0;
      for (int w = 0; w < count; ++w) sums.mass += attention.probability(selected[w]);
    }
  }
  const double norms = std::sqrt(sums.reference) * std::sqrt(sums.modelled);
  if (norms > 0)
    fidelity.cosine_similarity = sums.dot / norms;
  else
    fidelity.cosine_similarity = sums.reference == sums.modelled ? 1 : 0;
  const auto rows = double(sums.rows);
  fidelity.topk_overlap_float = sums.rows ? sums.overlap_float / rows : 1;
  fidelity.topk_overlap_exact = sums.rows ? sums.overlap_exact / rows : 1;
  fidelity.topk_mass = sums.rows ? sums.mass / rows : 1;
  return fidelity;
}

}  // namespace topkima::observe
