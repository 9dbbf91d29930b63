// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pin adapters of blocks that serve rows: union, exponents, divider (docs/pins/).
//
// One row is outstanding in each. `serve` offers it in the cycle in which the stage has taken it
// into service and waits, in the stage's process, for its result; no delay is annotated. `taken`
// tells the RTL, in that cycle, that the next stage has the result. A row's service takes at least
// one cycle. Where a hand-off lies within the RTL (exponents to divider), the same ready pin lets
// the row go on. A row without winners does not reach a softmax unit.

#include <vector>

#include "arith/topk.h"
#include "cosim/pin_contract.h"
#include "cosim/rtl_instance.h"
#include "stage/link.h"
#include "stage/stage.h"

namespace topkima::cosim {

/// What all of them do.
class RowPins : public stage::RowCircuit {
 public:
  void serve(const stage::RowTag& row, const std::vector<unsigned char>& input,
             std::vector<unsigned char>& output) override;
  void taken(const stage::RowTag& row) override;
  bool open() const override { return open_; }

 protected:
  /// `offered`: the pin that says a row is there, valid to the RTL with its fields or, within the
  /// RTL, ready; null: `taken` of the block before has said it. `accepted`: its answer, or null.
  /// `valid`, `ready`: of the result.
  RowPins(RtlInstance& rtl, Pin* offered, Pin* accepted, Pin& valid, Pin& ready);

  virtual bool passes_by(const std::vector<unsigned char>& input) const { return false; }
  virtual void drive(const std::vector<unsigned char>& input) {}
  virtual void read(std::vector<unsigned char>& output) = 0;
  /// What a result has on pins that nobody reads: fails where it is wrong.
  virtual void check() = 0;

  /// The entries of a result, checked for being possible.
  struct Fields {
    Pin& count;
    Pin& token;
    Pin& code;
    int token_bits, code_bits;
    bool is_signed;
  };
  void read_entries(const Fields& fields, int most, int tokens, std::vector<unsigned char>& output);
  /// Fields beyond the count must be 0.
  void check_rest(const Fields& fields);
  [[noreturn]] void fail(const std::string& what) const { rtl_.fail(row_, what); }

  RtlInstance& rtl_;
  PinWidths widths_;

 private:
  void wait_for_result();

  Pin *offered_, *accepted_;
  Pin &valid_, &ready_;
  stage::RowTag row_;
  bool in_rtl_ = false;  ///< the row has not passed by
  bool open_ = false;
  std::vector<unsigned char> answer_;  ///< until it is taken
};

/// Sizes of the machine that bound what RTL may answer.
struct RowLimits {
  int winners;  ///< of a row
  int tokens;   ///< of the sequence
};

class UnionPins : public RowPins {
 public:
  /// `first_columns`: of the crossbars that the machine has.
  UnionPins(RtlInstance& rtl, const std::vector<int>& first_columns, const RowLimits& limits);
  void taken(const stage::RowTag& row) override;

 private:
  void drive(const std::vector<unsigned char>& input) override;
  void read(std::vector<unsigned char>& output) override;
  void check() override;

  bool inside_;  ///< a block that has the counters too
  std::vector<int> first_columns_;
  RowLimits limits_;
  Fields result_;
  Pin& max_;
  std::int32_t largest_ = 0;  ///< code of the row, 0 without any
};

class ExponentPins : public RowPins {
 public:
  /// E by distance, as the registers hold it now; `writes` counts their changes. Loaded when the
  /// RTL is next idle.
  struct Table {
    std::function<std::uint32_t(std::uint32_t)> exponent;
    std::function<std::uint64_t()> writes;
    int bits;
  };
  ExponentPins(RtlInstance& rtl, Table table, const RowLimits& limits);

 private:
  bool write_table();
  bool passes_by(const std::vector<unsigned char>& input) const override;
  void drive(const std::vector<unsigned char>& input) override;
  void read(std::vector<unsigned char>& output) override;
  void check() override { check_rest(result_); }

  Table table_;
  std::uint64_t loaded_ = 0;  ///< writes that it has seen
  std::uint32_t next_ = 0;    ///< entry to load
  RowLimits limits_;
  Fields result_;
};

class DividerPins : public RowPins {
 public:
  DividerPins(RtlInstance& rtl, const RowLimits& limits);

 private:
  bool passes_by(const std::vector<unsigned char>& input) const override;
  void read(std::vector<unsigned char>& output) override;
  void check() override { check_rest(result_); }

  RowLimits limits_;
  Fields result_;
};

std::string fits_union(const RtlParameters& parameters, const std::vector<int>& split,
                       const std::vector<int>& sub_k, int tokens, int code_bits);
/// `queue_depth`: rows that may wait before the union.
std::string fits_macro(const RtlParameters& parameters, const std::vector<int>& split,
                       const std::vector<int>& sub_k, int tokens, int code_bits, int prob_bits,
                       int queue_depth);
std::string fits_softmax(const RtlParameters& parameters, int winners, int tokens, int code_bits,
                         int prob_bits);

}  // namespace topkima::cosim
