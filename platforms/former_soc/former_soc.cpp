#include "former_soc/former_soc.h"

#include "stage/instance_names.h"

namespace topkima::platforms {
namespace {

crossbar::ProjectionTile::Config projection_config(const config::MachineConfig& c, std::size_t i) {
  const int q_max[] = {c.query_max, c.key_max, c.value_max};
  return {{c.input_bits, c.weight_bits, c.cell_bits, c.rram_rows, c.adc_bits},
          c.shape.d_model(),
          c.shape.heads,
          c.shape.d_k,
          q_max[i],
          c.projection_precharge,
          c.column_mux,
          c.adder_cycles,
          c.queue_depth,
          c.fidelity.projection};
}

}  // namespace

MemoryMap::MemoryMap(const config::MachineConfig& config) {
  const auto width = std::uint64_t(config.shape.d_model());
  const std::uint64_t rows = width * config.shape.query_rows, tokens = width * config.shape.tokens;
  q = 0;
  k = config.shape.projected ? q : rows;
  v = config.shape.projected ? q : rows + tokens;
  output = config.shape.projected ? tokens : rows + 2 * tokens;
  output_stride = rows;
  constexpr std::size_t word = 8;  // of a 64-bit bus, which reads to the end of the last one
  size = (output + 2 * output_stride + word - 1) / word * word;
}

FormerSoc::FormerSoc(const sc_core::sc_module_name& name, stage::Bench& bench,
                     const config::MachineConfig& c, pipeline::Host::Firmware firmware)
    : sc_core::sc_module(name),
      host("host", std::move(firmware)),
      controller("controller", bench, c.shape.heads),
      router("router"),
      memory("memory", MemoryMap(c).size),
      bus("bus", bench, {c.bus_bytes, c.bus_latency, c.fidelity.bus}),
      reader("reader", bench, {c.prefetch_rows, std::size_t(c.shape.d_model())}),
      projections("projection"),
      distributor("distributor", bench, {c.shape.heads, c.shape.d_k, c.shape.query_rows, c.banks}),
      writer("writer", bench,
             {c.shape.heads, c.shape.d_k, c.shape.tokens, c.key_cells, c.banks, c.split,
              c.key_write_cycles, c.value_write_cycles, c.queue_depth, c.fidelity.write}),
      heads("head"),
      stores("store") {
  projections.init(c.shape.projected ? 3 : 0, [&](const char* tile, std::size_t i) {
    return new crossbar::ProjectionTile(tile, bench, stage::projections[i], stage::projections[i],
                                        projection_config(c, i));
  });
  const MemoryMap map(c);
  heads.init(std::size_t(c.shape.heads), [&](const char*, std::size_t i) {
    return new AttentionHead(stage::head_name(static_cast<int>(i)).c_str(), bench, c,
                             static_cast<int>(i));
  });
  stores.init(heads.size(), [&](const char*, std::size_t i) {
    return new memory::DmaWriter(
        stage::numbered("store", i).c_str(), bench,
        stage::head_name(static_cast<int>(i)) + ".store",
        {static_cast<int>(i), c.shape.d_k, c.shape.d_model(), c.shape.query_rows, map.output,
         map.output_stride, std::int64_t{c.value_max} * c.prob_max(), c.queue_depth});
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

  router.map(block("controller").base, 0x1000, controller.control);
  const auto& dma = block("dma");
  for (std::size_t c = 0; c < reader.control.size(); ++c)
    router.map(dma.base + c * dma.stride, dma.stride, reader.control[c]);
  router.map(block("distributor").base, 0x100, distributor.control);
  router.map(block("writer").base, 0x100, writer.control);
  const auto& projection = block("projection");
  for (std::size_t p = 0; p < projections.size(); ++p) {
    router.map(projection.base + p * projection.stride, projection.stride, projections[p].control);
    router.map(registers::weights_base + p * registers::weights_stride, registers::weights_stride,
               projections[p].program);
  }
  router.map(registers::memory_base, 0x8000'0000, memory.ports);
  for (auto& head : heads) head.map_registers(router);

  distributor.doorbell.bind(controller.control);
  writer.doorbell.bind(controller.control);
  for (auto& store : stores) store.doorbell.bind(controller.control);
}

void FormerSoc::bind_data() {
  using Reader = memory::DmaReader;
  for (auto& port : reader.bus) port.bind(bus.ports);
  bus.memory.bind(memory.ports);
  if (projections.size() > 0) {
    for (std::size_t p = 0; p < projections.size(); ++p)
      reader.destinations[p].bind(projections[p].in);
    projections[Reader::q].out.bind(distributor.in);
    projections[Reader::k].out.bind(writer.keys);
    projections[Reader::v].out.bind(writer.values);
  } else {
    reader.destinations[Reader::q].bind(distributor.in);
    reader.destinations[Reader::k].bind(writer.keys);
    reader.destinations[Reader::v].bind(writer.values);
  }
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const std::size_t crossbars = heads[h].key_tiles.size();
    for (std::size_t c = 0; c < crossbars; ++c)
      writer.key_tiles[h * crossbars + c].bind(heads[h].key_tiles[c].program);
    writer.value_tiles[h].bind(heads[h].values.program);
    distributor.heads[h].bind(heads[h].score.in);
    heads[h].values.out.bind(stores[h].in);
    heads[h].values.finished.bind(distributor.finished);
    stores[h].bus.bind(bus.ports);
  }
}

void FormerSoc::trace(const Scopes& scopes, const config::MachineConfig& config,
                      const std::vector<int>& tokens) {
  for (std::size_t p = 0; p < projections.size(); ++p)
    projections[p].trace(scopes(stage::projections[p]));
  writer.trace(scopes(stage::writers[0]), scopes(stage::writers[1]));
  bus.trace(scopes(stage::buses[0]), scopes(stage::buses[1]));
  for (auto& head : heads) head.trace(scopes, config, tokens);
}

}  // namespace topkima::platforms
