// SPDX-License-Identifier: Apache-2.0
#pragma once
// Kinds of machine: which of them a parameter or a kind of stage belongs to, and what the rest of
// the code needs to know of one. What a kind does is in its own folder of platforms/.

#include <string>
#include <utility>

namespace topkima::config {

/// Each kind as one bit, so that sets of kinds can be made.
enum Has : unsigned { in_macro = 1, in_soc = 2, in_encoder = 4 };
constexpr std::pair<Has, const char*> machine_names[] = {
    {in_macro, "macro"}, {in_soc, "soc"}, {in_encoder, "encoder"}};
/// Those with memory, bus, projections and writers around their heads.
constexpr unsigned with_memory = in_soc | in_encoder;
constexpr unsigned in_any = ~0u;

struct MachineKind {
  std::string tool;        ///< the program that simulates it: "topkima-soc"
  std::string top;         ///< first level of all instances' names: "soc"
  Has has{};               ///< its bit: which parameters, kinds of stage and components it has
  std::string technology;  ///< what energy.technology = auto means
};

}  // namespace topkima::config
