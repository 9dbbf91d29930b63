// SPDX-License-Identifier: Apache-2.0
#pragma once
// The observers of one run, as an Observation asks for them: each is made, bound in and finished
// here; those not asked for do not exist.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cosim/annotation.h"
#include "cosim/vectors.h"
#include "energy/power.h"
#include "head/attention_head.h"
#include "observe/log.h"
#include "observe/monitor.h"
#include "observe/row_story.h"
#include "observe/timeline.h"
#include "pipeline/host.h"
#include "report/row_times.h"
#include "run/observation.h"
#include "workload/calibration.h"

namespace topkima::platforms {

/// What a platform alone knows of a run that has come to its end.
struct Ending {
  std::int64_t cycle;       ///< the latency
  stage::NodeId event;      ///< where the critical path ends
  workload::RowsView q, k;  ///< the integer rows whose products are the scores
  const std::vector<workload::HeadScale>& scales;
};

class Observers {
 public:
  /// `top`: first level of all instances' names. `host`: whose end is that of the run.
  /// `observation` is one that check_observation() lets pass. Throws ConfigError for what cannot be
  /// observed or written.
  Observers(const Observation& observation, const config::MachineConfig& config,
            stage::Context& context, const pipeline::Host& host, const std::string& top);

  /// Binds a head's analysis ports.
  void bind(AttentionHead& head);
  void bind(const SocParts& soc);
  /// Waveforms are asked for; then, where an instance declares its signals.
  bool traces() const { return wave_ != nullptr; }
  Scopes scopes();
  void check_scopes() { wave_->check_scopes(); }

  /// Null without breakpoints and watchdog.
  const observe::Monitor* monitor() const { return monitor_.get(); }

  /// The run is complete and the accounts are closed. `rtl`: all that it used.
  void finish(const Ending& ending, const std::vector<const cosim::RtlInfo*>& rtl,
              const energy::Power& power, const report::RowTable& rows);
  /// The run has ended before its time: writes what there is, up to `cycle`. Returns text().
  const std::string& break_off(std::int64_t cycle);
  /// What to tell on the terminal; empty when there is nothing.
  const std::string& text() const { return text_; }

 private:
  void show(const energy::Power& power);
  void write_files(std::int64_t end);
  /// `ask`: what is to be told of a row.
  void tell_stories(
      const std::function<observe::RowStory::Question(const observe::RowStory&)>& ask);
  observe::RowScores scores_of(const stage::RowTag& row, const Ending& ending) const;

  const Observation& observation_;
  const config::MachineConfig& config_;
  stage::Context& context_;
  std::string top_;
  std::unique_ptr<observe::WaveWriter> wave_;
  std::unique_ptr<observe::Timeline> timeline_;
  std::unique_ptr<Vectors> vectors_;
  std::unique_ptr<Annotation> annotation_;
  std::unique_ptr<observe::Log> log_;
  std::unique_ptr<observe::Monitor> monitor_;
  std::vector<std::unique_ptr<observe::RowStory>> stories_;
  std::string text_;
};

}  // namespace topkima::platforms
