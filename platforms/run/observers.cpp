// SPDX-License-Identifier: Apache-2.0
#include "run/observers.h"

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace topkima::platforms {
namespace {

/// Where waveforms and timelines show power, in mW.
const char* const power_scope = "power";

observe::Selector selector_of(config::SoftmaxMacro macro) {
  switch (macro) {
    case config::SoftmaxMacro::topkima: return observe::Selector::ramp;
    case config::SoftmaxMacro::digital_topk: return observe::Selector::sorter;
    case config::SoftmaxMacro::conventional: return observe::Selector::none;
  }
  throw std::logic_error("softmax.macro");
}

report::RowPart part_of(observe::RowTime what) {
  switch (what) {
    case observe::RowTime::waited: return report::RowPart::waited;
    case observe::RowTime::busy: return report::RowPart::busy;
    case observe::RowTime::blocked: return report::RowPart::blocked;
    case observe::RowTime::whole: break;
  }
  throw std::logic_error("a part of a row's time");
}

/// What the rows of all heads took where one took `cycles`.
std::optional<observe::Usual> usual(const report::RowTable& rows, const std::string& kind,
                                    observe::RowTime what, std::int64_t cycles) {
  const report::Spread* spread =
      what == observe::RowTime::whole ? &rows.whole : rows.of(kind, part_of(what));
  if (!spread || spread->rows() == 0) return std::nullopt;
  return observe::Usual{
      spread->rows(),        spread->quantile(0.1),       spread->quantile(0.5),
      spread->quantile(0.9), spread->share_below(cycles), 1 - spread->share_below(cycles + 1)};
}

}  // namespace

Observers::Observers(const Observation& observation, const config::MachineConfig& config,
                     stage::Context& context, const pipeline::Host& host, const std::string& top)
    : observation_(observation), config_(config), context_(context), top_(top) {
  const auto numbers = numbers_of(config);
  if (observation.wave) {
    wave_ = std::make_unique<observe::WaveWriter>(*observation.wave, context, top);
    if (context.tally.interval() > 0) wave_->announce(power_scope);
  }
  if (!observation.timeline.empty())
    timeline_ =
        std::make_unique<observe::Timeline>(observation.timeline, observation.timeline_rows,
                                            numbers, context, top, observation.timeline_bytes);
  if (observation.log_level != "off" || !observation.log_filters.empty())
    log_ = std::make_unique<observe::Log>(
        observe::LogFilter(observation.log_level, observation.log_filters), numbers, context, top,
        stderr);
  if (!observation.annotation.empty())
    annotation_ = std::make_unique<Annotation>(observation.annotation, config, context.clock);
  if (observation.stop_at.any() || observation.watchdog) {
    observe::Monitor::Config monitor;
    monitor.stop_at = observation.stop_at;
    monitor.watchdog = observation.watchdog;
    monitor.rows_per_head =
        std::int64_t(numbers.rows * numbers.heads_per_chain) * config.pipeline.sequences;
    monitor.done = [&host] { return host.done(); };
    monitor_ = std::make_unique<observe::Monitor>("monitor", context, monitor);
  }
  for (const auto id : observation.rows)
    stories_.push_back(std::make_unique<observe::RowStory>(id, numbers, context));
}

void Observers::bind(AttentionHead& head) {
  for (auto& story : stories_) {
    head.observe(*story);
    if (head.latch) head.latch->winners.bind(story->codes());
  }
  if (annotation_) annotation_->bind(head);
  if (observation_.vectors && config_.chain_of(observation_.vectors->head) == head.number())
    vectors_ =
        std::make_unique<Vectors>(*observation_.vectors, config_, context_.clock, head, top_);
}

void Observers::bind(const SocParts& soc) {
  if (vectors_) vectors_->record(soc);
}

Scopes Observers::scopes() {
  return
      [this](const std::string& instance) -> stage::ProbeScope& { return wave_->scope(instance); };
}

void Observers::tell_stories(
    const std::function<observe::RowStory::Question(const observe::RowStory&)>& ask) {
  std::string documents;
  if (observation_.is_document()) std::fputs(std::exchange(text_, "").c_str(), stderr);
  for (const auto& story : stories_) {
    auto question = ask(*story);
    question.selector = selector_of(config_.softmax.macro);
    question.prob_bits = config_.softmax.prob_bits;
    if (observation_.rows_as_json)
      documents += (documents.empty() ? "" : ",\n") + story->json(question);
    else
      text_ += "\n" + story->text(question);
  }
  // One document, whatever the number of rows.
  if (stories_.size() > 1 && observation_.rows_as_json) documents = "[\n" + documents + "]\n";
  if (!documents.empty()) text_ += documents + "\n";
}

void Observers::write_files(std::int64_t end) {
  if (wave_) {
    wave_->finish(end);
    text_ += wave_->summary() + "\n";
  }
  if (timeline_) {
    timeline_->finish(end);
    text_ += "timeline        " + observation_.timeline + " (" + timeline_->axis() + ")\n" +
             timeline_->cut_text();
  }
  if (vectors_) text_ += vectors_->finish();
}

void Observers::finish(const Ending& ending, const std::vector<const cosim::RtlInfo*>& rtl,
                       const energy::Power& power, const report::RowTable& rows) {
  if (annotation_) text_ += annotation_->finish(rtl);
  show(power);
  write_files(ending.cycle);
  if (observation_.stop_at.any()) text_ += "no point of --stop-at was reached\n";
  tell_stories([&](const observe::RowStory& story) {
    observe::RowStory::Question question;
    question.scores = scores_of(story.row(), ending);
    question.token = observation_.token;
    question.usual = [&](const std::string& kind, observe::RowTime what, std::int64_t cycles) {
      return usual(rows, kind, what, cycles);
    };
    return question;
  });
}

void Observers::show(const energy::Power& power) {
  if (!wave_ && !timeline_) return;
  std::vector<observe::Levels> levels;
  for (const auto& series : power.components)
    levels.push_back({power_scope, stage::name_of(series.component), power.interval, series.mw});
  if (!levels.empty()) levels.push_back({power_scope, "total", power.interval, power.total});
  for (auto& level : levels)
    for (double& mw : level.values) mw = energy::shown(mw);
  if (timeline_ && !levels.empty()) timeline_->show(power_scope, "mW", levels);
  if (wave_) wave_->show(std::move(levels));
}

const std::string& Observers::break_off(std::int64_t cycle) {
  const std::int64_t end = cycle + 1;  // with what the last cycle shows
  context_.ledger.break_off(end);
  write_files(end);
  tell_stories([](const observe::RowStory&) { return observe::RowStory::Question(); });
  text_ = text_.substr(0, text_.find_last_not_of('\n') + 1);
  return text_;
}

observe::RowScores Observers::scores_of(const stage::RowTag& row, const Ending& ending) const {
  observe::RowScores scores;
  const auto& shape = config_.shape;
  scores.scores.resize(std::size_t(shape.tokens));
  // Sequences that are not all the same lie one behind the other.
  const int before = shape.distinct ? static_cast<int>(row.sequence) : 0;
  const workload::RowsView k{ending.k.row(0, before * shape.tokens), ending.k.head_stride,
                             ending.k.row_stride};
  workload::HeadScores(config_, k, row.head)
      .of(ending.q.row(row.head, before * shape.query_rows + static_cast<int>(row.row)),
          scores.scores.data());
  scores.ramp_lsb = ending.scales[row.head].ramp_lsb;
  scores.bits = config_.ima.bits;
  scores.columns = config_.attention.columns;
  scores.sub_k = config_.shares_of(row.sequence, row.row);
  scores.shares = config_.shares_out();
  if (!config_.selects_per_crossbar()) scores.head_k = config_.topk.winners;
  scores.reach = config_.topk.reach;
  scores.row_blocks = config_.score.row_blocks();
  scores.participants = config_.attention.mask.of(row.sequence, row.row);
  return scores;
}

}  // namespace topkima::platforms
