// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of a softmax unit (docs/pins/softmax.md): the pin adapters of its two halves, which machines
// it holds, and test vectors for it elsewhere.

#include <deque>
#include <functional>
#include <vector>

#include "cosim/row_pins.h"
#include "cosim/vector_set.h"
#include "softmax/softmax_unit.h"
#include "stage/clock.h"
#include "stage/row_range.h"

namespace topkima::cosim {

class ExponentPins : public RowPins {
 public:
  /// The exponent table as the model's registers hold it. It is written to the RTL when that is
  /// next idle.
  struct Table {
    std::function<std::uint32_t(std::uint32_t)> exponent;  ///< E by the distance from the largest.
    std::function<std::uint64_t()> writes;                 ///< Counts the changes of registers.
    int bits;                                              ///< Bits of a distance.
  };
  ExponentPins(RtlInstance& rtl, Table table, const RowLimits& limits);

 private:
  bool write_table();
  bool passes_by(const std::vector<unsigned char>& input) const override;
  void drive(const std::vector<unsigned char>& input) override;
  void read(std::vector<unsigned char>& output) override;
  void check() override { check_rest(result_); }

  Table table_;
  std::uint64_t loaded_ = 0;  ///< How many changes of registers the RTL has got.
  std::uint32_t next_ = 0;    ///< The entry to write next.
  RowLimits limits_;
  Fields result_;
};

class DividerPins : public RowPins {
 public:
  DividerPins(RtlInstance& rtl, const RowLimits& limits);
  std::string inputs(const std::vector<unsigned char>& input) const override;

 private:
  bool passes_by(const std::vector<unsigned char>& input) const override;
  void read(std::vector<unsigned char>& output) override;
  void check() override { check_rest(result_); }

  RowLimits limits_;
  Fields result_;
};

/// Empty where RTL with these parameters holds the machine, else what is wrong.
std::string fits_softmax(const RtlParameters& parameters, int winners, int tokens, int code_bits,
                         int prob_bits);

/// Rows without winners do not come to a softmax unit and have no line. The exponent table has a
/// file of its own: it is as it was when the first row came.
class SoftmaxVectors : public BlockVectors {
 public:
  struct Config {
    int winners, code_bits, tokens, prob_bits;
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes both halves of `unit` from now on. `set` must have the layout of this configuration.
  SoftmaxVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                 const stage::RowRange& rows, softmax::SoftmaxUnit& unit);

 private:
  struct Job {
    stage::RowTag row;
    std::vector<unsigned char> winners, exponents;
    std::int64_t begun = 0, cycles = 0;  ///< Of the half that has the row.
  };
  struct ExponentHalf : stage::ServiceObserver {
    explicit ExponentHalf(SoftmaxVectors& of) : vectors(of) {}
    void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
    void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;
    SoftmaxVectors& vectors;
  };
  struct DividerHalf : stage::ServiceObserver {
    explicit DividerHalf(SoftmaxVectors& of) : vectors(of) {}
    void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
    void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;
    SoftmaxVectors& vectors;
  };

  /// Null for a row that is not to be written.
  Job* job_of(const stage::RowTag& row);
  void write_table(std::size_t member);
  void write(const Job& job, const std::vector<unsigned char>& weights, std::int64_t cycles);

  VectorSet& set_;
  PinWidths widths_;
  const stage::Clock& clock_;
  stage::RowRange rows_;
  const softmax::ExponentStage& exponent_;
  VectorFile& table_;
  std::deque<Job> jobs_;  ///< The rows in both halves, that of the divider first.
  ExponentHalf exponent_half_{*this};
  DividerHalf divider_half_{*this};
};

}  // namespace topkima::cosim
