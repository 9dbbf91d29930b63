// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the pin adapters of blocks that serve rows have in common: union, sorter, exponent half and
// divider half of a softmax unit, shift-and-add (docs/pins/).
//
// One row is outstanding in each. `serve` offers it in the cycle in which the stage has taken it
// into service and waits, in the stage's process, for its result; no delay is annotated. `taken`
// tells the RTL, in that cycle, that the next stage has the result. A row's service takes at least
// one cycle. Where a hand-off lies within the RTL (exponents to divider), the same ready pin lets
// the row go on, and beside a model that is ahead it waits until the stage behind it is free, as
// it is in the model's place. A row without winners does not reach a softmax unit.

#include <vector>

#include "cosim/pin_contract.h"
#include "cosim/rtl_instance.h"
#include "stage/link.h"
#include "stage/stage.h"

namespace topkima::cosim {

class RowPins : public stage::RowCircuit {
 public:
  void serve(const stage::RowTag& row, const std::vector<unsigned char>& input,
             std::vector<unsigned char>& output) override;
  void taken(const stage::RowTag& row) override;
  bool open() const override { return open_; }
  /// A row's input in words, for reports.
  virtual std::string inputs(const std::vector<unsigned char>& input) const;

 protected:
  /// `offered` is the pin that says that a row is there: valid to the RTL, with the row's fields,
  /// or ready, where the row comes from within the RTL. `accepted` is the RTL's answer to that; it
  /// is null where `taken` of the block before has driven `offered`. `valid` and `ready` belong to
  /// the result.
  RowPins(RtlInstance& rtl, Pin& offered, Pin* accepted, Pin& valid, Pin& ready);

  /// Whether the row does not go through the RTL.
  virtual bool passes_by(const std::vector<unsigned char>& input) const { return false; }
  /// Drives the row's fields; there is nothing to drive where the row comes from within the RTL.
  virtual void drive(const std::vector<unsigned char>& input) {}
  /// Gives the RTL the row, at once or part after part.
  virtual void give(const std::vector<unsigned char>& input) {
    drive(input);
    offer();
  }
  /// Offers what is driven. Returns in the cycle behind the edge that takes it.
  void offer();
  virtual void read(std::vector<unsigned char>& output) = 0;
  /// Fails where a result is wrong on pins that nobody reads.
  virtual void check() = 0;

  /// The pins with the entries of a result.
  struct Fields {
    Pin& count;
    Pin& token;
    Pin& code;
    int token_bits, code_bits;
    bool is_signed;
  };
  /// Reads the entries and fails where they are impossible in this machine.
  void read_entries(const Fields& fields, int most, int tokens, std::vector<unsigned char>& output);
  /// Fails unless the fields beyond the count are 0.
  void check_rest(const Fields& fields);
  [[noreturn]] void fail(const std::string& does, const std::string& expected) const {
    rtl_.fail(row_, inputs(input_), does, expected);
  }

  const stage::RowTag& row() const { return row_; }

  RtlInstance& rtl_;
  PinWidths widths_;

 private:
  void wait_for_room();
  void wait_for_result();

  Pin& offered_;
  Pin* accepted_;
  Pin &valid_, &ready_;
  RtlInstance::HandOff &before_, &behind_;
  stage::RowTag row_;
  bool in_rtl_ = false;  ///< The present row has not passed by.
  bool open_ = false;
  std::vector<unsigned char> input_;   ///< The present row's.
  std::vector<unsigned char> answer_;  ///< The result, which must stay until it is taken.
};

/// Sizes of the machine that bound what RTL may answer.
struct RowLimits {
  int winners;  ///< Most winners of a row.
  int tokens;   ///< Tokens of the sequence.
};

/// "5@7", of a token or column and what belongs to it.
inline std::string entry_text(std::int64_t place, std::int64_t value) {
  return std::to_string(place) + "@" + std::to_string(value);
}

/// The number of entries of a row.
inline int count_of(const std::vector<unsigned char>& row) {
  return stage::EntryRow(row.data()).header.count;
}

}  // namespace topkima::cosim
