// SPDX-License-Identifier: Apache-2.0
#pragma once
// Digital softmax over the winners: exponent by table, division by their sum.

#include <cstdint>
#include <functional>
#include <vector>

namespace topkima::arith {

/// E(d) = floor(2^15 exp(-d x) + 1/2) for the distances d = 0 .. entries - 1 of a code from the
/// largest one: 2^bits of them, more where a code is a sum. x = score_step >= 0 is the real value
/// of one code step.
std::vector<std::uint16_t> exponent_table(std::size_t entries, double score_step);

/// P = floor((2 E (2^bits - 1) + S) / (2 S)); 0 <= E <= S, S >= 1.
int divide(std::uint32_t exponent, std::uint32_t sum, int bits);

/// What one clock cycle of a pipeline takes in and gives out; -1: a bubble.
struct PipelineCycle {
  int in = -1;
  int out = -1;
};

/// The way into a pipeline, which each winner occupies for `interval` >= 1 cycles.
class PipelineEntrance {
 public:
  explicit PipelineEntrance(int interval) : interval_(interval) {}

  void start(std::size_t winners) {
    winners_ = static_cast<int>(winners);
    winner_ = elapsed_ = 0;
  }
  /// in: the winner that enters in this cycle. out: the one for which it is the last here.
  PipelineCycle clock();

 private:
  int interval_;
  int winners_ = 0;
  int winner_ = 0, elapsed_ = 0;  ///< the one in the entrance, its cycles so far
};

/// Exponent half of the softmax unit, clock by clock: a winner enters every `interval` cycles, and
/// is read from the table and accumulated `depth` cycles after it has left the entrance. A row of n
/// winners takes depth + n * interval cycles.
class ExponentPipeline {
 public:
  /// `table`: E by the distance of a code from the largest one.
  ExponentPipeline(int depth, int interval, std::function<std::uint32_t(std::uint32_t)> table);

  /// A row: the distances of its winners' codes from the largest.
  void start(const std::vector<std::uint32_t>& distances);
  bool done() const { return finished_ == distances_.size(); }
  PipelineCycle clock();

  const std::vector<std::uint32_t>& exponents() const { return exponents_; }
  std::uint32_t sum() const { return sum_; }

 private:
  std::function<std::uint32_t(std::uint32_t)> table_;
  PipelineEntrance entrance_;
  std::vector<int> stages_;  ///< index of the winner in each stage behind the entrance
  std::vector<std::uint32_t> distances_, exponents_;
  std::size_t finished_ = 0;
  std::uint32_t sum_ = 0;
};

/// Divider half, clock by clock: restoring division, `bits` quotient bits spread over the `depth`
/// stages behind the first, which forms the dividend 2 E (2^bits - 1) + S; winners enter as in the
/// exponent half. The reference for `divide`.
class DividerPipeline {
 public:
  DividerPipeline(int bits, int depth, int interval);

  /// A row: its exponents and their sum. A sum of zero divides to zero.
  void start(const std::vector<std::uint32_t>& exponents, std::uint32_t sum);
  bool done() const { return finished_ == exponents_.size(); }
  PipelineCycle clock();

  const std::vector<int>& quotients() const { return quotients_; }

 private:
  struct Division {
    int index = -1;
    std::uint64_t remainder = 0;
    int quotient = 0;
  };
  void work(Division& division, std::size_t stage) const;

  int bits_;
  PipelineEntrance entrance_;
  std::vector<Division> stages_;  ///< behind the entrance
  std::vector<int> bits_left_;    ///< quotient bits that a stage leaves to those behind it
  std::vector<std::uint32_t> exponents_;
  std::uint64_t divisor_ = 1;
  std::vector<int> quotients_;
  std::size_t finished_ = 0;
};

}  // namespace topkima::arith
