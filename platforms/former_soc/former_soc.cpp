// SPDX-License-Identifier: Apache-2.0
#include "former_soc/former_soc.h"

#include "head/rram_tile.h"
#include "stage/instance_names.h"

namespace topkima::platforms {
namespace {

crossbar::ProjectionTile::Config projection_config(const config::MachineConfig& c, std::size_t i) {
  const int q_max[] = {c.score.query_max, c.score.key_max, c.av.value_max};
  auto tile = rram_tile(c);
  tile.arrays.defects = c.nonidealities.rram(std::uint32_t(i));
  tile.inputs = c.shape.d_model();
  tile.heads = i == memory::DmaReader::q ? c.shape.heads : c.shape.kv_heads;
  tile.head_width = c.shape.d_k;
  tile.rows_per_sequence = c.shape.distinct ? c.shape.tokens : 0;
  tile.q_max = q_max[i];
  return tile;
}

crossbar::KvWriter::Config writer_config(const config::MachineConfig& c) {
  crossbar::KvWriter::Config writer{};
  writer.heads = c.shape.kv_heads;
  writer.copies = c.kv_copies();
  writer.d_k = c.shape.d_k;
  writer.tokens = c.shape.tokens;
  writer.cells = c.score.key_cells;
  writer.banks = c.pipeline.banks;
  writer.columns = c.attention.columns;
  writer.word_line_cycles = c.write.key_cycles;
  writer.token_cycles = c.write.value_cycles;
  writer.queue_depth = c.pipeline.queue_depth;
  writer.fidelity = c.fidelity.write;
  writer.block_width = c.score.block_width;
  writer.shared_width = c.attention.keys_are_inputs() ? c.score_width() : 0;
  writer.joined = c.score.joined;
  return writer;
}

memory::DmaWriter::Config store_config(const config::MachineConfig& c, const MemoryMap& map) {
  memory::DmaWriter::Config store{};
  store.d_k = c.shape.d_k;
  store.d_model = c.shape.d_model();
  store.rows = c.shape.query_rows;
  store.address = map.output;
  store.stride = map.output_stride;
  store.places = map.outputs;
  store.full_scale = std::int64_t{c.av.value_max} * c.prob_max();
  store.queue_depth = c.pipeline.queue_depth;
  return store;
}

/// W_K^T of one head of K: a query of d_k values becomes one of d_model.
crossbar::ProjectionTile::Config fold_config(const config::MachineConfig& c, int chain) {
  auto fold = projection_config(c, memory::DmaReader::q);
  fold.arrays.input_bits = c.score.query_bits;
  fold.arrays.defects =
      c.nonidealities.rram(config::Nonidealities::first_fold + std::uint32_t(chain));
  fold.inputs = c.shape.d_k;
  fold.heads = 1;
  fold.heads_per_chain = c.heads_per_chain();
  fold.head_width = c.shape.d_model();
  fold.fidelity = c.fidelity_of(chain).projection;
  fold.registers = "fold";
  fold.array_component = fold.adc_component = stage::Component::fold;
  return fold;
}

}  // namespace

MemoryMap::MemoryMap(const config::MachineConfig& config) {
  const auto width = std::uint64_t(config.shape.d_model());
  const std::uint64_t rows = width * config.shape.query_rows, tokens = width * config.shape.tokens;
  const std::uint64_t kv_tokens = std::uint64_t(config.shape.kv_width()) * config.shape.tokens;
  const bool distinct = config.shape.distinct;
  q = 0;
  k = config.shape.projected ? q : rows;
  v = config.shape.projected ? q : rows + kv_tokens;
  stride = distinct ? tokens : 0;
  output = config.shape.projected ? tokens : rows + 2 * kv_tokens;
  if (distinct) output *= std::uint64_t(config.pipeline.sequences);
  output_stride = rows;
  outputs = distinct ? config.pipeline.sequences : 2;
  constexpr std::size_t word = 8;  // of a 64-bit bus, which reads to the end of the last one
  size = (output + std::uint64_t(outputs) * output_stride + word - 1) / word * word;
}

FormerSoc::FormerSoc(const sc_core::sc_module_name& name, stage::Context& context,
                     const config::MachineConfig& c, pipeline::Host::Firmware firmware)
    : sc_core::sc_module(name),
      host("host", std::move(firmware)),
      controller("controller", context, c.shape.heads),
      router("router"),
      memory("memory", MemoryMap(c).size),
      bus("bus", context, {c.bus.bytes_per_cycle, c.bus.latency_cycles, c.fidelity.bus}),
      reader("reader", context, {c.dma.prefetch_rows, std::size_t(c.shape.d_model())}),
      folds("fold"),
      distributor(
          "distributor", context,
          {c.shape.heads, c.heads_per_chain(), c.shape.d_k, c.shape.query_rows, c.pipeline.banks}),
      writer("writer", context, writer_config(c)),
      heads("head"),
      stores("store"),
      heads_per_chain_(std::size_t(c.heads_per_chain())) {
  for (std::size_t i = 0; c.shape.projected && i < projections.size(); ++i)
    if (i != memory::DmaReader::k || !c.attention.keys_are_inputs())
      projections[i] = std::make_unique<crossbar::ProjectionTile>(
          stage::numbered("projection_", i).c_str(), context, stage::kinds::projections[i]->name,
          *stage::kinds::projections[i], projection_config(c, i));
  if (c.attention.keys_are_inputs()) {
    narrower =
        std::make_unique<crossbar::KeyNarrower>("narrower", c.shape.d_model(), c.score.key_max);
    folds.init(std::size_t(c.chains()), [&](const char* tile, std::size_t i) {
      const int chain = static_cast<int>(i);
      return new crossbar::ProjectionTile(tile, context,
                                          stage::head_stage(chain, stage::kinds::fold),
                                          stage::kinds::fold, fold_config(c, chain));
    });
  }
  const MemoryMap map(c);
  heads.init(std::size_t(c.chains()), [&](const char*, std::size_t i) {
    return new AttentionHead(stage::head_name(static_cast<int>(i)).c_str(), context, c,
                             static_cast<int>(i));
  });
  stores.init(heads.size(), [&](const char*, std::size_t i) {
    return new memory::DmaWriter(stage::numbered("store", i).c_str(), context,
                                 stage::head_stage(static_cast<int>(i), stage::kinds::store),
                                 store_config(c, map));
  });
  bind_control();
  bind_data();
}

void FormerSoc::bind_control() {
  using registers::block;
  host.bus.bind(router.in);
  controller.commands.bind(router.in);
  controller.irq.bind(irq);
  host.irq.bind(irq);

  router.map(block("controller").base, registers::controller_window, controller.control);
  const auto& dma = block("dma");
  for (std::size_t c = 0; c < reader.control.size(); ++c)
    router.map(dma.base + c * dma.stride, dma.stride, reader.control[c]);
  router.map(block("distributor").base, 0x100, distributor.control);
  router.map(block("writer").base, 0x100, writer.control);
  const auto map_rram = [&](const registers::Block& rram, std::size_t i, std::size_t window,
                            crossbar::ProjectionTile& tile) {
    router.map(rram.base + i * rram.stride, 4 * rram.registers.back()->count, tile.control);
    router.map(registers::weights_base + window * registers::weights_stride,
               registers::weights_stride, tile.program);
  };
  for (std::size_t p = 0; p < projections.size(); ++p)
    if (projections[p]) map_rram(block("projection"), p, p, *projections[p]);
  // The tiles know the heads of queries that take turns by the order in which they are bound.
  for (std::size_t h = 0; h < folds.size() * heads_per_chain_; ++h)
    map_rram(block("fold"), h, registers::first_fold + h, folds[h / heads_per_chain_]);
  if (narrower) router.map(block("narrower").base, 0x100, narrower->control);
  router.map(registers::memory_base, 0x8000'0000, memory.ports);
  for (auto& head : heads) head.map_registers(router);

  distributor.doorbell.bind(controller.control);
  writer.doorbell.bind(controller.control);
  for (auto& store : stores) store.doorbell.bind(controller.control);
}

void FormerSoc::bind_data() {
  for (auto& port : reader.bus) port.bind(bus.ports);
  bus.memory.bind(memory.ports);
  bind_projections();
  for (std::size_t h = 0; h < heads.size(); ++h) bind_head(h);
}

void FormerSoc::bind_projections() {
  using Reader = memory::DmaReader;
  const auto bind = [this](std::size_t destination, auto& target) {
    if (auto& projection = projections[destination]) {
      reader.destinations[destination].bind(projection->in);
      projection->out.bind(target);
    } else {
      reader.destinations[destination].bind(target);
    }
  };
  bind(Reader::q, distributor.in);
  bind(Reader::v, writer.values);
  if (narrower) {
    bind(Reader::k, narrower->in);
    narrower->out.bind(writer.keys);
  } else {
    bind(Reader::k, writer.keys);
  }
}

void FormerSoc::bind_head(std::size_t h) {
  const std::size_t arrays = heads[h].key_arrays.size();
  for (std::size_t a = 0; a < arrays; ++a)
    writer.key_arrays[h * arrays + a].bind(heads[h].key_arrays[a].program);
  writer.av_arrays[h].bind(heads[h].av.program);
  if (folds.size() > 0) {
    distributor.heads[h].bind(folds[h].in);
    folds[h].out.bind(heads[h].score.in);
  } else {
    distributor.heads[h].bind(heads[h].score.in);
  }
  heads[h].av.out.bind(stores[h].in);
  heads[h].av.finished.bind(distributor.finished);
  stores[h].bus.bind(bus.ports);
}

void FormerSoc::declare_probes(const Scopes& scopes, const config::MachineConfig& config,
                               const std::vector<int>& tokens) {
  for (std::size_t p = 0; p < projections.size(); ++p)
    if (projections[p]) projections[p]->declare_probes(scopes(stage::kinds::projections[p]->name));
  writer.declare_probes(scopes(stage::kinds::write_k.name), scopes(stage::kinds::write_v.name));
  bus.declare_probes(scopes(stage::kinds::bus_read.name), scopes(stage::kinds::bus_write.name));
  for (std::size_t h = 0; h < heads.size(); ++h) {
    if (folds.size() > 0)
      folds[h].declare_probes(scopes(stage::head_stage(static_cast<int>(h), stage::kinds::fold)));
    heads[h].declare_probes(scopes, config, tokens);
  }
}

}  // namespace topkima::platforms
