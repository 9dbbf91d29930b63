// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mask unit of a head: from registers, which tokens take part in a row, which columns of each
// crossbar those are, and each crossbar's share of k (docs/blocks/mask_unit.md). Each row has one
// interval of tokens, so that every crossbar's comparators follow from two ends by a thermometer
// code. The unit works while the bit lines are charged and costs no cycle.

#include <tlm_utils/passthrough_target_socket.h>

#include <systemc>

#include "arith/column_map.h"
#include "arith/mask.h"
#include "registers/register_file.h"
#include "stage/row_mask.h"

namespace topkima::ima {

class MaskUnit : public sc_core::sc_module, public stage::MaskIf {
 public:
  tlm_utils::passthrough_target_socket<MaskUnit> control{"control"};  ///< registers "mask"

  /// `columns`: where the tokens of a sequence lie. After reset all of them take part in every
  /// row, and each counter's k is its own.
  MaskUnit(const sc_core::sc_module_name& name, const arith::ColumnMap& columns);

  const stage::RowMask& of(const stage::RowTag& row) const override;

 private:
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  int token_in(const registers::Register& r, std::uint32_t element) const;
  void read_registers();
  void look_at(const arith::Interval& tokens) const;

  registers::RegisterFile registers_;
  arith::ColumnMap columns_;
  arith::Mask mask_;  ///< as the registers say
  int shared_k_ = 0;
  mutable stage::RowMask last_;  ///< what the last row was told; of many rows it is the same
};

}  // namespace topkima::ima
