// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of a top-k counter (docs/pins/topk.md): its pin adapter, which machines it holds, and test
// vectors for it elsewhere.

#include "cosim/rtl_instance.h"
#include "cosim/step_vectors.h"
#include "stage/stall.h"
#include "topk/topk_counter.h"

namespace topkima::cosim {

/// "crossing 3 10 60", or "no crossing".
std::string crossing_text(const std::vector<std::uint64_t>& fired);
/// What the pin `reach` of so many bits says: 0 for a reach of the whole ramp or more, whose end no
/// step meets.
std::uint64_t reach_at_pins(int reach, int code_bits);
/// "crossing 3 10 60, k 5, 65 participants": what a step gives a counter.
std::string step_inputs(const std::vector<std::uint64_t>& fired, int k, int participants);

/// Ramp steps go in, grants come out. One step is outstanding. The call that brings it waits, in
/// its own process, until the RTL has taken it; that is where annotated delay has been spent
/// already. What the RTL grants is checked for being possible at all, so that a wrong grant cannot
/// do harm beyond its values.
class TopkPins : public topk::GrantCircuit {
 public:
  /// `lane` says which crossbar's pins these are, of a block that has several. `columns` is the
  /// size of this crossbar.
  TopkPins(RtlInstance& rtl, int lane, int columns, const stage::Stall& stall);

  bool arm(const stage::RowTag& row, const arith::TopkConfig& config, int participants) override;
  Result step(const stage::RampStep& step, const std::vector<std::uint64_t>& fired,
              Sink& sink) override;

 private:
  void drive(const stage::RampStep& step, const std::vector<std::uint64_t>& fired);
  void take_grants(Sink& sink);
  [[noreturn]] void fail(const std::string& does, const std::string& expected) const;

  RtlInstance& rtl_;
  int lane_, columns_;
  const stage::Stall& stall_;
  Pin *skip_ = nullptr, *row_valid_ = nullptr;  ///< Only a block that has the union too has these.
  int code_bits_, column_bits_, count_bits_, grants_, most_columns_;
  Pin &step_valid_, &step_first_, &step_last_, &step_code_, &crossing_, &k_, &exhaust_,
      &participants_, &reach_, &grant_ready_;
  Pin &step_ready_, &stop_, &grant_valid_, &grant_column_, &grant_code_, &count_;

  std::int64_t converted_ = 0;  ///< Rows that this crossbar has converted.

  // The conversion under way.
  stage::RowTag row_;
  int limit_ = 0, enabled_ = 0;  ///< k and the participants.
  std::vector<std::uint64_t> fired_;
  bool first_ = true;
  std::int64_t grant_cycles_ = 0;  ///< Cycles in which a grant was offered.
  int granted_ = 0, most_grants_ = 0;
};

/// Empty where RTL with these parameters holds a crossbar of so many columns, else what is wrong.
std::string fits_topk(const RtlParameters& parameters, int columns, int code_bits);

class TopkVectors : public StepVectors, public tlm::tlm_analysis_if<stage::GrantRecord> {
 public:
  struct Config {
    int columns, code_bits;
    int winners;       ///< Most grants of a conversion.
    int start_cycles;  ///< What a first step waits for; the times expected of it include this.
  };

  static RtlParameters parameters(const Config& config);
  static VectorSet::Layout layout(const Config& config);
  /// Observes `counter` from now on. `set` must have the layout of this configuration.
  TopkVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
              const stage::RowRange& rows, topk::TopkCounter& counter);

  void write(const stage::GrantRecord& grant) override;

 private:
  void put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void put_end(bool stop, std::int64_t cycles) override;

  Config config_;
  PinWidths widths_;
  int grants_ = 0, counted_ = 0;  ///< Grants of the step, and of the conversion.
};

}  // namespace topkima::cosim
