#include "workload/calibration.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "arith/matmul.h"
#include "arith/quantise.h"
#include "arith/ramp.h"
#include "arith/split.h"
#include "config/errors.h"

namespace topkima::workload {
namespace {

/// Rows whose scores are computed together: enough for an efficient product, few enough that no
/// whole score matrix is ever held.
constexpr int rows_at_once = 64;

int automatic_ramp_lsb(const config::MachineConfig& config, RowsView q, RowsView k, int head) {
  const auto& shape = config.shape;
  const auto d_k = std::size_t(shape.d_k), tokens = std::size_t(shape.tokens);
  std::vector<std::int8_t> keys(tokens * d_k), queries(rows_at_once * d_k);
  for (int t = 0; t < shape.tokens; ++t)
    std::memcpy(keys.data() + std::size_t(t) * d_k, k.row(head, t), d_k);
  arith::PackedMatrix packed;
  packed.pack(keys.data(), shape.d_k, shape.tokens,
              arith::PackedMatrix::Layout::columns_by_depth);
  std::vector<std::int32_t> scores(rows_at_once * tokens);
  arith::RampCalibration calibration(config.winners);
  for (int first = 0; first < shape.query_rows; first += rows_at_once) {
    const int rows = std::min(rows_at_once, shape.query_rows - first);
    for (int r = 0; r < rows; ++r)
      std::memcpy(queries.data() + std::size_t(r) * d_k, q.row(head, first + r), d_k);
    packed.multiply(queries.data(), rows, scores.data());
    for (int r = 0; r < rows; ++r)
      calibration.add_row(scores.data() + std::size_t(r) * tokens,
                          arith::participants(shape.tokens, config.valid_tokens, config.causal,
                                              long{config.first_row} + first + r));
  }
  return calibration.lsb(config.ramp_bits, config.saturate_share);
}

}  // namespace

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
    scale.score_step = automatic_step ? scale.ramp_lsb * scale.q * scale.k * config.score_scale
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
