// SPDX-License-Identifier: Apache-2.0
#include "cosim/vectors.h"

#include <algorithm>
#include <limits>

#include "version.h"

namespace topkima::platforms {

using config::Block;

Vectors::Vectors(const VectorOptions& options, const config::MachineConfig& config,
                 const stage::Clock& clock, AttentionHead& head, const std::string& top)
    : options_(options),
      config_(config),
      clock_(clock),
      tool_("topkima-" + top),
      rows_(options.rows.value_or(stage::RowRange{0, std::numeric_limits<std::uint64_t>::max()})) {
  for (const auto block : options.blocks) add(block, head);
}

Vectors::~Vectors() {
  // A directory made for several goes with the one that made it.
  while (!sets_.empty()) sets_.pop_back();
}

void Vectors::add(Block block, AttentionHead& head) {
  const std::string name = config::name(block);
  const auto make = [&](const cosim::RtlParameters& parameters,
                        const cosim::VectorSet::Layout& layout) -> cosim::VectorSet& {
    sets_.push_back(std::make_unique<cosim::VectorSet>(options_.directory + "/" + name, name,
                                                       parameters, layout));
    return *sets_.back();
  };
  const auto& c = config_;
  const auto crossbar = static_cast<std::size_t>(options_.crossbar);
  auto& counter = head.counters[crossbar];
  if (block == Block::topk) {
    using Topk = cosim::TopkVectors;
    // RTL that needs time before a first step takes it within that step.
    const int start = is_rtl(block) ? 0 : c.topk.start_cycles;
    const Topk::Config config{c.topk.split[crossbar], c.ima.bits,
                              std::min(c.topk.sub_k[crossbar], c.topk.split[crossbar]), start};
    steps_.push_back(std::make_unique<Topk>(make(Topk::parameters(config), Topk::layout(config)),
                                            config, clock_, rows_, counter));
  } else if (block == Block::ramp) {
    using Ramp = cosim::RampVectors;
    auto& set = make(Ramp::parameters(c.ima.bits), Ramp::layout(c.ima.bits));
    steps_.push_back(std::make_unique<Ramp>(set, clock_, rows_, counter));
  } else if (block == Block::unite) {
    using Union = cosim::UnionVectors;
    const Union::Config config{
        first_columns(c.topk.split), *std::max_element(c.topk.split.begin(), c.topk.split.end()),
        *std::max_element(c.topk.sub_k.begin(), c.topk.sub_k.end()), c.ima.bits, c.shape.tokens};
    auto& set = make(Union::parameters(config), Union::layout(config));
    union_ = std::make_unique<Union>(set, config, clock_, rows_, *head.unite);
  } else {
    using Softmax = cosim::SoftmaxVectors;
    const Softmax::Config config{c.topk.winners, c.ima.bits, c.shape.tokens, c.softmax.prob_bits};
    auto& set = make(Softmax::parameters(config), Softmax::layout(config));
    softmax_ = std::make_unique<Softmax>(set, config, clock_, rows_, head.softmax);
  }
}

bool Vectors::is_rtl(Block block) const {
  return config_.cosim.in(options_.head) && config_.cosim.of(block).is_rtl();
}

nlohmann::ordered_json Vectors::about(Block block) const {
  nlohmann::ordered_json about{{"tool", tool_},
                               {"version", version::project},
                               {"git_revision", version::git_revision},
                               {"command_line", options_.command_line},
                               {"head", options_.head}};
  if (block == Block::topk || block == Block::ramp) about["crossbar"] = options_.crossbar;
  about["model"] = is_rtl(block) ? config_.cosim.of(block).rtl : "tlm";
  if (is_rtl(block) || block == Block::ramp) return about;  // the counter's time is the ramp's
  const auto& c = config_;
  auto& timing = about["timing"];
  if (block == Block::topk)
    timing = {{"topk.grants_per_cycle", c.topk.grants_per_cycle},
              {"topk.step_cycles", c.topk.step_cycles},
              {"topk.start_cycles", c.topk.start_cycles}};
  else if (block == Block::unite)
    timing["topk.union_cycles"] = c.topk.union_cycles;
  else
    timing = {{"softmax.exponent_cycles", c.softmax.exponent_cycles},
              {"softmax.exponent_interval", c.softmax.exponent_interval},
              {"softmax.divide_cycles", c.softmax.divide_cycles},
              {"softmax.divide_interval", c.softmax.divide_interval}};
  return about;
}

std::string Vectors::finish() {
  std::string text;
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    const Block block = options_.blocks[i];
    sets_[i]->finish(about(block));
    text += "vectors         " + options_.directory + "/" + config::name(block) + ", " +
            std::to_string(sets_[i]->transactions()) + " transactions\n";
  }
  return text;
}

}  // namespace topkima::platforms
