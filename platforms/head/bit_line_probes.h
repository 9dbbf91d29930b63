// SPDX-License-Identifier: Apache-2.0
#pragma once
// The analogue side of one crossbar in a waveform: of its hundreds of bit lines those that are
// worth looking at. These are columns that the user names (`token17_mv`), and the highest of each
// row
// (`rank1_mv`), chosen when the row's pulses begin. Beside each, `token17` or `rank1` tells its
// column and score, "22@47", and from its grant on "22@47_won".

#include <tlm>
#include <vector>

#include "arith/column_map.h"
#include "crossbar/key_array.h"
#include "ima/ramp_ima.h"
#include "stage/probe.h"

namespace topkima::platforms {

class BitLineProbes : private tlm::tlm_analysis_if<stage::BitLineRecord>,
                      private tlm::tlm_analysis_if<stage::GrantRecord> {
 public:
  struct Config {
    int ranks;  ///< highest bit lines to show
    int crossbar;
    arith::ColumnMap columns;
    int first_address;        ///< of the crossbar's columns, to the counter that grants them
    std::vector<int> tokens;  ///< whose columns to show; those of other crossbars are left out
    double mv_per_unit;
  };

  /// Declares the signals in `scope`; `tile` and `ramp` must outlive the object. Bind the two
  /// interfaces to the tile and the counter of the crossbar.
  BitLineProbes(crossbar::KeyArray& tile, const ima::RampIma& ramp, stage::ProbeScope& scope,
                const Config& config);

  tlm::tlm_analysis_if<stage::BitLineRecord>& bit_lines() { return *this; }
  tlm::tlm_analysis_if<stage::GrantRecord>& grants() { return *this; }

 private:
  struct Line {
    int column = -1;  ///< none while negative
    stage::Probe name, mv;
  };

  void write(const stage::BitLineRecord& record) override;
  void write(const stage::GrantRecord& record) override;
  void declare(stage::ProbeScope& scope, const std::string& name, Line& line);
  void choose(const stage::BitLineRecord& record);
  std::string name_of(int column) const;

  crossbar::KeyArray& tile_;
  const ima::RampIma& ramp_;
  Config config_;
  bool watched_ = false;
  std::vector<Line> lines_;  ///< first the tokens', then the ranks
  std::size_t tokens_ = 0;
  std::vector<std::int32_t> scores_;
  std::vector<int> order_;
};

}  // namespace topkima::platforms
