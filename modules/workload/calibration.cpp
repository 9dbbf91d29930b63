// SPDX-License-Identifier: Apache-2.0
#include "workload/calibration.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "arith/quantise.h"
#include "arith/ramp.h"
#include "config/errors.h"

namespace topkima::workload {
namespace {

/// Sums of row blocks that are equal are told apart by their columns' addresses, which are not in
/// the order of tokens where these go round the crossbars.
class ByAddress {
 public:
  explicit ByAddress(const config::MachineConfig& config)
      : map_(config.attention.columns), blocks_(config.score.row_blocks()) {}

  bool matters() const { return blocks_ > 1 && map_.stride() > 1; }
  void add_row(arith::RampCalibration& calibration, const std::int32_t* partial,
               const arith::Interval& tokens, int k) const {
    std::vector<std::int32_t> ordered;
    for (int b = 0; b < blocks_; ++b)
      for (int c = 0; c < map_.crossbars(); ++c) {
        const arith::Interval columns = map_.columns_of(tokens, c);
        for (int j = columns.first; j < columns.end; ++j)
          ordered.push_back(partial[std::ptrdiff_t{b} * map_.slots() + map_.slot_at(c, j)]);
      }
    calibration.add_row(ordered.data(), blocks_, tokens.size(), tokens.size(), k);
  }

 private:
  const arith::ColumnMap& map_;
  int blocks_;
};

int automatic_ramp_lsb(const config::MachineConfig& config, RowsView q, RowsView k, int head) {
  const auto& shape = config.shape;
  const auto tokens = std::size_t(shape.tokens);
  std::vector<HeadScores> blocks;  // each row block has ramps of its own
  const int width = config.converted_width();
  for (int b = 0; b < config.score.row_blocks(); ++b) {
    const int first = b * width;
    blocks.emplace_back(config, k.from(first), head, std::min(width, config.score_width() - first));
  }
  std::vector<std::int32_t> row(blocks.size() * tokens);
  arith::RampCalibration calibration;
  const ByAddress by_address(config);
  const auto& mask = config.attention.mask;
  for (int r = 0; r < shape.query_rows; ++r) {
    for (std::size_t b = 0; b < blocks.size(); ++b)
      blocks[b].of(q.row(head, r) + b * std::size_t(width), row.data() + b * tokens);
    for (std::size_t sequence = 0; sequence < mask.different(); ++sequence) {
      const arith::Interval part = mask.of(std::int64_t(sequence), r);
      const int best = config.calibrated_scores(std::int64_t(sequence), r);
      if (by_address.matters())
        by_address.add_row(calibration, row.data(), part, best);
      else
        calibration.add_row(row.data() + part.first, config.score.row_blocks(), shape.tokens,
                            part.size(), best);
    }
  }
  return calibration.lsb(config.ima.bits, config.ima.saturate_share);
}

}  // namespace

HeadScores::HeadScores(const config::MachineConfig& config, RowsView k, int head, int width) {
  const auto values = std::size_t(width), tokens = std::size_t(config.shape.tokens);
  std::vector<std::int8_t> transposed(tokens * values);
  for (std::size_t t = 0; t < tokens; ++t) {
    const std::int8_t* key = k.row(config.shape.kv_head(head), static_cast<int>(t));
    for (std::size_t i = 0; i < values; ++i) transposed[i * tokens + t] = key[i];
  }
  keys_.load(transposed.data(), width, config.shape.tokens, config.shape.tokens,
             config.score.query_max, config.score.key_max);
}

QuantisedRows quantise_heads(const Tensor& tensor, int q_max, const char* name) {
  QuantisedRows result;
  const std::size_t heads = tensor.shape[0], each = tensor.size() / heads;
  if (!tensor.is_float()) {
    for (std::size_t i = 0; i < tensor.integers.size(); ++i)
      if (std::abs(int{tensor.integers[i]}) > q_max)
        throw DataError(std::string(name) + ".npy: value " + std::to_string(i) + " is " +
                        std::to_string(tensor.integers[i]) + "; expected -" +
                        std::to_string(q_max) + ".." + std::to_string(q_max));
    result.values = tensor.integers;
    result.scales.assign(heads, 1.0);
    return result;
  }
  result.values.resize(tensor.size());
  for (std::size_t h = 0; h < heads; ++h)
    result.scales.push_back(arith::quantise(tensor.floats.data() + h * each, each, q_max,
                                            result.values.data() + h * each));
  return result;
}

std::vector<std::int8_t> token_major(const std::vector<std::int8_t>& values, int all_heads,
                                     int width) {
  const auto heads = std::size_t(all_heads), d_k = std::size_t(width);
  std::vector<std::int8_t> rows(values.size());
  const std::size_t count = values.size() / (heads * d_k);
  for (std::size_t h = 0; h < heads; ++h)
    for (std::size_t r = 0; r < count; ++r)
      std::copy_n(values.begin() + std::ptrdiff_t((h * count + r) * d_k), d_k,
                  rows.begin() + std::ptrdiff_t((r * heads + h) * d_k));
  return rows;
}

void calibrate(config::Settings& settings, const config::MachineConfig& config, RowsView q,
               RowsView k, bool integers, std::vector<HeadScale>& scales) {
  const int heads = config.shape.heads;
  const bool automatic_step = settings.is("softmax.score_step", "auto");
  if (integers && automatic_step)
    throw ConfigError(
        "softmax.score_step = auto needs float tensors: integer tensors carry no scale, so give it "
        "a number");
  const bool automatic_lsb = settings.is("ima.ramp_lsb", "auto");
  const auto lsbs = automatic_lsb ? std::vector<int>() : settings.integers("ima.ramp_lsb");
  const auto steps = automatic_step ? std::vector<double>() : settings.reals("softmax.score_step");
  std::vector<int> used_lsbs;
  std::vector<double> used_steps;
  for (int h = 0; h < heads; ++h) {
    auto& scale = scales[std::size_t(h)];
    scale.ramp_lsb = automatic_lsb ? automatic_ramp_lsb(config, q, k, h)
                                   : lsbs[lsbs.size() == 1 ? 0 : std::size_t(h)];
    scale.score_step = automatic_step
                           ? scale.ramp_lsb * scale.q * scale.k * config.attention.applied_scale
                           : steps[steps.size() == 1 ? 0 : std::size_t(h)];
    if (scale.ramp_lsb > arith::largest_ramp_lsb)
      throw ConfigError("ima.ramp_lsb = auto gives " + std::to_string(scale.ramp_lsb) +
                        " for head " + std::to_string(h) + ", beyond " +
                        std::to_string(arith::largest_ramp_lsb) + ": use more ima.bits");
    used_lsbs.push_back(scale.ramp_lsb);
    used_steps.push_back(scale.score_step);
  }
  settings.resolve("ima.ramp_lsb", used_lsbs);
  settings.resolve("softmax.score_step", used_steps);
}

}  // namespace topkima::workload
