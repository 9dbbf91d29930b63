// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a user wants to see of a run besides its results, which do not depend on it.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/machine_config.h"
#include "config/machine_kind.h"
#include "cosim/coverage.h"
#include "cosim/inner_options.h"
#include "cosim/vector_options.h"
#include "observe/monitor.h"
#include "observe/timeline.h"
#include "observe/wave_writer.h"
#include "report/float_reference.h"
#include "stage/row_range.h"

namespace topkima::platforms {

/// Called now and then with the share of rows done, 0..1.
using Progress = std::function<void(double)>;

stage::RowNumbers numbers_of(const config::MachineConfig& config);

struct Observation {
  Progress progress;        ///< may be empty
  int layer = 0;            ///< of a whole encoder, whose attention module the rest is about
  bool keep_causes = true;  ///< for the critical path; not kept in a run too long for them
  report::FloatReference* float_reference = nullptr;  ///< kept from a run on the same workload

  bool power = false;            ///< over time; else only waveforms and timelines make it be kept
  bool sequence_counts = false;  ///< events by sequence

  std::optional<observe::WaveOptions> wave;
  std::vector<int> wave_tokens;     ///< whose bit lines to show
  InnerOptions inner;               ///< signals within RTL; without `wave` for that of a divergence
  bool clock_only_watched = false;  ///< `fidelity.all = auto`, and cycle for the waveform alone

  std::string timeline;  ///< path; empty: none
  std::optional<stage::RowRange> timeline_rows;
  std::int64_t timeline_bytes = observe::Timeline::default_bytes;  ///< at which it ends

  std::optional<VectorOptions> vectors;
  std::string annotation;  ///< path; empty: none
  std::optional<CoverageOptions> coverage;

  std::vector<std::uint64_t> rows;  ///< whose story to tell
  bool rows_as_json = false;
  /// Standard output is one JSON document, and all else that is told goes to standard error.
  bool is_document() const { return rows_as_json && !rows.empty(); }
  std::optional<int> token;  ///< of which the stories say whether it was selected, and why

  observe::Breakpoints stop_at;
  std::optional<std::int64_t> watchdog;  ///< cycles in which no stage turns to anything

  std::string log_level = "off";
  std::vector<std::string> log_filters;
};

/// Throws ConfigError for what `observation` asks for and a machine of this kind and `config` does
/// not have.
void check_observation(const Observation& observation, const config::MachineConfig& config,
                       const config::MachineKind& machine);

/// Puts at row fidelity what the waveform does not show, if cycle fidelity is for its sake, and at
/// cycle fidelity the blocks whose transactions test vectors hold. `top`: first level of all
/// instances' names.
void clock_only_watched(const Observation& observation, const std::string& top,
                        config::MachineConfig& config);

}  // namespace topkima::platforms
