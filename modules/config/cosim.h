// SPDX-License-Identifier: Apache-2.0
#pragma once
// Co-simulation as a run is told of it: the blocks whose work RTL can do (config/rtl_blocks.h),
// what each of them is in this run, and how RTL is watched.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/choices.h"
#include "config/fidelity.h"
#include "config/rtl_blocks.h"

namespace topkima::config {

/// Every block of the table, in its order.
inline constexpr auto blocks = [] {
  std::array<Block, choice_count<Block>> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = Words<Block>::table[i].value;
  return all;
}();

constexpr const BlockFacts& facts_of(Block block) { return block_facts[std::size_t(block)]; }
/// Whether a block consists of others, as a macro does of counters, union and softmax unit.
constexpr bool is_composite(Block block) { return facts_of(block).parts != 0; }
constexpr bool has_part(Block whole, Block part) {
  return (facts_of(whole).parts & bit_of(part)) != 0;
}
/// Whether heads with this softmax macro have the block, and all of its parts.
constexpr bool stands_in(Block block, SoftmaxMacro macro) {
  for (const Block part : blocks)
    if (has_part(block, part) && !stands_in(part, macro)) return false;
  return (facts_of(block).macros & bit_of(macro)) != 0;
}
/// Whether a block stands beside the heads, in a SoC alone.
constexpr bool is_of_soc(Block block) { return facts_of(block).one_per == OnePer::soc; }
/// Whether a block stands in every crossbar of a head.
constexpr bool in_crossbar(Block block) { return facts_of(block).one_per == OnePer::crossbar; }
/// The blocks that consist of no others. They have twins and test vectors.
std::vector<Block> single_blocks();
/// Those of them that stand in a head or its crossbars. They have measured latencies.
std::vector<Block> head_blocks();
/// Those of them that heads with this softmax macro have.
std::vector<Block> single_blocks(SoftmaxMacro macro);
/// Those of them that stand in every crossbar of a head.
std::vector<Block> crossbar_blocks();
/// "topk, ramp, union or softmax", each behind `prefix`, with `last` before the last.
std::string listed(const std::vector<Block>& some, const std::string& prefix = "",
                   const std::string& last = " or ");

/// What does the work of all blocks of one kind in a run: the model, RTL, or both.
struct Model {
  enum class How {
    tlm,     ///< The model works alone.
    rtl,     ///< RTL works in the model's place.
    shadow,  ///< The model drives the machine, and RTL beside it is compared with it.
  };
  Block block;
  How how = How::tlm;
  std::string rtl;  ///< The name of the RTL; empty where there is none.

  bool is_tlm() const { return how == How::tlm; }
  /// Whether RTL works in the model's place.
  bool is_rtl() const { return how == How::rtl; }
  /// The name of the parameter that says all this.
  std::string key() const { return std::string("model.") + word(block); }
};

struct Cosim {
  std::array<Model, blocks.size()> models;  ///< As the parameters give them, by block.
  std::vector<int> heads;                   ///< The heads in which the models hold.
  double stall = 0;                         ///< The share of cycles with back-pressure.
  std::uint32_t seed = 0;                   ///< Decides which cycles these are.
  bool compare_cycles = true;  ///< Times must agree beside a model; otherwise only values.
  bool stop = true;            ///< The first divergence ends the run; otherwise it is counted.
  int timeout_cycles = 0;      ///< RTL that has not answered for so long has failed.
  std::string directory;       ///< Where RTL lies; "auto" stands for the tool's own folder.

  /// What the block's own parameter says.
  const Model& given(Block block) const { return models[static_cast<std::size_t>(block)]; }
  /// What does the block's work: the composite block that has it as a part, where that is RTL or
  /// has RTL beside it, and otherwise what the block's own parameter says.
  const Model& of(Block block) const {
    for (const Model& model : models)
      if (has_part(model.block, block) && !model.is_tlm()) return model;
    return given(block);
  }
  /// Whether any RTL takes part.
  bool any() const {
    return !std::all_of(models.begin(), models.end(), [](const Model& m) { return m.is_tlm(); });
  }
  /// Whether any RTL takes part in heads.
  bool any_in_heads() const {
    return std::any_of(models.begin(), models.end(),
                       [](const Model& m) { return !m.is_tlm() && !is_of_soc(m.block); });
  }
  /// Whether any RTL takes part in a head.
  bool in(int head) const {
    return any_in_heads() && std::find(heads.begin(), heads.end(), head) != heads.end();
  }
  /// Blocks that are RTL, or have RTL beside them, go clock by clock.
  void clock_what_is_rtl(BlockFidelity& fidelity) const {
    for (const Block block : blocks)
      if (const auto of_block = facts_of(block).fidelity; of_block && !of(block).is_tlm())
        fidelity.*of_block = Fidelity::cycle;
  }
};

}  // namespace topkima::config
