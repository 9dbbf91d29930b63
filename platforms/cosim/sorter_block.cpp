// SPDX-License-Identifier: Apache-2.0
// The digital sorters of a head, one or as many as it has crossbars.
#include <algorithm>

#include "cosim/annotation.h"
#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"
#include "cosim/pin_contract.h"
#include "cosim/sorter_cases.h"
#include "cosim/sorter_rtl.h"

namespace topkima::platforms {
namespace {

using config::Block;

using Vectors = cosim::SorterVectors;

Vectors::Config vectors_config(const config::MachineConfig& c, const topk::Sorter& sorter) {
  return {c.most_shares(), sorter.config().elements(), c.sort.per_crossbar(), c.code_bits(),
          c.shape.tokens};
}

class SorterBlock : public BlockRtl {
 public:
  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t) const override {
    const bool per_crossbar = config.sort.per_crossbar();
    return cosim::fits_sorter(parameters, config.most_shares(), per_crossbar, config.shape.tokens,
                              config.code_bits());
  }

  void attach(Cosimulation& cosimulation, const Place& place) const override {
    auto& sorter = *place.head.sorter;
    auto& pins = cosimulation.make<cosim::SorterPins>(place.rtl, sorter, cosimulation.row_limits());
    cosimulation.put(place, sorter, pins, stage::kinds::sorter, {"code", false});
  }

  std::unique_ptr<cosim::BlockVectors> record(const Recording& recording) const override {
    auto& sorter = *recording.head.sorter;
    const auto config = vectors_config(recording.config, sorter);
    return std::make_unique<Vectors>(
        recording.make_set(Vectors::parameters(config), Vectors::layout(config)), config,
        recording.clock, recording.rows, sorter);
  }

  std::unique_ptr<cosim::BlockCases> cover(const Covering& covering) const override {
    auto& head = covering.head;
    const auto vectors = vectors_config(covering.config, *head.sorter);
    const cosim::PinWidths sizes(covering.rtl ? *covering.rtl : Vectors::parameters(vectors));
    return std::make_unique<cosim::SorterCases>(sizes.winners, sizes.crossbars, covering.clock,
                                                head.stage_before(*head.sorter), *head.sorter);
  }

  nlohmann::ordered_json timing(const config::MachineConfig& config) const override {
    nlohmann::ordered_json timing{{"sort.element_cycles", config.sort.element_cycles}};
    if (config.sort.per_crossbar()) timing["topk.union_cycles"] = config.topk.union_cycles;
    return timing;
  }

  void measure(Annotation& annotation, AttentionHead& head) const override {
    annotation.meter_rows(stage::kinds::sorter, true, *head.sorter);
  }

  /// All rows have as many elements. Their cycles are the elements' as far as they can be shared
  /// out among these; what is left is the union's, where there is one.
  void annotate(Annotation& annotation) const override {
    const auto& rows = annotation.rows(stage::kinds::sorter);
    if (rows.empty()) return;
    const auto& config = annotation.config();
    const int elements = sorter_config(config, 0).elements();
    const int cycles = cosim::fit_constant(rows).cycles;
    const int each = std::max(1, cycles / elements);
    const bool joined = config.sort.per_crossbar();
    const int joining = joined ? std::max(0, cycles - each * elements) : 0;
    cosim::Deviation deviation;
    for (const auto& [row, count] : rows)
      deviation.add(row.cycles - each * elements - joining, count);
    const std::string from = annotation.source({Block::sorter}, deviation);
    annotation.begin("sort", deviation, "row");
    if (joined)
      annotation.note("each had " + counted(elements, "element") +
                      ": what is left of their cycles is the union's");
    annotation.put("element_cycles", each, from);
    if (!joined) return;
    annotation.enter("topk");
    annotation.put("union_cycles", joining, from);
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::sorter>() {
  static const SorterBlock block;
  return block;
}

}  // namespace topkima::platforms
