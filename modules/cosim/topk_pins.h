// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pin adapter of a top-k counter: ramp steps in, grants out (docs/pins/topk.md). One step is
// outstanding. The call that brings it waits, in its own process, until the RTL has taken it; that
// is where annotated delay has been spent already. What the RTL grants is checked for being
// possible at all, so that a wrong one cannot do harm beyond its values.

#include "cosim/rtl_instance.h"
#include "stage/stall.h"
#include "topk/topk_counter.h"

namespace topkima::cosim {

class TopkPins : public topk::GrantCircuit {
 public:
  /// `lane`: which crossbar's pins, of a block that has several. `columns`: of this crossbar.
  TopkPins(RtlInstance& rtl, int lane, int columns, const stage::Stall& stall);

  bool arm(const stage::RowTag& row, const arith::TopkConfig& config, int participants) override;
  Result step(const stage::RampStep& step, const std::vector<std::uint64_t>& fired,
              Sink& sink) override;

 private:
  void drive(const stage::RampStep& step, const std::vector<std::uint64_t>& fired);
  void take_grants(Sink& sink);

  RtlInstance& rtl_;
  int lane_, columns_;
  const stage::Stall& stall_;
  Pin *skip_ = nullptr, *row_valid_ = nullptr;  ///< of a block that has the union too
  int code_bits_, column_bits_, count_bits_, grants_, most_columns_;
  Pin &step_valid_, &step_first_, &step_last_, &step_code_, &crossing_, &k_, &exhaust_,
      &participants_, &grant_ready_;
  Pin &step_ready_, &stop_, &grant_valid_, &grant_column_, &grant_code_, &count_;

  std::int64_t converted_ = 0;  ///< rows

  // The conversion under way.
  stage::RowTag row_;
  bool first_ = true;
  std::int64_t grant_cycles_ = 0;  ///< in which a grant was offered
  int granted_ = 0, most_grants_ = 0;
};

/// What a block of some crossbars needs for columns, codes.
std::string fits_topk(const RtlParameters& parameters, int columns, int code_bits);

}  // namespace topkima::cosim
