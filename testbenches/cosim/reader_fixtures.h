// SPDX-License-Identifier: Apache-2.0
#pragma once
// The DMA reader behind a bus and its memory, with destinations that a test lets wait, as it is or
// with RTL in the place of its channels.

#include <vector>

#include "cosim/event_fixtures.h"
#include "cosim/reader_rtl.h"
#include "memory/bus.h"
#include "memory/dma_reader.h"
#include "memory/memory.h"

namespace topkima::testbenches {

class Reading {
 public:
  /// What the load channel reads, from cycle 5 on; the query channel reads nothing.
  struct Pass {
    std::uint32_t source[3], rows[3], row_bytes, kv_row_bytes, destinations;
    int places = 2, latency = 20;
  };
  static constexpr std::uint32_t to_q = 1, to_k = 2, to_v = 4;
  static constexpr std::int64_t started = 5;

  Reading(By by, const Pass& pass)
      : bus_("bus", context_, {16, pass.latency, stage::Fidelity::cycle}),
        reader("reader", context_, {pass.places, pass.row_bytes}),
        load_("load", context_, [pass](Script& script) { program(script, pass); }),
        query_("query", context_, [](Script&) {}) {
    bus_.memory.bind(memory_.ports);
    filler_.out.bind(memory_.ports);
    filler_.at_start = [this] { fill(); };
    for (auto& port : reader.bus) port.bind(bus_.ports);
    reader.destinations[memory::DmaReader::q].bind(q.in);
    reader.destinations[memory::DmaReader::k].bind(k.in);
    reader.destinations[memory::DmaReader::v].bind(v.in);
    load_.out.bind(reader.control[memory::DmaReader::load]);
    query_.out.bind(reader.control[memory::DmaReader::query]);
    if (by == By::model) return;
    const cosim::ReaderShape shape{16,
                                   pass.latency,
                                   pass.places,
                                   static_cast<int>(pass.row_bytes),
                                   static_cast<int>(pass.kv_row_bytes),
                                   64};
    for (int c = 0; c < memory::DmaReader::channel_count; ++c) {
      rtl_.push_back(event::rtl(context_, config::Block::reader, "rtl",
                                [&](const auto& p) { return cosim::fits_reader(p, shape); }));
      pins_.push_back(std::make_unique<cosim::ReaderPins>(*rtl_.back(), context_.clock, shape));
      reader.seam(c).replace(*pins_.back());
    }
  }

  static unsigned char byte_at(std::size_t address) {
    return static_cast<unsigned char>(address * 7 + address / 251);
  }

 private:
  static constexpr std::size_t memory_bytes = 1 << 14;

  static void program(Script& script, const Pass& pass) {
    namespace reg = registers::dma;
    script.until(started);
    for (std::uint32_t d = 0; d < 3; ++d) {
      script.write(reg::source.offset + 4 * d, pass.source[d]);
      script.write(reg::rows.offset + 4 * d, pass.rows[d]);
    }
    script.write(reg::row_bytes.offset, pass.row_bytes);
    script.write(reg::kv_row_bytes.offset, pass.kv_row_bytes);
    script.write(reg::destinations.offset, pass.destinations);
    script.write(reg::start.offset, 1);
  }
  void fill() {
    Bytes bytes(memory_bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = byte_at(i);
    if (filler_.write(0, bytes) != tlm::TLM_OK_RESPONSE) throw std::runtime_error("memory");
  }

  stage::Context context_ = event::context();
  memory::Memory memory_{"memory", memory_bytes};
  memory::Bus bus_;
  Initiator filler_{"filler"};

 public:
  memory::DmaReader reader;
  RowSink q{"q", context_}, k{"k", context_}, v{"v", context_};

 private:
  Script load_, query_;
  std::vector<event::Rtl> rtl_;
  std::vector<std::unique_ptr<cosim::ReaderPins>> pins_;
};

}  // namespace topkima::testbenches
