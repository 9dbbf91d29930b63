// SPDX-License-Identifier: Apache-2.0
#include "arith/softmax.h"

#include <algorithm>
#include <cmath>

namespace topkima::arith {

std::vector<std::uint16_t> exponent_table(std::size_t entries, double score_step) {
  std::vector<std::uint16_t> table(entries);
  for (std::size_t d = 0; d < table.size(); ++d)
    table[d] = static_cast<std::uint16_t>(
        std::floor(32768.0 * std::exp(-static_cast<double>(d) * score_step) + 0.5));
  return table;
}

int divide(std::uint32_t exponent, std::uint32_t sum, int bits) {
  const std::uint64_t full = (std::uint64_t{1} << bits) - 1;
  return static_cast<int>((2 * exponent * full + sum) / (2 * std::uint64_t{sum}));
}

PipelineCycle PipelineEntrance::clock() {
  PipelineCycle cycle;
  if (winner_ == winners_) return cycle;
  if (elapsed_ == 0) cycle.in = winner_;
  if (++elapsed_ == interval_) {
    cycle.out = winner_++;
    elapsed_ = 0;
  }
  return cycle;
}

ExponentPipeline::ExponentPipeline(int depth, int interval,
                                   std::function<std::uint32_t(std::uint32_t)> table)
    : table_(std::move(table)), entrance_(interval), stages_(static_cast<std::size_t>(depth), -1) {}

void ExponentPipeline::start(const std::vector<std::uint32_t>& distances) {
  distances_ = distances;
  exponents_.assign(distances_.size(), 0);
  entrance_.start(distances_.size());
  finished_ = 0;
  sum_ = 0;
}

PipelineCycle ExponentPipeline::clock() {
  PipelineCycle cycle = entrance_.clock();
  if (!stages_.empty()) {
    const int entering = cycle.out;
    cycle.out = stages_.back();
    std::move_backward(stages_.begin(), stages_.end() - 1, stages_.end());
    stages_.front() = entering;
  }
  if (cycle.out >= 0) {
    const auto winner = static_cast<std::size_t>(cycle.out);
    exponents_[winner] = table_(distances_[winner]);
    sum_ += exponents_[winner];
    ++finished_;
  }
  return cycle;
}

DividerPipeline::DividerPipeline(int bits, int depth, int interval)
    : bits_(bits), entrance_(interval), stages_(static_cast<std::size_t>(depth)) {
  for (int stage = 0; stage < depth; ++stage)
    bits_left_.push_back(depth == 1 ? 0 : bits - bits * stage / (depth - 1));
}

void DividerPipeline::start(const std::vector<std::uint32_t>& exponents, std::uint32_t sum) {
  exponents_ = exponents;
  quotients_.assign(exponents_.size(), 0);
  entrance_.start(exponents_.size());
  finished_ = 0;
  divisor_ = 2 * std::uint64_t{sum};
}

void DividerPipeline::work(Division& division, std::size_t stage) const {
  if (division.index < 0 || divisor_ == 0) return;
  int bit = bits_;
  if (stage == 0) {
    const std::uint64_t full = (std::uint64_t{1} << bits_) - 1;
    division.remainder =
        2 * exponents_[static_cast<std::size_t>(division.index)] * full + divisor_ / 2;
  } else {
    bit = bits_left_[stage - 1];
  }
  const int left = bits_left_.empty() ? 0 : bits_left_[stage];
  while (bit-- > left) {
    if (division.remainder < divisor_ << bit) continue;
    division.remainder -= divisor_ << bit;
    division.quotient |= 1 << bit;
  }
}

PipelineCycle DividerPipeline::clock() {
  PipelineCycle cycle = entrance_.clock();
  Division entering;
  entering.index = cycle.out;
  Division leaving = entering;
  if (stages_.empty()) {
    work(leaving, 0);
  } else {
    leaving = stages_.back();
    std::move_backward(stages_.begin(), stages_.end() - 1, stages_.end());
    stages_.front() = entering;
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) work(stages_[stage], stage);
  }
  cycle.out = leaving.index;
  if (leaving.index >= 0) {
    quotients_[static_cast<std::size_t>(leaving.index)] = leaving.quotient;
    ++finished_;
  }
  return cycle;
}

}  // namespace topkima::arith
