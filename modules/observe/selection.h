// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why each column of a row was or was not selected, read from its scores and codes.

#include <cstdint>
#include <string>
#include <vector>

#include "arith/column_map.h"
#include "arith/mask.h"

namespace topkima::observe {

/// What selects a row's winners (docs/baselines.md).
enum class Selector {
  ramp,    ///< the first crossings of each crossbar's ramp
  sorter,  ///< digital sorters behind full ramps
  none,    ///< every column that takes part goes on
};

/// What a row's selection depends on.
struct RowScores {
  std::vector<std::int32_t> scores;  ///< of every token
  int ramp_lsb = 1;
  int bits = 5;              ///< of the ramp
  arith::ColumnMap columns;  ///< where the tokens lie
  std::vector<int> sub_k;    ///< winners that each crossbar is asked for in this row
  bool shares = false;       ///< they follow the row's participants
  int head_k = 0;  ///< of one counter or sorter for the whole head; 0: each crossbar has its own
  int reach = 0;   ///< codes below the first crossing at which a ramp stops; 0: it does not
  int row_blocks = 1;  ///< arrays that share a column: its code is the sum of their codes
  arith::Interval participants{};  ///< tokens that take part
};

/// One column of a row.
struct Column {
  enum class Fate {
    selected,
    masked,        ///< its comparator was off
    lower_code,    ///< its selector was full of larger codes
    lost_tie,      ///< the last places at its code went to lower addresses
    beyond_reach,  ///< the ramp had stopped too far below its first crossing
  };

  int token, crossbar, address;
  std::int32_t score;
  int code;  ///< 0 when masked
  Fate fate;
  int grant = 0;      ///< 1 for the first of its counter or sorter; 0 when not selected
  int rank = 0;       ///< by score among all that take part, 1 the best; ties to the lower token
  int rank_here = 0;  ///< the same within its crossbar
};

class Selection {
 public:
  /// `codes`: of the columns that take part, where the machine has shown them; else they follow
  /// from the scores, which takes a single row block.
  explicit Selection(const RowScores& row, Selector selector = Selector::ramp,
                     const std::vector<int>& codes = {});

  /// The columns in the order of tokens.
  const std::vector<Column>& columns() const { return columns_; }
  /// Participating columns that were not selected, the best score first.
  std::vector<Column> not_selected() const;
  /// What befell a column, in words: "crossbar 0 had its k = 3 when the ramp stopped at code 7".
  std::string reason(const Column& column) const;
  /// The codes are those of the scores. Of several row blocks the score tells too little.
  bool scores_explain_codes() const { return codes_explained_; }

 private:
  /// Columns that compete: of a crossbar, or of the whole head.
  struct Group {
    std::vector<int> tokens;  ///< in ascending address
    int k;
    int granted = 0;
    int lowest = 0;      ///< code that the reach leaves
    int last_code = 0;   ///< of the last one selected
    int last_token = 0;  ///< its column
  };

  void take_columns(const RowScores& row, const std::vector<int>& codes);
  void take_codes(const RowScores& row, const std::vector<int>& codes);
  void select(Group group, int reach);
  void rank(std::size_t crossbars);
  const Group& group_of(const Column& column) const;
  std::string name_of(const Column& column) const;

  Selector selector_;
  bool shares_, joined_;
  bool codes_explained_ = true;
  std::vector<Column> columns_;
  std::vector<Group> groups_;
};

}  // namespace topkima::observe
