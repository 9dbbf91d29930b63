// SPDX-License-Identifier: Apache-2.0
// The softmax unit of a head, which is two stages: exponents and divider.
#include <cstdlib>

#include "config/parameter_table.h"
#include "cosim/annotation.h"
#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"
#include "cosim/softmax_cases.h"
#include "cosim/softmax_rtl.h"

namespace topkima::platforms {
namespace {

using config::Block;

void annotate_half(Annotation& annotation, const stage::StageKind& kind, const std::string& half) {
  const auto& rows = annotation.rows(kind);
  if (rows.empty()) return;
  const auto* interval = config::find_parameter("softmax." + half + "_interval");
  const auto fit = cosim::fit_rows(rows, std::atoi(interval->default_value.c_str()));
  const std::string from = annotation.source({Block::softmax}, fit.deviation);
  annotation.begin("softmax", fit.deviation, "row");
  if (!fit.varies)
    annotation.note("each had " + counted(rows.begin()->first.winners, "winner") +
                    ": the interval is the default, not measured");
  annotation.put(half + "_cycles", fit.cycles, from);
  annotation.put(half + "_interval", fit.interval, fit.varies ? from : "");
}

class SoftmaxBlock : public BlockRtl {
 public:
  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t) const override {
    return cosim::fits_softmax(parameters, config.topk.winners, config.shape.tokens,
                               config.code_bits(), config.softmax.prob_bits);
  }

  void attach(Cosimulation& cosimulation, const Place& place) const override {
    auto& exponent = place.head.softmax.exponent;
    // RTL has one table: where heads take turns, theirs are all the same (config::resolve).
    cosim::ExponentPins::Table table{[&](std::uint32_t d) { return exponent.exponent(0, d); },
                                     [&] { return exponent.table_writes(); },
                                     cosimulation.config().code_bits()};
    const auto limits = cosimulation.row_limits();
    cosimulation.put(place, exponent,
                     cosimulation.make<cosim::ExponentPins>(place.rtl, std::move(table), limits),
                     stage::kinds::exponent, {"exponent", true});
    cosimulation.put(place, place.head.softmax.divider,
                     cosimulation.make<cosim::DividerPins>(place.rtl, limits),
                     stage::kinds::divider, {"probability", false});
  }

  std::unique_ptr<cosim::BlockVectors> record(const Recording& recording) const override {
    using Vectors = cosim::SoftmaxVectors;
    const auto& c = recording.config;
    const Vectors::Config config{c.topk.winners, c.code_bits(), c.shape.tokens,
                                 c.softmax.prob_bits};
    return std::make_unique<Vectors>(
        recording.make_set(Vectors::parameters(config), Vectors::layout(config)), config,
        recording.clock, recording.rows, recording.head.softmax);
  }

  std::unique_ptr<cosim::BlockCases> cover(const Covering& covering) const override {
    const auto& c = covering.config;
    const int winners = covering.rtl ? cosim::PinWidths(*covering.rtl).winners : c.topk.winners;
    return std::make_unique<cosim::SoftmaxCases>(
        cosim::SoftmaxCases::Sizes{winners, c.code_bits(), c.softmax.prob_bits}, covering.clock,
        covering.head.stage_before(covering.head.softmax.exponent), covering.head.softmax);
  }

  nlohmann::ordered_json timing(const config::MachineConfig& config) const override {
    return {{"softmax.exponent_cycles", config.softmax.exponent_cycles},
            {"softmax.exponent_interval", config.softmax.exponent_interval},
            {"softmax.divide_cycles", config.softmax.divide_cycles},
            {"softmax.divide_interval", config.softmax.divide_interval}};
  }

  /// Rows without winners pass the unit by.
  void measure(Annotation& annotation, AttentionHead& head) const override {
    annotation.meter_rows(stage::kinds::exponent, false, head.softmax.exponent);
    annotation.meter_rows(stage::kinds::divider, false, head.softmax.divider);
  }

  void annotate(Annotation& annotation) const override {
    annotate_half(annotation, stage::kinds::exponent, "exponent");
    annotate_half(annotation, stage::kinds::divider, "divide");
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::softmax>() {
  static const SoftmaxBlock block;
  return block;
}

}  // namespace topkima::platforms
