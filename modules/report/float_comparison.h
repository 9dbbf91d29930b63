// SPDX-License-Identifier: Apache-2.0
#pragma once
// How close the modelled attention comes to exact float attention on the same input.

#include "report/float_reference.h"
#include "report/recorder.h"
#include "workload/calibration.h"

namespace topkima::report {

struct FloatComparison {
  double cosine_similarity = 0;  ///< over the whole output; 1 when both are zero
  double relative_error = 0;     ///< root of the summed squared errors over that of the outputs
  double max_abs_error = 0;
  double max_abs_output = 0;  ///< of the float attention, to compare the error with
  /// Mean over rows of the share of the top-k that was selected, for the top-k of the float scores
  /// and of the integer scores; 1 when no row has a participant. Ties count for the lower address.
  double topk_overlap_float = 0, topk_overlap_exact = 0;
  double topk_mass = 0;  ///< mean float softmax probability that the selected tokens hold
};

/// `q`, `k`: the integer rows that the machine worked on; `held`: the exact attention of `workload`
/// under the machine's mask, if it has been kept.
FloatComparison compare_with_float(const workload::Workload& workload,
                                   const config::MachineConfig& config,
                                   const std::vector<workload::HeadScale>& scales,
                                   workload::RowsView q, workload::RowsView k,
                                   const Results& results, FloatReference* held = nullptr);

/// Real value of each output, float32 as in output_real.npy.
std::vector<float> real_output(const Results& results, const config::MachineConfig& config,
                               const std::vector<workload::HeadScale>& scales);

}  // namespace topkima::report
