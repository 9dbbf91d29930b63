#pragma once
// Why each column of a row was or was not selected, read from its scores.

#include <cstdint>
#include <string>
#include <vector>

namespace topkima::trace {

/// What a row's selection depends on.
struct RowScores {
  std::vector<std::int32_t> scores;  ///< of every token, crossbar after crossbar
  int ramp_lsb = 1;
  int bits = 5;            ///< of the ramp
  std::vector<int> split;  ///< columns of each crossbar
  std::vector<int> sub_k;  ///< winners of each crossbar
  int participants = 0;    ///< the first so many tokens take part
};

/// One column of a row.
struct Column {
  enum class Fate {
    selected,
    masked,      ///< its comparator was off
    lower_code,  ///< the counter was full before the ramp came to its code
    lost_tie,    ///< the last grants at its code went to lower addresses
  };

  int token, crossbar, address;
  std::int32_t score;
  int code;  ///< 0 when masked
  Fate fate;
  int grant = 0;      ///< 1 for the first grant of its crossbar; 0 when not selected
  int rank = 0;       ///< by score among all that take part, 1 the best; ties to the lower token
  int rank_here = 0;  ///< the same within its crossbar
};

class Selection {
 public:
  explicit Selection(const RowScores& row);

  /// By token.
  const std::vector<Column>& columns() const { return columns_; }
  /// Participating columns that were not selected, the best score first.
  std::vector<Column> not_selected() const;
  /// What befell a column, in words: "crossbar 0 had its k = 3 when the ramp stopped at code 7".
  std::string reason(const Column& column) const;

 private:
  struct Crossbar {
    int k;
    int granted = 0;
    int last_code = 0;     ///< code of the last grant
    int last_address = 0;  ///< its column
  };

  void convert(const RowScores& row, int crossbar, int first);

  std::vector<Column> columns_;
  std::vector<Crossbar> crossbars_;
};

}  // namespace topkima::trace
