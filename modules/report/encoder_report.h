// SPDX-License-Identifier: Apache-2.0
#pragma once
// The report of a whole encoder's run, as report.json, as a table of samples and as a summary that
// fits a screen (docs/files.md); and the numbers by which such runs are compared.

#include <functional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "report/encoder_result.h"

namespace topkima::report {

struct EncoderMetric {
  std::string name, unit, meaning;
  /// NaN where the run has no such number (no labels).
  std::function<double(const EncoderResult&)> value;
};
const std::vector<EncoderMetric>& encoder_metrics();

/// "layer1.attention.score": the kind of stage that is busy most of its module's time, and with it
/// the module that takes longest.
std::string encoder_bottleneck(const EncoderResult& run);

/// As report_json: equal runs give equal bytes.
std::string encoder_json(const config::Settings& settings, const EncoderResult& run);
/// A line per sample: label, prediction, latency. Of texts how many predictions are right.
std::string samples_csv(const EncoderResult& run);
std::string encoder_summary(const config::Settings& settings, const EncoderResult& run);

}  // namespace topkima::report
