// SPDX-License-Identifier: Apache-2.0
// The sub-top-k union of a head.
#include <algorithm>

#include "cosim/annotation.h"
#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"
#include "cosim/union_cases.h"
#include "cosim/union_rtl.h"

namespace topkima::platforms {
namespace {

using config::Block;

using Vectors = cosim::UnionVectors;

Vectors::Config vectors_config(const config::MachineConfig& c) {
  const auto columns = c.counter_columns(), k = c.most_shares();
  return {c.joins_crossbars() ? std::vector<int>{0} : c.attention.columns.first_slots(),
          c.attention.columns.stride(),
          *std::max_element(columns.begin(), columns.end()),
          *std::max_element(k.begin(), k.end()),
          c.ima.bits,
          c.shape.tokens};
}

class UnionBlock : public BlockRtl {
 public:
  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t) const override {
    if (config.joins_crossbars() && config.attention.columns.stride() > 1)
      return "topk.scope = head with attention.placement = interleaved: a head's addresses are no "
             "first_column and column_stride";
    return cosim::fits_union(parameters, config.counter_columns(), config.most_shares(),
                             config.shape.tokens, config.ima.bits);
  }

  void attach(Cosimulation& cosimulation, const Place& place) const override {
    auto& pins = cosimulation.make<cosim::UnionPins>(
        place.rtl, cosimulation.first_columns(), cosimulation.config().attention.columns.stride(),
        cosimulation.row_limits());
    cosimulation.put(place, *place.head.unite, pins, stage::kinds::unite, {"code", false});
  }

  std::unique_ptr<cosim::BlockVectors> record(const Recording& recording) const override {
    const auto config = vectors_config(recording.config);
    return std::make_unique<Vectors>(
        recording.make_set(Vectors::parameters(config), Vectors::layout(config)), config,
        recording.clock, recording.rows, *recording.head.unite);
  }

  std::unique_ptr<cosim::BlockCases> cover(const Covering& covering) const override {
    const auto& c = covering.config;
    const cosim::PinWidths sizes(covering.rtl ? *covering.rtl
                                              : Vectors::parameters(vectors_config(c)));
    return std::make_unique<cosim::UnionCases>(
        sizes.crossbars, sizes.sub_k, c.shape.tokens, static_cast<int>(c.counter_columns().size()),
        covering.clock, covering.head.score, *covering.head.unite);
  }

  nlohmann::ordered_json timing(const config::MachineConfig& config) const override {
    return {{"topk.union_cycles", config.topk.union_cycles}};
  }

  void measure(Annotation& annotation, AttentionHead& head) const override {
    annotation.meter_rows(stage::kinds::unite, true, *head.unite);
  }

  void annotate(Annotation& annotation) const override {
    const auto& rows = annotation.rows(stage::kinds::unite);
    if (rows.empty()) return;
    const auto fit = cosim::fit_constant(rows);
    annotation.begin("topk", fit.deviation, "row");
    annotation.put("union_cycles", fit.cycles, annotation.source({Block::unite}, fit.deviation));
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::unite>() {
  static const UnionBlock block;
  return block;
}

}  // namespace topkima::platforms
