// SPDX-License-Identifier: Apache-2.0
#include "report/float_reference.h"

#include <algorithm>
#include <cmath>

namespace topkima::report {
namespace {

std::vector<double> widened(const float* first, std::size_t count) {
  return std::vector<double>(first, first + count);
}

}  // namespace

FloatMask float_mask(const config::MachineConfig& config) {
  return {config.attention.score_scale, config.attention.mask};
}

FloatReference::FloatReference(const workload::Workload& workload, const FloatMask& mask)
    : workload_(workload), mask_(mask) {
  if (workload.shape.projected) x_ = widened(workload.x.floats.data(), workload.x.floats.size());
}

double FloatReference::size(const config::Shape& shape) {
  return double(shape.heads) * shape.query_rows * (shape.tokens + shape.d_k + 2) * sizeof(double);
}

std::vector<double> FloatReference::rows_of(int head, int heads, const workload::Tensor& given,
                                            const workload::Tensor& weights) const {
  const auto& shape = workload_.shape;
  const auto d_k = std::size_t(shape.d_k);
  if (!shape.projected) {
    const std::size_t each = given.size() / std::size_t(heads),
                      first = each * std::size_t(head);
    if (given.is_float()) return widened(given.floats.data() + first, each);
    return std::vector<double>(given.integers.begin() + std::ptrdiff_t(first),
                               given.integers.begin() + std::ptrdiff_t(first + each));
  }
  const auto width = std::size_t(shape.d_model()), outputs = std::size_t(heads) * d_k;
  std::vector<double> columns(width * d_k), result(std::size_t(shape.tokens) * d_k);
  for (std::size_t i = 0; i < width; ++i)
    for (std::size_t j = 0; j < d_k; ++j)
      columns[i * d_k + j] = weights.floats[i * outputs + std::size_t(head) * d_k + j];
  arith::multiply(x_.data(), columns.data(), shape.tokens, shape.d_model(), shape.d_k,
                  result.data());
  return result;
}

void FloatReference::load(int head) {
  const auto& shape = workload_.shape;
  const int kv_head = shape.kv_head(head), kv_heads = shape.kv_heads;
  queries_ = rows_of(head, shape.heads, workload_.q, workload_.wq);
  keys_ = rows_of(kv_head, kv_heads, workload_.k, workload_.wk);
  values_ = rows_of(kv_head, kv_heads, workload_.v, workload_.wv);
  attention_.clear();
  attention_.emplace_back(keys_.data(), values_.data(), shape.tokens, shape.d_k, score_scale_);
}

void FloatReference::begin(int head, double score_scale) {
  head_ = head;
  score_scale_ = score_scale;
  if (held_.empty()) load(head);
  first_ = rows_ = 0;
}

/// Makes row r one of those that are computed, together with the rows behind it.
void FloatReference::compute(int r) {
  constexpr int most = arith::FloatAttention::most_rows;
  const auto& shape = workload_.shape;
  first_ = r;
  rows_ = std::min(most, shape.query_rows - r);
  arith::Interval participants[most];
  for (int i = 0; i < rows_; ++i) participants[i] = participants_of(r + i);
  attention_.front().rows(queries_.data() + std::size_t(r) * std::size_t(shape.d_k), rows_,
                          participants);
}

arith::Interval FloatReference::participants_of(int r) const { return mask_.mask.of(0, r); }

FloatReference::Row FloatReference::row(int r) {
  const auto& shape = workload_.shape;
  const auto d_k = std::size_t(shape.d_k), tokens = std::size_t(shape.tokens), at = std::size_t(r);
  const arith::Interval participants = participants_of(r);
  if (!held_.empty()) {
    const Held& held = held_[std::size_t(head_)];
    return {participants, held.scores.data() + at * tokens, held.outputs.data() + at * d_k,
            held.peaks[at], held.sums[at]};
  }
  if (r < first_ || r >= first_ + rows_) compute(r);
  const auto& attention = attention_.front();
  const int i = r - first_;
  return {participants, attention.scores(i), attention.output(i), attention.peak(i),
          attention.sum(i)};
}

double FloatReference::probability(const Row& row, int token) const {
  return std::exp(row.scores[token] * score_scale_ - row.peak) / row.sum;
}

void FloatReference::hold() {
  const auto& shape = workload_.shape;
  const auto rows = std::size_t(shape.query_rows), tokens = std::size_t(shape.tokens),
             d_k = std::size_t(shape.d_k);
  std::vector<Held> all;
  for (int h = 0; h < shape.heads; ++h) {
    begin(h, mask_.score_scale);
    Held held;
    held.scores.reserve(rows * tokens);
    held.outputs.reserve(rows * d_k);
    for (int r = 0; r < shape.query_rows; ++r) {
      const Row exact = row(r);
      held.scores.insert(held.scores.end(), exact.scores, exact.scores + tokens);
      held.outputs.insert(held.outputs.end(), exact.output, exact.output + d_k);
      held.peaks.push_back(exact.peak);
      held.sums.push_back(exact.sum);
    }
    all.push_back(std::move(held));
  }
  held_ = std::move(all);
  attention_.clear();
}

}  // namespace topkima::report
