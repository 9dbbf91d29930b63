// SPDX-License-Identifier: Apache-2.0
// The top-k counters of a head, one in every crossbar or one for all.
#include <algorithm>

#include "cosim/annotation.h"
#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"
#include "cosim/step_cases.h"
#include "cosim/topk_rtl.h"
#include "stage/instance_names.h"

namespace topkima::platforms {
namespace {

using config::Block;

class TopkBlock : public BlockRtl {
 public:
  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t crossbar) const override {
    return cosim::fits_topk(parameters, config.counter_columns()[crossbar], config.ima.bits);
  }

  void attach(Cosimulation& cosimulation, const Place& place) const override {
    auto& counter = place.head.counters[place.crossbar];
    const std::string instance = stage::head_name(place.head.number()) + "." +
                                 stage::numbered(config::word(Block::topk), place.crossbar);
    const auto& stall = cosimulation.make<stage::Stall>(cosimulation.stall_at(instance + ".grant"));
    const int columns = cosimulation.config().counter_columns()[place.crossbar];
    auto& pins = cosimulation.make<cosim::TopkPins>(place.rtl, place.lane, columns, stall);
    if (place.in_the_models_place()) return counter.replace(pins);
    cosimulation.make_twin<cosim::TopkTwin>(instance, place, pins, counter);
  }

  std::unique_ptr<cosim::BlockVectors> record(const Recording& recording) const override {
    using Vectors = cosim::TopkVectors;
    const auto& topk = recording.config.topk;
    // Whatever the crossbar, a head's one counter is its.
    const std::size_t counter = std::min(recording.crossbar, recording.head.counters.size() - 1);
    const int columns = recording.config.counter_columns()[counter];
    // RTL that needs time before a first step takes it within that step.
    const int start = recording.by_rtl ? 0 : topk.start_cycles;
    const Vectors::Config config{columns, recording.config.ima.bits,
                                 std::min(recording.config.most_shares()[counter], columns), start};
    return std::make_unique<Vectors>(
        recording.make_set(Vectors::parameters(config), Vectors::layout(config)), config,
        recording.clock, recording.rows, recording.head.counters[counter]);
  }

  std::unique_ptr<cosim::BlockCases> cover(const Covering& covering) const override {
    const int own = covering.config.counter_columns()[covering.crossbar];
    const int columns = covering.rtl ? cosim::PinWidths(*covering.rtl).columns : own;
    return std::make_unique<cosim::StepCases>(cosim::topk_cases(), columns, own, covering.clock,
                                              covering.head.counters[covering.crossbar]);
  }

  nlohmann::ordered_json timing(const config::MachineConfig& config) const override {
    return {{"topk.grants_per_cycle", config.topk.grants_per_cycle},
            {"topk.step_cycles", config.topk.step_cycles},
            {"topk.start_cycles", config.topk.start_cycles},
            {"topk.grant_cycles", config.topk.grant_cycles}};
  }

  void measure(Annotation& annotation, AttentionHead& head) const override {
    for (auto& counter : head.counters) annotation.meter_steps(counter, 0);
  }

  /// A ramp that is RTL, too, has its part in what the steps took.
  void annotate(Annotation& annotation) const override {
    std::vector<Block> who{Block::topk};
    if (annotation.measures(Block::ramp)) who.push_back(Block::ramp);
    annotation.put_steps(cosim::fit_steps(annotation.steps()), who, true);
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::topk>() {
  static const TopkBlock block;
  return block;
}

}  // namespace topkima::platforms
