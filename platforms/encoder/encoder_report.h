// SPDX-License-Identifier: Apache-2.0
#pragma once
// The report of a whole encoder's run, as report.json, as a table of samples and as a summary that
// fits a screen (docs/files.md); and the numbers by which such runs are compared.

#include <string>
#include <vector>

#include "config/settings.h"
#include "encoder/encoder_result.h"
#include "report/metric.h"

namespace topkima::platforms {

using EncoderMetric = report::MetricOf<EncoderResult>;
const std::vector<EncoderMetric>& encoder_metrics();

/// "layer1.attention.score": the kind of stage that is busy most of its module's time, and with it
/// the module that takes longest.
std::string encoder_bottleneck(const EncoderResult& run);

/// The report, as Outcome::report: equal runs give equal bytes.
std::string encoder_json(const config::Settings& settings, const EncoderResult& run);
/// A line per sample: label, prediction, latency. Of texts how many predictions are right.
std::string samples_csv(const EncoderResult& run);
std::string encoder_summary(const config::Settings& settings, const EncoderResult& run);

}  // namespace topkima::platforms
