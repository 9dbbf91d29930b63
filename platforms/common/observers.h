#pragma once
// The observers of one run, as an Observation asks for them: each is made, bound in and finished
// here; those not asked for do not exist.

#include <memory>
#include <string>
#include <vector>

#include "annotation.h"
#include "attention_head.h"
#include "cosimulation.h"
#include "observation.h"
#include "observe/recorder.h"
#include "pipeline/host.h"
#include "trace/log.h"
#include "trace/row_story.h"
#include "trace/timeline.h"
#include "vectors.h"
#include "workload/calibration.h"

namespace topkima::platforms {

/// A breakpoint has been reached: the run ends there, without results.
struct Stopped {
  std::string text;  ///< why, what every stage was doing, and what the observers have to tell
};

class Observers {
 public:
  /// `top`: first level of all instances' names. `host`: whose end is that of the run. Throws
  /// ConfigError for what cannot be observed or written.
  Observers(const Observation& observation, const config::MachineConfig& config,
            stage::Bench& bench, const pipeline::Host& host, const std::string& top);

  /// Binds a head's analysis ports.
  void bind(AttentionHead& head);
  /// Waveforms are asked for; then, where an instance declares its signals.
  bool traces() const { return wave_ != nullptr; }
  Scopes scopes();
  void check_scopes() { wave_->check_scopes(); }

  /// Simulates until the host is done. Throws what the firmware threw; SimulationError, with the
  /// state of every stage, when nothing can happen any more or the watchdog says so; Stopped at a
  /// breakpoint. What observers have written by then is kept.
  /// Throws Diverged, if so configured, where RTL beside a model differs from it.
  void run(const observe::Recorder& recorder, Cosimulation& cosimulation);

  /// The run has ended in cycle `end` and the accounts are closed. `q` and `k` are the integer
  /// rows.
  void finish(std::int64_t end, const workload::RowsView& q, const workload::RowsView& k,
              const std::vector<workload::HeadScale>& scales);
  /// For the terminal; empty when there is nothing to tell.
  const std::string& text() const { return text_; }

 private:
  void write_files(std::int64_t end);
  void keep_what_there_is(std::int64_t cycle);
  void tell(const trace::RowStory& story, const trace::RowStory::Question& question);
  trace::RowScores scores_of(const stage::RowTag& row, const workload::RowsView& q,
                             const workload::RowsView& k, int ramp_lsb) const;

  const Observation& observation_;
  const config::MachineConfig& config_;
  stage::Bench& bench_;
  const pipeline::Host& host_;
  std::string top_;
  std::unique_ptr<trace::WaveWriter> wave_;
  std::unique_ptr<trace::Timeline> timeline_;
  std::unique_ptr<Vectors> vectors_;
  std::unique_ptr<Annotation> annotation_;
  std::unique_ptr<trace::Log> log_;
  std::unique_ptr<trace::Monitor> monitor_;
  std::vector<std::unique_ptr<trace::RowStory>> stories_;
  std::string text_;
};

}  // namespace topkima::platforms
