// SPDX-License-Identifier: Apache-2.0
#pragma once
// Joins the crossbars of a head to one as wide as all, for one counter: the ramps fall in lock
// step, no ramp falls while any request is left (a wired-or), and what stops one stops all
// (docs/blocks/crossbar_join.md). Not of the paper: docs/hardware.md, section 7.
//
// Columns are addressed crossbar after crossbar. Crossbars that rest in a row, as the mask says,
// are not waited for; their columns take no part.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <vector>

#include "stage/link.h"
#include "stage/ramp_step.h"
#include "stage/row_mask.h"

namespace topkima::topk {

class CrossbarJoin : public sc_core::sc_module,
                     public tlm::tlm_analysis_if<stage::ConversionRecord>,
                     private stage::RampStep::Accepted {
 public:
  /// One per crossbar: int16[columns], comparator_off where a column takes no part. The codes go on
  /// with those of the last crossbar of a row, which gets the conversion's cycles as delay.
  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<CrossbarJoin>> codes{"codes"};
  /// Cycle fidelity, one per crossbar: ramp steps. A call returns when all crossbars that are live
  /// have made theirs, and its requests are granted.
  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<CrossbarJoin>> crossings{
      "crossings"};
  tlm_utils::simple_initiator_socket<CrossbarJoin> joined_codes{"joined_codes"};
  tlm_utils::simple_initiator_socket<CrossbarJoin> joined_crossings{"joined_crossings"};
  /// Each live crossbar's conversion, for its ramp and for observers.
  tlm::tlm_analysis_port<stage::ConversionRecord> conversions{"conversions"};
  sc_core::sc_port<stage::MaskIf> mask{"mask"};

  /// `columns`: of each crossbar.
  CrossbarJoin(const sc_core::sc_module_name& name, const std::vector<int>& columns);

  /// The counter's conversion, which is each live crossbar's.
  void write(const stage::ConversionRecord& conversion) override;

 private:
  void take_codes(int crossbar, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void take_step(int crossbar, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void begin(const stage::RowTag& row);
  void add(int crossbar, const stage::RampStep& step);
  void make_step();
  void accepted(bool stop) override;

  std::vector<int> columns_, bases_;
  std::vector<char> is_live_;  ///< in the present row
  int waited_for_ = 0;         ///< crossbars whose part of the present row or step is missing

  std::vector<std::int16_t> codes_;
  stage::RowPayload codes_payload_;

  // The step under way, at cycle fidelity.
  std::vector<std::uint64_t> fired_;
  std::vector<std::uint64_t> part_;  ///< of one crossbar, as it came
  stage::StepPayload step_;
  std::vector<stage::RampStep::Accepted*> listeners_;
  std::int64_t made_ = 0;  ///< steps so far
  sc_core::sc_event made_step_;
};

}  // namespace topkima::topk
