// SPDX-License-Identifier: Apache-2.0
#pragma once
// Judges the differences between a model and the RTL beside it.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "stage/clock.h"
#include "stage/row_tag.h"

namespace topkima::cosim {

/// "cycle 4999 (24.995 us)"
std::string cycle_text(std::int64_t cycle, const stage::Clock& clock);

/// Whose transactions are compared.
struct Subject {
  std::string block;       ///< "head3.topk0"
  std::string rtl;         ///< Name and parameters of the RTL.
  std::string start = "";  ///< Of a copy: what its registers start with, "zeros".
  bool of_rtl = false;     ///< RTL is in the model's place, and the copy is compared with that.

  bool is_copy() const { return !start.empty(); }
};

/// One disagreement.
struct Divergence {
  Subject subject;
  std::int64_t cycle = 0;  ///< When it was found.
  stage::RowTag row;
  std::string transaction;          ///< "step of code 7"
  std::string inputs;               ///< What the block was given in it, where that is known.
  std::string field;                ///< "grant 1 column"
  std::string model, is;            ///< The model's value and the RTL's.
  std::vector<std::string> before;  ///< The block's last transactions, the oldest first.
  bool impossible = false;          ///< It is an answer that no machine can use.
};

/// How many rows of a head copies of RTL follow that start with other registers.
constexpr std::uint32_t rows_of_copies = 4;

class Referee {
 public:
  struct Options {
    bool stop = true;    ///< The first one ends the run; otherwise all are counted.
    bool cycles = true;  ///< Times are compared, not only values.
  };

  explicit Referee(const Options& options) : options_(options) {}

  bool compares_cycles() const { return options_.cycles; }
  /// Keeps the first divergence, and stops the simulation if that is asked for.
  void report(Divergence divergence);

  /// Counts a transaction that has been compared.
  void note() { ++compared_; }

  std::int64_t count() const { return count_; }
  std::int64_t compared() const { return compared_; }
  const std::optional<Divergence>& first() const { return first_; }
  /// Tells the first divergence in one line.
  std::string headline(const stage::Clock& clock) const;
  /// Tells all that is known of it, in several lines.
  std::string text(const stage::Clock& clock) const;

 private:
  Options options_;
  std::int64_t count_ = 0, compared_ = 0;
  std::optional<Divergence> first_;
};

/// Compares transactions of one block with those of the RTL beside it, field by field, and keeps
/// the last ones.
class Comparison {
 public:
  Comparison(Referee& referee, Subject subject) : referee_(referee), subject_(std::move(subject)) {}

  bool compares_cycles() const { return referee_.compares_cycles(); }
  /// Whether what is compared with comes from RTL, too.
  bool of_rtl() const { return subject_.of_rtl; }
  /// Whether all rows are compared: a copy follows the first ones alone.
  bool follows_all() const { return !subject_.is_copy(); }
  /// Whether this one is.
  bool follows(const stage::RowTag& row) const {
    return follows_all() || (row.sequence == 0 && row.row < rows_of_copies);
  }
  /// Begins a transaction as the model did it; a difference is found in `cycle`.
  void begin(const stage::RowTag& row, std::int64_t cycle, std::string transaction,
             std::string inputs = "");
  template <typename T>
  void field(const std::string& name, const T& model, const T& is) {
    if (model != is) differ(name, text(model), text(is));
  }
  void differ(const std::string& field, const std::string& model, const std::string& is);
  /// RTL has answered in `cycle` what no machine can use: "counts 3 grants" where "1 was made".
  void impossible(std::int64_t cycle, const std::string& does, const std::string& expected);
  /// Ends the transaction, which becomes one of those before; `result` says how it ended.
  void end(const std::string& result);

 private:
  void report(const std::string& field, const std::string& model, const std::string& is,
              bool impossible);
  static std::string text(bool value) { return value ? "yes" : "no"; }
  static std::string text(std::int64_t value) { return std::to_string(value); }

  Referee& referee_;
  Subject subject_;
  stage::RowTag row_;
  std::int64_t cycle_ = 0;
  std::string transaction_, inputs_;
  bool differed_ = false;  ///< Only the first field of a transaction that differs counts.
  std::deque<std::string> before_;
};

}  // namespace topkima::cosim
