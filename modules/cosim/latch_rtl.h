// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of the code latches behind one array (docs/pins/latch.md): its pin adapter, which machines it
// holds, and test vectors for it elsewhere.

#include "cosim/rtl_instance.h"
#include "cosim/step_vectors.h"
#include "topk/code_latch.h"

namespace topkima::cosim {

/// Ramp steps go in, and behind the last one the codes of all columns come out. One step is
/// outstanding. The calls wait in the process that brings the steps, where annotated delay has been
/// spent already. A code of every column that takes part, and of no other, is demanded: without
/// that the machine could not go on.
class LatchPins : public topk::LatchCircuit {
 public:
  /// `columns` is the size of this array.
  LatchPins(RtlInstance& rtl, int columns);

  void arm(const stage::RowTag& row, int participants) override;
  std::int64_t step(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  std::int64_t read(std::vector<std::int16_t>& codes) override;
  void taken() override;

 private:
  void drive(const stage::RampStep& step);
  std::vector<std::int16_t> codes();
  [[noreturn]] void fail(const std::string& does, const std::string& expected) const;

  RtlInstance& rtl_;
  int columns_;
  int code_bits_, most_columns_;
  Pin &step_valid_, &step_first_, &step_last_, &step_code_, &crossing_, &out_ready_;
  Pin &step_ready_, &out_valid_, &out_latched_, &out_code_;

  // The conversion under way.
  stage::RowTag row_;
  int enabled_ = 0;
  bool first_ = true;
  std::vector<std::uint64_t> fired_, crossed_;  ///< In the present step, and in any so far.
  std::vector<std::int16_t> answer_;  ///< The codes, which must stay until they are taken.
};

/// Empty where RTL with these parameters holds an array of so many columns, else what is wrong.
std::string fits_latch(const RtlParameters& parameters, int columns, int code_bits);

/// The codes stand in the line of a conversion's last step.
class LatchVectors : public StepVectors {
 public:
  struct Config {
    int columns, code_bits;
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes `latch` from now on. `set` must have the layout of this configuration.
  LatchVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
               const stage::RowRange& rows, topk::CodeLatch& latch);

  void latched(const std::vector<std::int16_t>& codes) override;

 private:
  void put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void put_end(bool stop, std::int64_t cycles) override;

  PinWidths widths_;
};

}  // namespace topkima::cosim
