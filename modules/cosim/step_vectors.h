// SPDX-License-Identifier: Apache-2.0
#pragma once
// Test vectors from the ramp steps that a counter serves: of the counter, and of the ramp.

#include "cosim/pin_contract.h"
#include "cosim/vector_set.h"
#include "stage/clock.h"
#include "stage/row_range.h"
#include "topk/topk_counter.h"

namespace topkima::cosim {

/// A transaction is a step. Steps of a ramp that ends before they do are not written.
class StepVectors : public topk::StepObserver {
 public:
  void armed(const stage::RampStep& step, const arith::TopkConfig& config, bool over) override;
  void begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void ended(bool stop) override;

 protected:
  StepVectors(VectorSet& set, const stage::Clock& clock, const stage::RowRange& rows)
      : set_(set), clock_(clock), rows_(rows) {}

  virtual void put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) = 0;
  virtual void put_end(bool stop, std::int64_t cycles) = 0;

  /// The present step is to be written.
  bool asked_for() const { return rows_.holds(row_.id); }

  VectorSet& set_;
  arith::TopkConfig conversion_;  ///< the present one
  bool first_ = true;             ///< the present step is its first

 private:
  const stage::Clock& clock_;
  stage::RowRange rows_;
  stage::RowTag row_;
  std::int64_t begun_ = 0;
};

class TopkVectors : public StepVectors, public tlm::tlm_analysis_if<stage::GrantRecord> {
 public:
  struct Config {
    int columns, code_bits;
    int winners;       ///< most grants of a conversion
    int start_cycles;  ///< before the first step, which expected times count to it
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes `counter` from now on. `set`: of that layout.
  TopkVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
              const stage::RowRange& rows, topk::TopkCounter& counter);

  void write(const stage::GrantRecord& grant) override;

 private:
  void put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void put_end(bool stop, std::int64_t cycles) override;

  Config config_;
  PinWidths widths_;
  int grants_ = 0, counted_ = 0;  ///< of the step, of the conversion
};

class RampVectors : public StepVectors {
 public:
  static RtlParameters parameters(int code_bits);
  static VectorSet::Layout layout(int code_bits);
  RampVectors(VectorSet& set, const stage::Clock& clock, const stage::RowRange& rows,
              topk::TopkCounter& counter);

 private:
  void put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void put_end(bool stop, std::int64_t cycles) override;
};

}  // namespace topkima::cosim
