// SPDX-License-Identifier: Apache-2.0
#include "cosim/vectors.h"

#include <limits>

#include "cosim/block_rtl.h"
#include "version.h"

namespace topkima::platforms {

using config::Block;

Vectors::Vectors(const VectorOptions& options, const config::MachineConfig& config,
                 const stage::Clock& clock, AttentionHead& head, const std::string& top)
    : options_(options), config_(config), tool_("topkima-" + top) {
  const auto rows =
      options.rows.value_or(stage::RowRange{0, std::numeric_limits<std::uint64_t>::max()});
  for (const auto block : options.blocks)
    observers_.push_back(block_rtl(block).record(
        {config, clock, head, static_cast<std::size_t>(options.crossbar), rows, is_rtl(block),
         [&](const auto& parameters, const auto& layout) -> cosim::VectorSet& {
           return make_set(block, parameters, layout);
         }}));
}

Vectors::~Vectors() {
  // A directory that was made for several sets goes with the set that made it, the first.
  while (!sets_.empty()) sets_.pop_back();
}

cosim::VectorSet& Vectors::make_set(Block block, const cosim::RtlParameters& parameters,
                                    const cosim::VectorSet::Layout& layout) {
  const std::string name = config::word(block);
  sets_.push_back(std::make_unique<cosim::VectorSet>(options_.directory + "/" + name, name,
                                                     parameters, layout));
  return *sets_.back();
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
  if (config::facts_of(block).in_crossbar) about["crossbar"] = options_.crossbar;
  about["model"] = is_rtl(block) ? config_.cosim.of(block).rtl : "tlm";
  if (is_rtl(block)) return about;
  const auto timing = block_rtl(block).timing(config_);
  if (!timing.empty()) about["timing"] = timing;
  return about;
}

std::string Vectors::finish() {
  std::string text;
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    const Block block = options_.blocks[i];
    sets_[i]->finish(about(block));
    text += "vectors         " + options_.directory + "/" + config::word(block) + ", " +
            std::to_string(sets_[i]->transactions()) + " transactions\n";
  }
  return text;
}

}  // namespace topkima::platforms
