// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL in the machine: which blocks it does the work of, and how it is watched.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace topkima::config {

/// The blocks of a head whose work RTL can do. The macro is counters, union and softmax unit in
/// one.
enum class Block { topk, ramp, unite, softmax, macro };
constexpr std::array<Block, 5> blocks{Block::topk, Block::ramp, Block::unite, Block::softmax,
                                      Block::macro};

/// As parameters, folders of RTL and test vectors call it.
inline const char* name(Block block) {
  constexpr const char* names[] = {"topk", "ramp", "union", "softmax", "macro"};
  return names[static_cast<std::size_t>(block)];
}

/// "topk, ramp, union, softmax or macro", each behind `prefix`; on request without the macro.
std::string listed(const std::string& prefix = "", bool with_macro = true);

/// What a kind of block is in this run.
struct Model {
  enum class How {
    tlm,
    rtl,     ///< RTL in the model's place
    shadow,  ///< RTL beside the model, which drives the machine
  };
  Block block;
  How how = How::tlm;
  std::string rtl;  ///< name of the RTL

  bool is_tlm() const { return how == How::tlm; }
  /// RTL does the work.
  bool is_rtl() const { return how == How::rtl; }
  /// Of its parameter.
  std::string key() const { return std::string("model.") + name(block); }
};

struct Cosim {
  std::array<Model, blocks.size()> models;  ///< by block, as they are given
  std::vector<int> heads;                   ///< in which; all
  double stall = 0;                         ///< share of cycles with back-pressure
  std::uint32_t seed = 0;                   ///< of that
  bool compare_cycles = true, stop = true;
  int timeout_cycles = 0;
  std::string directory;  ///< "auto": the tool's own

  const Model& given(Block block) const { return models[static_cast<std::size_t>(block)]; }
  /// The model of `block`, or the macro that holds it.
  const Model& of(Block block) const {
    const Model& macro = given(Block::macro);
    return block == Block::ramp || macro.is_tlm() ? given(block) : macro;
  }
  bool any() const {
    return !std::all_of(models.begin(), models.end(), [](const Model& m) { return m.is_tlm(); });
  }
  bool in(int head) const {
    return any() && std::find(heads.begin(), heads.end(), head) != heads.end();
  }
};

}  // namespace topkima::config
