// SPDX-License-Identifier: Apache-2.0
#include "observe/row_story.h"

#include "config/errors.h"
#include "stage/instance_names.h"

namespace topkima::observe {

using stage::Activity;
using stage::RowTag;
using stage::Span;
using stage::StageId;

RowStory::RowStory(std::uint64_t id, const stage::RowNumbers& numbers, stage::Context& context)
    : row_(numbers.tag(id)),
      context_(context),
      conversions_(*this, &RowStory::see_conversion),
      codes_(*this, &RowStory::see_codes),
      winners_(*this, &RowStory::see_winners),
      probabilities_(*this, &RowStory::see_probabilities),
      outputs_(*this, &RowStory::see_output) {
  context.ledger.observe(*this);
}

bool RowStory::is_mine(StageId stage, const RowTag& row) const {
  if (row.of_head()) return row.id == row_.id;
  // Of the tokens without an id only the one that becomes this row is of interest.
  return row.row == row_.row && row.sequence == row_.sequence &&
         context_.ledger.name(stage) == stage::kinds::projection_q.name;
}

RowStory::Stay& RowStory::stay(StageId stage) {
  for (auto& stay : stays_)
    if (stay.stage == stage) return stay;
  stays_.emplace_back();
  stays_.back().stage = stage;
  return stays_.back();
}

void RowStory::queued(StageId stage, const RowTag& row, int rows, std::int64_t cycle) {
  if (!is_mine(stage, row)) return;
  Stay& stay = this->stay(stage);
  (stay.arrived < 0 ? stay.arrived : stay.left) = cycle;
}

void RowStory::entered(StageId stage, Activity activity, const RowTag& row, std::int64_t cycle) {
  if (activity == Activity::starved || !is_mine(stage, row)) return;
  Stay& stay = this->stay(stage);
  if (stay.begun < 0) stay.begun = cycle;
  if (activity == Activity::busy) stay.taken = cycle;
}

void RowStory::ended(const Span& span) {
  if (!is_mine(span.stage, span.row)) return;
  // After the end of the run a stage waits for no row.
  if (span.activity == Activity::starved && span.by == stage::nobody) return;
  Stay& stay = this->stay(span.stage);
  if (span.activity == Activity::starved) {
    stay.starved = span.end - span.begin;
    stay.starved_by = span.by;
    return;
  }
  if (span.activity == Activity::busy) {
    stay.finished = span.end;
    return;
  }
  stay.blocked += span.end - span.begin;
  stay.blocked_by.emplace_back(span.by, span.end - span.begin);
}

void RowStory::see_conversion(const stage::ConversionRecord& record) {
  conversions_seen_.push_back({record.crossbar, record.steps, record.cycles});
}

void RowStory::see_codes(const stage::EntriesRecord& record) {
  codes_seen_.clear();
  for (int i = 0; i < record.count; ++i) codes_seen_.push_back(record.entries[i].code);
}

void RowStory::see_winners(const stage::EntriesRecord& record) {
  winners_seen_.assign(record.entries, record.entries + record.count);
}

void RowStory::see_probabilities(const stage::EntriesRecord& record) {
  probabilities_seen_.assign(record.entries, record.entries + record.count);
}

void RowStory::see_output(const stage::OutputRecord& record) {
  output_.emplace(record.values, record.values + record.count);
}

std::optional<Selection> RowStory::selection(const Question& question) const {
  if (!question.scores) return std::nullopt;
  const auto tokens = static_cast<int>(question.scores->scores.size());
  if (question.token && (*question.token < 0 || *question.token >= tokens))
    throw ConfigError("there is no token " + std::to_string(*question.token) +
                      ": tokens are 0 to " + std::to_string(tokens - 1));
  return Selection(*question.scores, question.selector, codes_seen_);
}

bool RowStory::explains_winners(const Selection& selection) const {
  if (!selection.scores_explain_codes()) return false;
  std::size_t selected = 0;
  for (const auto& column : selection.columns()) selected += column.fate == Column::Fate::selected;
  if (selected != winners_seen_.size()) return false;
  for (const auto& winner : winners_seen_) {
    const auto token = static_cast<std::size_t>(winner.token);
    if (token >= selection.columns().size()) return false;
    const Column& column = selection.columns()[token];
    if (column.fate != Column::Fate::selected || column.code != winner.code) return false;
  }
  return true;
}

}  // namespace topkima::observe
