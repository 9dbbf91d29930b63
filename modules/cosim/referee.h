// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is done about differences between a model and the RTL beside it.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "stage/clock.h"
#include "stage/row_tag.h"

namespace topkima::cosim {

/// One disagreement.
struct Divergence {
  std::string block;       ///< "head3.topk0"
  std::string rtl;         ///< name and parameters of the RTL
  std::int64_t cycle = 0;  ///< in which it was found
  stage::RowTag row;
  std::string transaction;          ///< "step of code 7"
  std::string inputs;               ///< of the block in it, where known
  std::string field;                ///< "grant 1 column"
  std::string model, is;            ///< both values
  std::vector<std::string> before;  ///< the block's last transactions, oldest first
};

class Referee {
 public:
  struct Options {
    bool stop = true;    ///< at the first, else it is counted
    bool cycles = true;  ///< times are compared, not only values
  };

  explicit Referee(const Options& options) : options_(options) {}

  bool compares_cycles() const { return options_.cycles; }
  /// Keeps the first; stops the simulation if so asked.
  void report(Divergence divergence);

  /// A transaction has been compared.
  void note() { ++compared_; }

  std::int64_t count() const { return count_; }
  std::int64_t compared() const { return compared_; }
  const std::optional<Divergence>& first() const { return first_; }
  /// One line, and what there is to know, several.
  std::string headline(const stage::Clock& clock) const;
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
  Comparison(Referee& referee, std::string block, std::string rtl)
      : referee_(referee), block_(std::move(block)), rtl_(std::move(rtl)) {}

  bool compares_cycles() const { return referee_.compares_cycles(); }
  /// A transaction as the model did it, found or ended in `cycle`.
  void begin(const stage::RowTag& row, std::int64_t cycle, std::string transaction,
             std::string inputs = "");
  template <typename T>
  void field(const std::string& name, const T& model, const T& is) {
    if (model != is) differ(name, text(model), text(is));
  }
  void differ(const std::string& field, const std::string& model, const std::string& is);
  /// It becomes one of those before; `result` says how it ended.
  void end(const std::string& result);

 private:
  static std::string text(bool value) { return value ? "yes" : "no"; }
  static std::string text(std::int64_t value) { return std::to_string(value); }

  Referee& referee_;
  std::string block_, rtl_;
  stage::RowTag row_;
  std::int64_t cycle_ = 0;
  std::string transaction_, inputs_;
  bool differed_ = false;  ///< only the first field of a transaction counts
  std::deque<std::string> before_;
};

}  // namespace topkima::cosim
