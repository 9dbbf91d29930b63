// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mask unit of a head: from registers, which tokens take part in a row (docs/blocks/mask_unit.md).
// Each row has one interval of tokens, so that every crossbar's comparators follow from the two
// ends by a thermometer code.

#include <tlm_utils/passthrough_target_socket.h>

#include <systemc>

#include "arith/mask.h"
#include "registers/register_file.h"
#include "stage/row_tag.h"

namespace topkima::ima {

class MaskIf : public virtual sc_core::sc_interface {
 public:
  /// The tokens that take part in a row.
  virtual arith::Interval tokens_of(const stage::RowTag& row) const = 0;
};

class MaskUnit : public sc_core::sc_module, public MaskIf {
 public:
  tlm_utils::passthrough_target_socket<MaskUnit> control{"control"};  ///< registers "mask"

  /// `tokens`: of a sequence. After reset all of them take part in every row.
  MaskUnit(const sc_core::sc_module_name& name, int tokens);

  arith::Interval tokens_of(const stage::RowTag& row) const override;

 private:
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  int token_in(const registers::Register& r, std::uint32_t element) const;
  void read_registers();

  registers::RegisterFile registers_;
  arith::Mask mask_;  ///< as the registers say
};

}  // namespace topkima::ima
