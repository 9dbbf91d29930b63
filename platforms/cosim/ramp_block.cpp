// SPDX-License-Identifier: Apache-2.0
// The ramp controllers of a head, one in every crossbar.
#include "cosim/annotation.h"
#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"
#include "cosim/ramp_rtl.h"
#include "cosim/step_cases.h"
#include "stage/instance_names.h"

namespace topkima::platforms {
namespace {

using config::Block;

class RampBlock : public BlockRtl {
 public:
  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t) const override {
    return cosim::fits_ramp(parameters, config.ima.bits);
  }

  void attach(Cosimulation& cosimulation, const Place& place) const override {
    auto& pins = cosimulation.make<cosim::RampPins>(place.rtl);
    if (place.in_the_models_place()) return place.head.ramps[place.crossbar].replace(pins);
    const std::string instance = stage::head_name(place.head.number()) + "." +
                                 stage::numbered(config::word(Block::ramp), place.crossbar);
    counter_of(place.head, place.crossbar)
        .observe(cosimulation.make_twin<cosim::RampTwin>(instance, place, pins));
  }

  std::unique_ptr<cosim::BlockVectors> record(const Recording& recording) const override {
    using Vectors = cosim::RampVectors;
    const int bits = recording.config.ima.bits;
    return std::make_unique<Vectors>(
        recording.make_set(Vectors::parameters(bits), Vectors::layout(bits)), recording.clock,
        recording.rows, counter_of(recording.head, recording.crossbar));
  }

  std::unique_ptr<cosim::BlockCases> cover(const Covering& covering) const override {
    const int columns = covering.config.topk.split[covering.crossbar];
    return std::make_unique<cosim::StepCases>(cosim::ramp_cases(), columns, columns, covering.clock,
                                              counter_of(covering.head, covering.crossbar));
  }

  /// The time of a step is the counter's; the vectors give it to the ramp.
  nlohmann::ordered_json timing(const config::MachineConfig&) const override { return {}; }

  /// Where counters are measured, too, the steps are metered already.
  void measure(Annotation& annotation, AttentionHead& head) const override {
    if (annotation.measures(Block::topk)) return;
    for (auto& counter : head.counters)
      annotation.meter_steps(counter, annotation.config().topk.start_cycles);
  }

  void annotate(Annotation& annotation) const override {
    if (annotation.measures(Block::topk)) return;
    const int lanes = annotation.config().topk.grants_per_cycle;  // The counter's, as it is.
    annotation.put_steps(cosim::fit_steps(annotation.steps(), lanes, lanes), {Block::ramp}, false);
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::ramp>() {
  static const RampBlock block;
  return block;
}

}  // namespace topkima::platforms
