// SPDX-License-Identifier: Apache-2.0
// The code latches of a head, a bank behind the ramp of every array.
#include "cosim/annotation.h"
#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"
#include "cosim/latch_cases.h"
#include "cosim/latch_rtl.h"
#include "cosim/pin_contract.h"
#include "stage/instance_names.h"

namespace topkima::platforms {
namespace {

using config::Block;

class LatchBlock : public BlockRtl {
 public:
  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t array) const override {
    return cosim::fits_latch(parameters, columns_of(config, array), config.ima.bits);
  }

  void attach(Cosimulation& cosimulation, const Place& place) const override {
    auto& latch = place.head.latches[place.crossbar];
    auto& pins = cosimulation.make<cosim::LatchPins>(
        place.rtl, columns_of(cosimulation.config(), place.crossbar));
    if (place.in_the_models_place()) return latch.replace(pins);
    const std::string instance = stage::head_name(place.head.number()) + "." +
                                 stage::numbered(config::word(Block::latch), place.crossbar);
    latch.observe(cosimulation.make_twin<cosim::LatchTwin>(instance, place, pins));
  }

  std::unique_ptr<cosim::BlockVectors> record(const Recording& recording) const override {
    using Vectors = cosim::LatchVectors;
    const Vectors::Config config{columns_of(recording.config, recording.crossbar),
                                 recording.config.ima.bits};
    return std::make_unique<Vectors>(
        recording.make_set(Vectors::parameters(config), Vectors::layout(config)), config,
        recording.clock, recording.rows, recording.head.latches[recording.crossbar]);
  }

  std::unique_ptr<cosim::BlockCases> cover(const Covering& covering) const override {
    const int own = columns_of(covering.config, covering.crossbar);
    const int columns = covering.rtl ? cosim::PinWidths(*covering.rtl).columns : own;
    return std::make_unique<cosim::LatchCases>(columns, own, covering.clock,
                                               covering.head.latches[covering.crossbar]);
  }

  /// A step of the model takes one cycle, whatever the configuration.
  nlohmann::ordered_json timing(const config::MachineConfig&) const override { return {}; }

  void measure(Annotation& annotation, AttentionHead& head) const override {
    for (auto& latch : head.latches) annotation.meter_steps(latch);
  }

  /// There is nothing to set; what steps took longer than in the model is said.
  void annotate(Annotation& annotation) const override {
    if (annotation.steps().empty()) return;
    cosim::Deviation deviation;
    for (const auto& [step, count] : annotation.steps()) deviation.add(step.cycles - 1, count);
    annotation.begin("topk", deviation, "ramp step");
    annotation.note("of code latches, which take a cycle per step: there is no parameter for them");
  }

 private:
  static int columns_of(const config::MachineConfig& config, std::size_t array) {
    return config.topk.split[array % config.topk.split.size()];
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::latch>() {
  static const LatchBlock block;
  return block;
}

}  // namespace topkima::platforms
