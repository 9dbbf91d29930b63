// SPDX-License-Identifier: Apache-2.0
#include "attention_macro/attention_macro.h"

#include <numeric>

#include "arith/ternary.h"
#include "head/firmware.h"
#include "pipeline/schedule.h"
#include "stage/instance_names.h"

namespace topkima::platforms {
namespace {

/// The macro's own windows for preloading its tiles.
constexpr std::uint64_t tiles_base = 0x100'0000'0000;
constexpr std::uint64_t tile_window = 0x1'0000'0000;

}  // namespace

AttentionMacro::AttentionMacro(const sc_core::sc_module_name& name, stage::Context& context,
                               const config::MachineConfig& config, const Input& input)
    : sc_core::sc_module(name),
      source("source", context, rows_, std::size_t(config.shape.d_model())),
      distributor("distributor", context,
                  {config.shape.heads, config.shape.d_k, config.shape.query_rows, 1}),
      heads("head"),
      sink("sink", context, std::int64_t{config.shape.heads} * config.shape.query_rows,
           config.shape.d_k),
      router("router"),
      host("host", [this](pipeline::Host& h) { firmware(h); }),
      context_(context),
      config_(config),
      input_(input),
      rows_(workload::token_major(input.q, config.shape)) {
  heads.init(std::size_t(config.shape.heads), [&](const char*, std::size_t i) {
    return new AttentionHead(stage::head_name(static_cast<int>(i)).c_str(), context, config,
                             static_cast<int>(i));
  });
  source.out.bind(distributor.in);
  std::uint64_t window = tiles_base;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    distributor.heads[h].bind(heads[h].score.in);
    heads[h].av.out.bind(sink.in);
    heads[h].av.finished.bind(distributor.finished);
    heads[h].map_registers(router);
    for (auto& tile : heads[h].key_arrays) {
      router.map(window, tile_window, tile.program);
      window += tile_window;
    }
    router.map(window, tile_window, heads[h].av.program);
    window += tile_window;
  }
  router.map(registers::block("distributor").base, 0x100, distributor.control);
  host.bus.bind(router.in);
  sink.done.bind(done);
  host.irq.bind(done);
}

void AttentionMacro::preload_tiles(pipeline::Host& cpu) {
  const auto& shape = config_.shape;
  const auto d_k = std::size_t(shape.d_k), tokens = std::size_t(shape.tokens);
  const auto& map = config_.attention.columns;
  const int held = map.all_columns(), cells_of_value = config_.score.key_cells;
  const auto crossbars = std::size_t(map.crossbars());
  // Joined arrays are programmed as one; row blocks are arrays of their own.
  const auto block_width = std::size_t(config_.converted_width());
  std::vector<std::int8_t> dimension(std::size_t(held), 0), cells(std::size_t(held), 0);
  std::uint64_t window = tiles_base;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    for (std::size_t i = 0; i < d_k; ++i) {
      for (std::size_t t = 0; t < tokens; ++t)
        dimension[std::size_t(map.address_of(int(t)))] = input_.k[(h * tokens + t) * d_k + i];
      for (int cell = 0; cell < cells_of_value; ++cell) {
        arith::ternary_digits(dimension.data(), held, cell, cells.data());
        const std::size_t block = i / block_width;
        const std::size_t line = i % block_width * std::size_t(cells_of_value) + std::size_t(cell);
        for (std::size_t c = 0; c < crossbars; ++c) {
          const auto columns = std::size_t(map.columns(int(c)));
          cpu.preload(window + (block * crossbars + c) * tile_window + line * columns,
                      cells.data() + map.base(int(c)), columns);
        }
      }
    }
    window += heads[h].key_arrays.size() * tile_window;
    for (std::size_t t = 0; t < tokens; ++t)
      cpu.preload(window + t * d_k, input_.v.data() + (h * tokens + t) * d_k, d_k);
    window += tile_window;
  }
}

void AttentionMacro::firmware(pipeline::Host& cpu) {
  preload_tiles(cpu);
  program_heads(cpu, config_, input_.scales);
  const bool one_row = !pipeline::Schedule::of(config_.pipeline.schedule).rows_overlap();
  const auto base = registers::block("distributor").base;
  cpu.write(base + registers::distributor::mode.offset,
            one_row ? registers::distributor::one_row : registers::distributor::stream);
  cpu.write(base + registers::distributor::release.offset, 0);
  context_.clock.start();
  source.start.notify(sc_core::SC_ZERO_TIME);
  cpu.wait_for_interrupt();
}

void AttentionMacro::declare_probes(const Scopes& scopes, const std::vector<int>& tokens) {
  for (auto& head : heads) head.declare_probes(scopes, config_, tokens);
}

}  // namespace topkima::platforms
