// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small random machines and workloads: tiny queues, few tokens, odd sizes, masks.

#include <random>
#include <string>

#include "config/settings.h"

namespace topkima::testbenches {

inline std::int64_t pick(std::mt19937& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(high - low + 1));
}

inline config::Settings random_machine(std::mt19937& random) {
  config::Settings settings;
  const auto word = [&](const char* name, const std::string& value) {
    settings.set(name, value, "test");
  };
  const auto set = [&](const char* name, std::int64_t low, std::int64_t high) {
    word(name, std::to_string(pick(random, low, high)));
  };
  const std::int64_t heads = pick(random, 1, 4), kv_heads = pick(random, 1, 4);
  const std::int64_t tokens = pick(random, 1, 40);
  word("attention.heads", std::to_string(heads));
  if (heads % kv_heads == 0) word("attention.kv_heads", std::to_string(kv_heads));
  word("attention.kv_sharing", random() % 2 ? "multiplexed" : "replicated");
  word("attention.d_model", std::to_string(heads * pick(random, 1, 20)));
  word("attention.tokens", std::to_string(tokens));
  set("pipeline.queue_depth", 0, 2);
  set("pipeline.banks", 1, 2);
  set("pipeline.sequences", 1, 3);
  set("dma.prefetch_rows", 1, 3);
  set("bus.bytes_per_cycle", 1, 16);
  set("bus.latency_cycles", 0, 30);
  set("topk.k", 1, 8);
  set("crossbar.columns", 16, 64);
  set("softmax.exponent_cycles", 0, 60);
  set("av.precharge_cycles", 0, 40);
  set("projection.adder_cycles", 0, 100);
  set("workload.seed", 0, 1000);
  word("attention.causal", random() % 2 ? "true" : "false");
  word("report.float_reference", "false");
  if (random() % 3 == 0) set("attention.valid_tokens", 0, tokens);
  if (random() % 3 == 0) set("attention.first_row", 0, tokens);
  if (random() % 4 == 0) set("attention.first_valid", 0, tokens);
  if (random() % 4 == 0) set("attention.window", 1, tokens);
  if (random() % 4 == 0 && tokens > 1) {
    const std::int64_t cut = pick(random, 1, tokens - 1);
    word("attention.segments", std::to_string(cut) + "," + std::to_string(tokens - cut));
  }
  if (random() % 3 == 0) word("topk.stop_when_exhausted", "false");
  if (random() % 3 == 0) word("attention.placement", "interleaved");
  if (random() % 3 == 0) word("topk.scope", "head");
  if (random() % 3 == 0) word("topk.sub_k_by", "columns");
  if (random() % 3 == 0) word("crossbar.gate_empty", "false");
  if (random() % 4 == 0) set("topk.tree_cycles", 0, 5);
  if (random() % 4 == 0) set("topk.reach", 1, 20);
  if (random() % 3 == 0) word("score.weighting", "pulse");
  if (random() % 3 == 0) set("score.key_cells", 1, 4);
  if (random() % 3 == 0) set("ima.bits", 1, 7);
  if (random() % 3 == 0) set("ima.ramp_lsb", 1, 60);
  if (random() % 3 == 0) set("topk.union_cycles", 0, 80);
  if (random() % 3 == 0) set("softmax.prob_bits", 1, 8);
  if (random() % 3 == 0) set("softmax.divide_cycles", 0, 70);
  if (random() % 3 == 0) set("av.bits", 1, 7);
  if (random() % 3 == 0) set("av.rows", 1, 30);
  if (random() % 3 == 0) set("av.shift_add_cycles", 0, 5);
  if (random() % 3 == 0) set("score.precharge_cycles", 0, 3);
  if (random() % 3 == 0) set("write.key_cycles", 0, 3);
  if (random() % 3 == 0) set("write.value_cycles", 0, 90);
  if (random() % 3 == 0) set("rram.adc_bits", 1, 6);
  if (random() % 3 == 0) set("rram.cell_bits", 1, 3);
  if (random() % 3 == 0) set("projection.column_mux", 1, 12);
  if (random() % 3 == 0) set("projection.precharge_cycles", 0, 3);
  if (random() % 3 == 0) set("clock.frequency_mhz", 1, 1500);
  if (random() % 3 == 0) set("topk.grants_per_cycle", 2, 5);
  if (random() % 3 == 0) set("topk.step_cycles", 1, 6);
  if (random() % 3 == 0) set("topk.start_cycles", 1, 40);
  if (random() % 3 == 0) set("softmax.exponent_interval", 2, 12);
  if (random() % 3 == 0) set("softmax.divide_interval", 2, 12);
  return settings;
}

/// Takes some of its ideality, of some of the machines.
inline void random_nonidealities(config::Settings& settings, std::mt19937& random) {
  if (random() % 2) return;
  const auto sometimes = [&](const char* name, double most) {
    if (random() % 2) return;
    const double value = most * double(random() % 1000) / 1000;
    settings.set(name, std::to_string(value), "test");
  };
  settings.set("noise.seed", std::to_string(random() % 0xffffffff), "test");
  for (const char* name :
       {"noise.score_sigma", "noise.comparator_sigma", "noise.ramp_sigma", "noise.value_sigma",
        "noise.value_comparator_sigma", "noise.value_ramp_sigma"})
    sometimes(name, 1.5);
  for (const char* name : {"fault.key_cells", "fault.value_cells", "fault.rram_cells"})
    sometimes(name, 0.1);
  sometimes("noise.rram_sigma", 0.5);
}

/// Makes it, as often as not, one of the machines beside Topkima (docs/baselines.md).
inline void random_baseline(config::Settings& settings, std::mt19937& random) {
  if (random() % 2) return;
  const auto word = [&](const char* name, const std::string& value) {
    settings.set(name, value, "test");
  };
  word("softmax.macro", random() % 2 ? "conventional" : "digital_topk");
  word("topk.reach", "0");
  if (random() % 2) word("attention.scaling", "left_shift");
  if (random() % 2) word("sort.sorters", "crossbar");
  if (random() % 3 == 0) word("sort.element_cycles", std::to_string(pick(random, 2, 4)));
  if (random() % 3 == 0) word("shift.element_cycles", std::to_string(pick(random, 2, 4)));
}

/// Puts, as often as not, the scale into W_K^T: for a SoC that projects.
inline void random_fold(config::Settings& settings, std::mt19937& random) {
  if (random() % 2) return;
  settings.set("attention.scaling", "in_k_weights", "test");
  if (settings.is("softmax.macro", "topkima")) {
    settings.set("crossbar.rows", "512", "test");  // no row blocks
    return;
  }
  settings.set("crossbar.ramp_rows", std::to_string(pick(random, 64, 226)), "test");
  if (random() % 2) settings.set("score.adder_cycles", std::to_string(pick(random, 0, 90)), "test");
}

/// Makes, of some machines, arrays of so few word lines that a column needs two to four: joined, or
/// as row blocks where the ramps run through. Not for one whose arrays hold X.
inline void random_row_split(config::Settings& settings, std::mt19937& random) {
  if (random() % 3 || settings.is("attention.scaling", "in_k_weights")) return;
  const bool early = settings.is("softmax.macro", "topkima");
  if (early || random() % 2) settings.set("score.row_split", "join", "test");
  const int d_k = settings.integer("attention.d_model") / settings.integer("attention.heads");
  const auto values = pick(random, (d_k + 3) / 4, d_k);  // of an array
  const auto lines = values * settings.integer("score.key_cells");
  settings.set("crossbar.ramp_rows", "40", "test");
  settings.set("crossbar.rows", std::to_string(40 + lines), "test");
  settings.set("av.rows", "auto", "test");
}

}  // namespace topkima::testbenches
