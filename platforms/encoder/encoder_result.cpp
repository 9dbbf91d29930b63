// SPDX-License-Identifier: Apache-2.0
#include "encoder/encoder_result.h"

#include <limits>
#include <numeric>

namespace topkima::platforms {

std::int64_t EncoderResult::asked() const {
  std::int64_t count = 0;
  for (const auto label : labels) count += label >= 0;
  return count;
}

std::int64_t EncoderResult::right() const {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    count += labels[i] >= 0 && labels[i] == predicted[i];
  return count;
}

double EncoderResult::accuracy() const {
  return asked() == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : double(right()) / double(asked());
}

double EncoderResult::mean_latency() const {
  return double(std::accumulate(latency.begin(), latency.end(), std::int64_t{0})) / samples;
}

double EncoderResult::samples_per_second() const {
  return cycles == 0 ? 0 : config.clock.frequency_mhz * 1e6 * samples / double(cycles);
}

energy::Traced EncoderResult::energy_per_sample_uj() const {
  return energy.energy_pj() * energy::Traced(1e-6) / energy::Traced(samples);
}

double EncoderResult::dynamic_uj(std::size_t sample) const {
  return sample_dynamic_pj[sample] * 1e-6;
}

double EncoderResult::energy_uj(std::size_t sample) const {
  const double share =
      stream || cycles == 0 ? 1.0 / samples : double(latency[sample]) / double(cycles);
  return dynamic_uj(sample) + energy.leakage_pj.value * 1e-6 * share;
}

double EncoderResult::alpha() const {
  double sum = 0;
  for (const auto& layer : attention) sum += layer.alpha;
  return sum / double(attention.size());
}

}  // namespace topkima::platforms
