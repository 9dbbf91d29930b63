// SPDX-License-Identifier: Apache-2.0
#include "config/cosim.h"

namespace topkima::config {
namespace {

template <typename Which>
std::vector<Block> blocks_that(Which which) {
  std::vector<Block> some;
  for (const Block block : blocks)
    if (which(block)) some.push_back(block);
  return some;
}

}  // namespace

std::vector<Block> single_blocks() {
  return blocks_that([](Block block) { return !is_composite(block); });
}

std::vector<Block> single_blocks(SoftmaxMacro macro) {
  return blocks_that([macro](Block block) {
    return !is_composite(block) && !is_of_soc(block) && stands_in(block, macro);
  });
}

std::vector<Block> head_blocks() {
  return blocks_that([](Block block) { return !is_composite(block) && !is_of_soc(block); });
}

std::vector<Block> crossbar_blocks() {
  return blocks_that([](Block block) { return facts_of(block).one_per == OnePer::crossbar; });
}

std::string listed(const std::vector<Block>& some, const std::string& prefix,
                   const std::string& last) {
  std::string text;
  for (std::size_t i = 0; i < some.size(); ++i)
    text += (i == 0 ? "" : i + 1 == some.size() ? last : ", ") + prefix + word(some[i]);
  return text;
}

}  // namespace topkima::config
