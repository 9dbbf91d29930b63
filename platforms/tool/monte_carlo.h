// SPDX-License-Identifier: Apache-2.0
#pragma once
// --runs: the same run under many seeds, and what its numbers come to (docs/nonidealities.md).

#include <functional>
#include <string>
#include <vector>

#include "tool/command_line.h"

namespace topkima::platforms {

/// What is found out in every run, whichever numbers these are.
struct MonteCarlo {
  int runs;
  std::uint32_t first_seed;  ///< one more from run to run
  std::vector<report::MetricText> metrics;
  /// One value per metric, NaN where a run has none. Called in a child process.
  std::function<std::vector<double>(std::uint32_t seed)> run;
  /// Called when so many runs are there.
  std::function<void(int)> progress;
};

/// The values of every run, in the order of the seeds, as many at once as there are processors.
/// Throws what the first run that failed has thrown, with its seed; or Interrupted.
std::vector<std::vector<double>> make_runs(const MonteCarlo& plan);

/// Statistics over the runs that have the number.
struct Statistics {
  int runs = 0;
  double mean = 0, standard_deviation = 0;
  double low = 0, high = 0;  ///< of the mean's 95 % confidence interval, by Student's t
  double minimum = 0, maximum = 0;
};
Statistics statistics(const std::vector<double>& values);

/// What --runs of a program does.
void run_monte_carlo(const Program& program, int argc, char** argv, const Arguments& arguments);

}  // namespace topkima::platforms
