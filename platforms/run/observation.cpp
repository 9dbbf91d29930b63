// SPDX-License-Identifier: Apache-2.0
#include "run/observation.h"

#include <algorithm>
#include <iterator>

#include "config/errors.h"
#include "observe/scope_filter.h"
#include "stage/instance_names.h"

namespace topkima::platforms {
namespace {

const std::string prefix = "command line: --";

/// Throws ConfigError unless `number` is that of one of `count` things named `what`.
void expect_index(int number, int count, const std::string& option, const std::string& what) {
  if (number >= count)
    throw ConfigError(prefix + option + ": there is no " + what + " " + std::to_string(number) +
                      "; " + what + "s are 0.." + std::to_string(count - 1));
}

void check_vectors(const VectorOptions& vectors, const config::MachineConfig& config,
                   const config::MachineKind& machine) {
  for (const auto block : vectors.blocks)
    if (config::is_of_soc(block) && !(machine.has & config::with_memory))
      throw ConfigError(prefix + "vectors.block: " + machine.tool + " has no " +
                        config::word(block) + "; expected " +
                        config::listed(config::head_blocks()));
  expect_index(vectors.head, config.shape.heads, "vectors.head", "head");
  expect_index(vectors.crossbar, static_cast<int>(config.topk.split.size()), "vectors.crossbar",
               "crossbar");
  for (const auto block : vectors.blocks)
    if (!config::stands_in(block, config.softmax.macro))
      throw ConfigError(prefix +
                        "vectors.block: softmax.macro = " + config::word(config.softmax.macro) +
                        " has no " + config::facts_of(block).what + "; expected " +
                        config::listed(config::single_blocks(config.softmax.macro)));
  if (config.cosim.stall > 0)
    throw ConfigError(prefix +
                      "vectors: cosim.stall holds blocks up; expected times need it to be 0");
  if (!vectors.rows) return;
  const auto numbers = numbers_of(config);
  const std::string option = prefix + "vectors.rows";
  stage::expect_row(vectors.rows->last, numbers, std::uint64_t(config.pipeline.sequences), option);
  if (!vectors.rows->has_head(std::uint64_t(vectors.head), numbers))
    throw ConfigError(option + ": none of these rows is one of head " +
                      std::to_string(vectors.head) + "; the first is one of head " +
                      std::to_string(numbers.tag(vectors.rows->first).head));
}

void check_annotation(const config::Cosim& cosim) {
  const std::string option = prefix + "cosim.annotate: ";
  if (std::none_of(cosim.models.begin(), cosim.models.end(), [](const config::Model& model) {
        return model.is_rtl() && !config::is_of_soc(model.block);
      })) {
    std::vector<config::Block> measured;
    std::copy_if(config::blocks.begin(), config::blocks.end(), std::back_inserter(measured),
                 [](config::Block block) { return !config::is_of_soc(block); });
    throw ConfigError(option + "no RTL stands in the place of a model; name some with " +
                      config::listed(measured, "--model."));
  }
  if (cosim.stall > 0)
    throw ConfigError(option + "cosim.stall holds blocks up; to measure them it must be 0");
}

void check_inner(const Observation& observation, const config::Cosim& cosim) {
  const bool shaped = observation.inner.depth != InnerOptions().depth;
  if (!observation.inner.any() && !shaped) return;
  const std::string option =
      prefix + (observation.inner.any() ? "cosim.inner" : "cosim.inner_depth");
  if (!cosim.any())
    throw ConfigError(option + ": no RTL takes part; name some with " +
                      config::listed({config::blocks.begin(), config::blocks.end()}, "--model."));
  if (observation.wave && !observation.inner.any())
    throw ConfigError(option + " needs --cosim.inner GLOB");
}

}  // namespace

stage::RowNumbers numbers_of(const config::MachineConfig& config) {
  return {std::uint64_t(config.shape.heads), std::uint64_t(config.shape.query_rows),
          std::uint64_t(config.heads_per_chain())};
}

void check_observation(const Observation& observation, const config::MachineConfig& config,
                       const config::MachineKind& machine) {
  const auto check_row = [&](std::uint64_t id, const char* option) {
    stage::expect_row(id, numbers_of(config), std::uint64_t(config.pipeline.sequences),
                      prefix + option);
  };
  if (observation.wave && observation.wave->around) {
    const std::uint64_t last = *observation.wave->around;
    const std::uint64_t first = observation.wave->since.value_or(last);
    check_row(last, "wave.around");
    const auto numbers = numbers_of(config);
    if (numbers.chain_of(numbers.tag(first)) != numbers.chain_of(numbers.tag(last)))
      throw ConfigError(prefix + "wave.around: rows " + std::to_string(first) + " and " +
                        std::to_string(last) + " are of two heads; expected rows of one");
  }
  if (observation.timeline_rows) check_row(observation.timeline_rows->last, "timeline.rows");
  for (const auto id : observation.stop_at.rows) check_row(id, "stop-at");
  for (const auto id : observation.rows) check_row(id, "row");
  const int tokens = config.shape.tokens;
  if (observation.token) expect_index(*observation.token, tokens, "token", "token");
  if (observation.vectors) check_vectors(*observation.vectors, config, machine);
  for (const int token : observation.wave_tokens)
    expect_index(token, tokens, "wave.tokens", "token");
  if (!observation.annotation.empty()) check_annotation(config.cosim);
  check_inner(observation, config.cosim);
}

void clock_only_watched(const Observation& observation, const std::string& top,
                        config::MachineConfig& config) {
  config.covered = observation.coverage.has_value();
  if (observation.vectors) {
    config.recorded_chain = config.chain_of(observation.vectors->head);
    config.recorded = observation.vectors->blocks;
  }
  if (!observation.wave || !observation.clock_only_watched) return;
  const auto& wave = *observation.wave;
  std::vector<std::string> scopes = wave.scopes;
  if (scopes.empty() && !wave.around) return;  // everything is watched
  if (scopes.empty()) {
    const int head = numbers_of(config).tag(*wave.around).head;
    scopes.push_back(top + "." + stage::head_name(config.chain_of(head)));
  }
  observe::ScopeFilter filter(scopes);
  const auto takes = [&](const std::string& instance) {
    return filter.takes(top + "." + instance);
  };
  bool fold = false;
  config.unwatched.assign(std::size_t(config.chains()), 1);
  for (std::size_t h = 0; h < config.unwatched.size(); ++h) {
    const std::string head = stage::head_name(static_cast<int>(h)) + ".";
    fold = fold || (config.attention.keys_are_inputs() && takes(head + stage::kinds::fold.name));
    for (const auto* kind : stage::kinds::all)
      if (kind->part == stage::Part::head && takes(head + kind->name)) config.unwatched[h] = 0;
    for (std::size_t i = 0; i < config.topk.split.size() * std::size_t(config.score.row_blocks());
         ++i)
      for (const char* block : stage::kinds::array_blocks)
        if (takes(head + stage::numbered(block, i))) config.unwatched[h] = 0;
  }
  const auto leave = [&](config::Fidelity& fidelity, const auto& kinds) {
    for (const auto* kind : kinds)
      if (takes(kind->name)) return;
    fidelity = config::Fidelity::row;
  };
  if (!fold) leave(config.fidelity.projection, stage::kinds::projections);
  leave(config.fidelity.write, stage::kinds::writers);
  leave(config.fidelity.bus, stage::kinds::buses);
}

}  // namespace topkima::platforms
