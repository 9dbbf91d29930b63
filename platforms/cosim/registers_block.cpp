// SPDX-License-Identifier: Apache-2.0
// The controller's registers of a SoC.
#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"
#include "cosim/registers_cases.h"
#include "cosim/registers_rtl.h"
#include "registers/register_map.h"

namespace topkima::platforms {
namespace {

using config::Block;

class RegistersBlock : public SocBlockRtl {
 public:
  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig&,
                   std::size_t) const override {
    const registers::RegisterFile file(registers::block("controller"));
    return cosim::fits_registers(parameters, file.values().size(), registers::controller_window);
  }

  std::vector<std::string> instances() const override { return {config::word(Block::registers)}; }

  void attach_to(const SocParts& soc, Cosimulation& cosimulation, const AnyPlace& place,
                 std::size_t) const override {
    auto& file = soc.controller.registers();
    auto& pins = cosimulation.make<cosim::RegisterPins>(place.rtl, file);
    if (place.in_the_models_place()) return file.replace(pins);
    cosimulation.make_twin<cosim::RegisterTwin>(config::word(Block::registers), place, pins, file);
  }

  std::unique_ptr<cosim::BlockVectors> record_in(const SocParts& soc,
                                                 const MakeSet& make_set) const override {
    using Vectors = cosim::RegisterVectors;
    const auto parameters = Vectors::parameters(registers::controller_window);
    return std::make_unique<Vectors>(make_set(parameters, Vectors::layout(parameters)),
                                     soc.controller.registers());
  }

  std::unique_ptr<cosim::BlockCases> cover_in(const SocParts& soc) const override {
    return std::make_unique<cosim::RegisterCases>(soc.controller.registers());
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::registers>() {
  static const RegistersBlock block;
  return block;
}

}  // namespace topkima::platforms
