// SPDX-License-Identifier: Apache-2.0
// The channels of a SoC's DMA reader.
#include <algorithm>

#include "cosim/block_rtl.h"
#include "cosim/cosimulation.h"
#include "cosim/reader_cases.h"
#include "cosim/reader_rtl.h"
#include "cosim/reader_twin.h"

namespace topkima::platforms {
namespace {

using config::Block;
using memory::DmaReader;

cosim::ReaderShape shape_of(const config::MachineConfig& c) {
  return {c.bus.bytes_per_cycle,
          c.bus.latency_cycles,
          c.dma.prefetch_rows,
          c.shape.d_model(),
          c.shape.projected ? c.shape.d_model() : c.shape.kv_width(),
          std::max(c.shape.tokens, c.shape.query_rows)};
}

class ReaderBlock : public SocBlockRtl {
 public:
  std::string fits(const cosim::RtlParameters& parameters, const config::MachineConfig& config,
                   std::size_t) const override {
    if (!config.shape.projected)
      return "given Q, K and V are taken several rows in a cycle; pins hand on one";
    return cosim::fits_reader(parameters, shape_of(config));
  }

  std::vector<std::string> instances() const override {
    std::vector<std::string> names(DmaReader::channel_count);
    names[DmaReader::load] = "dma.load";
    names[DmaReader::query] = "dma.query";
    return names;
  }

  void attach_to(const SocParts& soc, Cosimulation& cosimulation, const AnyPlace& place,
                 std::size_t instance) const override {
    auto& channel = soc.reader.seam(static_cast<int>(instance));
    auto& pins = cosimulation.make<cosim::ReaderPins>(place.rtl, soc.clock, shape_of(soc.config));
    if (place.in_the_models_place()) return channel.replace(pins);
    cosimulation.make_twin<cosim::ReaderTwin>(instances()[instance], place, pins, channel);
  }

  std::unique_ptr<cosim::BlockVectors> record_in(const SocParts& soc,
                                                 const MakeSet& make_set) const override {
    using Vectors = cosim::ReaderVectors;
    const auto shape = shape_of(soc.config);
    const auto parameters = Vectors::parameters(shape);
    auto vectors =
        std::make_unique<Vectors>(make_set(parameters, Vectors::layout(parameters)), shape);
    for (int c = 0; c < DmaReader::channel_count; ++c) vectors->observe(soc.reader.seam(c));
    return vectors;
  }

  std::unique_ptr<cosim::BlockCases> cover_in(const SocParts& soc) const override {
    auto cases = std::make_unique<cosim::ReaderCases>(soc.config.bus.bytes_per_cycle, soc.clock);
    for (int c = 0; c < DmaReader::channel_count; ++c) cases->observe(soc.reader.seam(c));
    return cases;
  }
};

}  // namespace

template <>
const BlockRtl& block_rtl<Block::reader>() {
  static const ReaderBlock block;
  return block;
}

}  // namespace topkima::platforms
