#include "observers.h"

#include <iostream>

#include "arith/split.h"
#include "interrupt.h"
#include "kernel.h"
#include "trace/machine_state.h"

namespace topkima::platforms {
namespace {

trace::RowNumbers numbers_of(const config::MachineConfig& config) {
  return {std::uint64_t(config.shape.heads), std::uint64_t(config.shape.query_rows)};
}

}  // namespace

Observers::Observers(const Observation& observation, const config::MachineConfig& config,
                     stage::Bench& bench, const pipeline::Host& host, const std::string& top)
    : observation_(observation), config_(config), bench_(bench), host_(host), top_(top) {
  const auto numbers = numbers_of(config);
  const auto check_row = [&](std::uint64_t id, const char* option) {
    trace::expect_row(id, numbers, std::uint64_t(config.sequences),
                      std::string("command line: ") + option);
  };
  const auto check_token = [&](int token, const char* option) {
    if (token < 0 || token >= config.shape.tokens)
      throw ConfigError(std::string("command line: ") + option + ": there is no token " +
                        std::to_string(token) + "; tokens are 0.." +
                        std::to_string(config.shape.tokens - 1));
  };
  if (observation.wave && observation.wave->around)
    check_row(*observation.wave->around, "--wave.around");
  if (observation.timeline_rows) check_row(observation.timeline_rows->last, "--timeline.rows");
  for (const auto id : observation.stop_at.rows) check_row(id, "--stop-at");
  for (const auto id : observation.rows) check_row(id, "--row");
  if (observation.token) check_token(*observation.token, "--token");
  if (observation.vectors) check_vectors(*observation.vectors, config);
  for (const int token : observation.wave_tokens) check_token(token, "--wave.tokens");

  if (observation.wave) wave_ = std::make_unique<trace::WaveWriter>(*observation.wave, bench, top);
  if (!observation.timeline.empty())
    timeline_ = std::make_unique<trace::Timeline>(observation.timeline, observation.timeline_rows,
                                                  numbers, bench, top);
  if (observation.log_level != "off" || !observation.log_filters.empty())
    log_ = std::make_unique<trace::Log>(
        trace::LogFilter(observation.log_level, observation.log_filters), numbers, bench, top,
        stderr);
  if (!observation.annotation.empty())
    annotation_ = std::make_unique<Annotation>(observation.annotation, config, bench.clock);
  if (observation.stop_at.any() || observation.watchdog) {
    trace::Monitor::Config monitor;
    monitor.stop_at = observation.stop_at;
    monitor.watchdog = observation.watchdog;
    monitor.rows_per_head = std::int64_t(numbers.rows) * config.sequences;
    monitor.done = [&host] { return host.done(); };
    monitor_ = std::make_unique<trace::Monitor>("monitor", bench, monitor);
  }
  for (const auto id : observation.rows)
    stories_.push_back(std::make_unique<trace::RowStory>(id, numbers, bench));
}

void Observers::bind(AttentionHead& head) {
  for (auto& story : stories_) head.observe(*story);
  if (annotation_) annotation_->bind(head);
  if (observation_.vectors && observation_.vectors->head == head.number())
    vectors_ = std::make_unique<Vectors>(*observation_.vectors, config_, bench_.clock, head, top_);
}

Scopes Observers::scopes() {
  return
      [this](const std::string& instance) -> stage::ProbeScope& { return wave_->scope(instance); };
}

void Observers::run(const observe::Recorder& recorder, Cosimulation& cosimulation) {
  const auto& ledger = bench_.ledger;
  const auto fail = [&](const std::string& message) {
    SimulationError failure(message);
    failure.details = trace::machine_state(ledger) + (text_.empty() ? "" : "\n" + text_);
    throw failure;
  };
  End end;
  try {
    end = run_kernel(host_, recorder, config_, observation_.progress);
  } catch (SimulationError& error) {
    keep_what_there_is(bench_.clock.now());
    error.details += text_;
    throw;
  } catch (const Interrupted&) {
    keep_what_there_is(bench_.clock.now());
    std::cerr << text_ << "\n";
    throw;
  }
  cosimulation.finish();
  if (const auto diverged = cosimulation.diverged(); diverged && config_.cosim.stop) {
    keep_what_there_is(bench_.clock.now());
    Diverged failure = *diverged;
    failure.details += text_;
    throw failure;
  }
  if (end == End::done) {
    if (annotation_) text_ += annotation_->finish(cosimulation.rtl());
    return;
  }
  if (end == End::standstill) {
    // An alarm may have gone off long after anything else.
    keep_what_there_is(ledger.last_turn());
    fail("the simulation came to a standstill in cycle " + std::to_string(ledger.last_turn()));
  }
  keep_what_there_is(bench_.clock.now());
  if (monitor_->failed()) fail(*monitor_->reason());
  throw Stopped{"stopped: " + *monitor_->reason() + "\n" + monitor_->state() + "\n" +
                (text_.empty() ? "" : text_ + "\n")};
}

/// What led to the end in `cycle` is what a user wants to see then.
void Observers::keep_what_there_is(std::int64_t cycle) {
  const std::int64_t end = cycle + 1;  // with what the last cycle shows
  bench_.ledger.break_off(end);
  write_files(end);
  for (const auto& story : stories_) tell(*story, {});
  text_ = text_.substr(0, text_.find_last_not_of('\n') + 1);
}

void Observers::tell(const trace::RowStory& story, const trace::RowStory::Question& question) {
  text_ += observation_.rows_as_json ? story.json(question) + "\n" : "\n" + story.text(question);
}

void Observers::write_files(std::int64_t end) {
  if (wave_) {
    wave_->finish(end);
    text_ += wave_->summary() + "\n";
  }
  if (timeline_) {
    timeline_->finish(end);
    text_ += "timeline        " + observation_.timeline + "\n";
  }
  if (vectors_) text_ += vectors_->finish();
}

void Observers::finish(std::int64_t end, const workload::RowsView& q, const workload::RowsView& k,
                       const std::vector<workload::HeadScale>& scales) {
  write_files(end);
  if (observation_.stop_at.any()) text_ += "no point of --stop-at was reached\n";
  for (const auto& story : stories_) {
    const auto& row = story->row();
    trace::RowStory::Question question;
    question.scores = scores_of(row, q, k, scales[row.head].ramp_lsb);
    question.token = observation_.token;
    question.prob_bits = config_.prob_bits;
    tell(*story, question);
  }
}

trace::RowScores Observers::scores_of(const stage::RowTag& row, const workload::RowsView& q,
                                      const workload::RowsView& k, int ramp_lsb) const {
  trace::RowScores scores;
  scores.scores.resize(std::size_t(config_.shape.tokens));
  workload::HeadScores(config_, k, row.head)
      .of(q.row(row.head, static_cast<int>(row.row)), scores.scores.data());
  scores.ramp_lsb = ramp_lsb;
  scores.bits = config_.ramp_bits;
  scores.split = config_.split;
  scores.sub_k = config_.sub_k;
  scores.participants =
      arith::participants(config_.shape.tokens, config_.valid_tokens, config_.causal,
                          static_cast<long>(row.row) + config_.first_row);
  return scores;
}

}  // namespace topkima::platforms
