// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything that befell one row of one head: its way from stage to stage, its conversion, its
// winners, and why other tokens were not among them.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tlm>
#include <vector>

#include "observe/selection.h"
#include "stage/link.h"
#include "stage/row_range.h"
#include "stage/stage.h"

namespace topkima::observe {

/// What a row did in a stage of its head, or on its whole way through the head.
enum class RowTime { waited, busy, blocked, whole };

/// What as many cycles as a row took are among all rows of all heads.
struct Usual {
  std::int64_t rows;
  std::int64_t low, median, high;  ///< a tenth of the rows took less than `low`, more than `high`
  double faster, slower;           ///< shares of the rows that took less, or more
};

class RowStory : public stage::LedgerObserver {
 public:
  /// Observes the ledger of `context` from now on.
  RowStory(std::uint64_t id, const stage::RowNumbers& numbers, stage::Context& context);

  tlm::tlm_analysis_if<stage::ConversionRecord>& conversions() { return conversions_; }
  /// Behind full ramps: the codes of all columns that take part.
  tlm::tlm_analysis_if<stage::EntriesRecord>& codes() { return codes_; }
  tlm::tlm_analysis_if<stage::EntriesRecord>& winners() { return winners_; }
  tlm::tlm_analysis_if<stage::EntriesRecord>& probabilities() { return probabilities_; }
  tlm::tlm_analysis_if<stage::OutputRecord>& outputs() { return outputs_; }

  void entered(stage::StageId stage, stage::Activity activity, const stage::RowTag& row,
               std::int64_t cycle) override;
  void ended(const stage::Span& span) override;
  void queued(stage::StageId stage, const stage::RowTag& row, int rows,
              std::int64_t cycle) override;

  struct Question {
    Selector selector = Selector::ramp;
    std::optional<RowScores> scores;  ///< without them nothing is said of tokens not selected
    std::optional<int> token;         ///< a token to say everything about; needs the scores
    int runners_up = 5;               ///< how many of those not selected to list
    int most_listed = 20;             ///< of the columns of a row without selection, in a text
    int prob_bits = 5;                ///< a probability is a share of 2^prob_bits - 1
    /// What others took, by kind of stage; may be empty, and gives nothing for what no head has.
    std::function<std::optional<Usual>(const std::string& kind, RowTime what, std::int64_t cycles)>
        usual;
  };
  /// The row's sequence, head and row: for whom the scores are.
  const stage::RowTag& row() const { return row_; }
  /// Everything that is known, for a terminal. Throws ConfigError when there is no such token.
  std::string text(const Question& question) const;
  /// The same as a JSON object.
  std::string json(const Question& question) const;

 private:
  /// What one stage did with the row. -1: not (yet).
  struct Stay {
    stage::StageId stage;
    std::int64_t arrived = -1, begun = -1, taken = -1, finished = -1, left = -1;
    std::int64_t starved = 0;  ///< the stage, before the row came
    stage::StageId starved_by = stage::nobody;
    std::int64_t blocked = 0;
    std::vector<std::pair<stage::StageId, std::int64_t>> blocked_by;

    std::int64_t first() const { return arrived >= 0 ? arrived : begun; }
    std::int64_t last() const { return std::max(finished, left); }
  };
  template <typename Record>
  struct Sink : tlm::tlm_analysis_if<Record> {
    using See = void (RowStory::*)(const Record&);
    Sink(RowStory& of, See shown) : story(of), see(shown) {}
    void write(const Record& record) override {
      if (record.tag.id == story.row_.id) (story.*see)(record);
    }
    RowStory& story;
    See see;
  };
  struct Conversion {
    int crossbar, steps, cycles;
  };

  void see_conversion(const stage::ConversionRecord& record);
  void see_codes(const stage::EntriesRecord& record);
  void see_winners(const stage::EntriesRecord& record);
  void see_probabilities(const stage::EntriesRecord& record);
  void see_output(const stage::OutputRecord& record);

  bool is_mine(stage::StageId stage, const stage::RowTag& row) const;
  Stay& stay(stage::StageId stage);
  std::string way() const;
  /// A time of the row, and what is usual for it.
  struct Compared {
    std::string kind;  ///< empty: the whole way
    RowTime what;
    std::int64_t cycles;
    Usual usual;
  };
  std::vector<Compared> compared(const Question& question) const;
  std::string usual_text(const Question& question) const;
  std::string conversion_text(const Question& question) const;
  std::string winners_text(const Question& question,
                           const std::optional<Selection>& selection) const;
  /// Places in the lists of winners and probabilities, in the order in which a text shows them.
  std::vector<std::size_t> listed(const Question& question) const;
  std::string rest_text(const Question& question, const std::vector<std::size_t>& places) const;
  /// The selection, where there are scores; throws ConfigError when there is no such token.
  std::optional<Selection> selection(const Question& question) const;
  bool explains_winners(const Selection& selection) const;

  stage::RowTag row_;
  stage::Context& context_;
  std::vector<Stay> stays_;  ///< in the order of arrival
  std::vector<Conversion> conversions_seen_;
  std::vector<stage::TokenCode> winners_seen_, probabilities_seen_;
  std::vector<int> codes_seen_;  ///< by token
  std::optional<std::vector<std::int32_t>> output_;
  Sink<stage::ConversionRecord> conversions_;
  Sink<stage::EntriesRecord> codes_, winners_, probabilities_;
  Sink<stage::OutputRecord> outputs_;
};

}  // namespace topkima::observe
