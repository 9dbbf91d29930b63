// SPDX-License-Identifier: Apache-2.0
// The shift-and-add of a head's AV arrays.
#include "arith/fixed_point.h"
#include "cosim/annotation.h"
#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"
#include "cosim/pin_contract.h"
#include "cosim/shift_add_cases.h"
#include "cosim/shift_add_rtl.h"

namespace topkima::platforms {
namespace {

using config::Block;

using Vectors = cosim::ShiftAddVectors;

int arrays_of(const config::MachineConfig& config) {
  return arith::ceil_div(config.shape.tokens, config.av.rows);
}

class ShiftAddBlock : public BlockRtl {
 public:
  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t) const override {
    return cosim::fits_shift_add(parameters, av_arrays(config), arrays_of(config));
  }

  void attach(Cosimulation& cosimulation, const Place& place) const override {
    auto& pins =
        cosimulation.make<cosim::ShiftAddPins>(place.rtl, av_arrays(cosimulation.config()));
    cosimulation.put(place, place.head.av.shift_add, pins, stage::kinds::av);
  }

  std::unique_ptr<cosim::BlockVectors> record(const Recording& recording) const override {
    const Vectors::Config config{av_arrays(recording.config), arrays_of(recording.config)};
    return std::make_unique<Vectors>(
        recording.make_set(Vectors::parameters(config), Vectors::layout(config)), config,
        recording.clock, recording.rows, recording.head.av.shift_add);
  }

  std::unique_ptr<cosim::BlockCases> cover(const Covering& covering) const override {
    const Vectors::Config own{av_arrays(covering.config), arrays_of(covering.config)};
    const cosim::PinWidths sizes(covering.rtl ? *covering.rtl : Vectors::parameters(own));
    return std::make_unique<cosim::ShiftAddCases>(sizes.arrays, sizes.slices, sizes.d_k, own.values,
                                                  own.arrays, covering.clock,
                                                  covering.head.av.shift_add);
  }

  nlohmann::ordered_json timing(const config::MachineConfig& config) const override {
    return {{"av.shift_add_cycles", config.av.shift_add_cycles}};
  }

  void measure(Annotation& annotation, AttentionHead& head) const override {
    annotation.meter_values(stage::kinds::av, head.av.shift_add);
  }

  void annotate(Annotation& annotation) const override {
    const auto& rows = annotation.rows(stage::kinds::av);
    if (rows.empty()) return;
    const auto fit = cosim::fit_constant(rows);
    annotation.begin("av", fit.deviation, "row");
    annotation.put("shift_add_cycles", fit.cycles,
                   annotation.source({Block::shift_add}, fit.deviation));
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::shift_add>() {
  static const ShiftAddBlock block;
  return block;
}

}  // namespace topkima::platforms
