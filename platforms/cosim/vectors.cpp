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
  auto rows = options.rows.value_or(stage::RowRange{0, std::numeric_limits<std::uint64_t>::max()});
  rows.only_head = options.head;
  for (const auto block : options.blocks) {
    if (config::is_of_soc(block)) continue;
    observers_.push_back(block_rtl(block).record(
        {config, clock, head, static_cast<std::size_t>(options.crossbar), rows, is_rtl(block),
         [&](const auto& parameters, const auto& layout) -> cosim::VectorSet& {
           return make_set(block, parameters, layout);
         }}));
  }
}

void Vectors::record(const SocParts& soc) {
  for (const auto block : options_.blocks)
    if (config::is_of_soc(block))
      observers_.push_back(soc_block_rtl(block).record_in(
          soc, [this, block](const auto& parameters, const auto& layout) -> cosim::VectorSet& {
            return make_set(block, parameters, layout);
          }));
}

Vectors::~Vectors() {
  // A directory that was made for several sets goes with the set that made it, the first.
  while (!sets_.empty()) sets_.pop_back();
}

cosim::VectorSet& Vectors::make_set(Block block, const cosim::RtlParameters& parameters,
                                    const cosim::VectorSet::Layout& layout) {
  const std::string name = config::word(block);
  sets_.push_back({block, std::make_unique<cosim::VectorSet>(options_.directory + "/" + name, name,
                                                             parameters, layout)});
  return *sets_.back().set;
}

bool Vectors::is_rtl(Block block) const {
  return (config::is_of_soc(block) || config_.cosim.in(config_.chain_of(options_.head))) &&
         config_.cosim.of(block).is_rtl();
}

nlohmann::ordered_json Vectors::about(Block block) const {
  nlohmann::ordered_json about{{"tool", tool_},
                               {"version", version::project},
                               {"git_revision", version::git_revision},
                               {"command_line", options_.command_line}};
  if (!config::is_of_soc(block)) about["head"] = options_.head;
  if (config::facts_of(block).one_per == config::OnePer::crossbar)
    about["crossbar"] = options_.crossbar;
  about["model"] = is_rtl(block) ? config_.cosim.of(block).rtl : "tlm";
  if (is_rtl(block)) return about;
  const auto timing = block_rtl(block).timing(config_);
  if (!timing.empty()) about["timing"] = timing;
  return about;
}

std::string Vectors::finish() {
  std::string text;
  for (const auto& [block, set] : sets_) {
    set->finish(about(block));
    text += "vectors         " + options_.directory + "/" + config::word(block) + ", " +
            std::to_string(set->transactions()) + " transactions\n";
  }
  return text;
}

}  // namespace topkima::platforms
