// SPDX-License-Identifier: Apache-2.0
// Reader and writer of tokens around a memory and its bus: when each row comes and leaves.
#include <catch2/catch.hpp>
#include <random>

#include "config/errors.h"
#include "memory/bus.h"
#include "memory/memory.h"
#include "support/both_fidelities.h"
#include "support/row_ends.h"
#include "vector/token_reader.h"
#include "vector/token_writer.h"

using namespace topkima;
using namespace topkima::testbenches;
using stage::Component, stage::Event;
using vector::Arrival, vector::ResidualBuffer, vector::TokenReader, vector::TokenTimes,
    vector::TokenWriter;
using Cycles = std::vector<std::int64_t>;

namespace {

constexpr int bus_bytes = 4, latency = 20;

/// Memory and bus; `bytes` count up from 0.
struct Tokens {
  const stage::Fidelity fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger(false)};  // as EncoderRun has it
  memory::Memory memory{"memory", 1024};
  memory::Bus bus{"bus", context, {bus_bytes, latency, fidelity}};
  Initiator cpu{"cpu"};
  vector::TokenFlow flow;
  ResidualBuffer residual;

  Tokens() {
    bus.memory.bind(memory.ports);
    cpu.out.bind(memory.ports);
    cpu.at_start = [this] {
      Bytes bytes(512);
      for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i);
      cpu.out->transport_dbg(cpu.payload.write(bytes.data(), bytes.size(), 0));
    };
  }
  Bytes stored(std::uint64_t address, std::size_t count) {
    Bytes bytes(count);
    cpu.out->transport_dbg(cpu.payload.read(bytes.data(), count, address));
    return bytes;
  }
  std::uint64_t count(Component component, Event event) const {
    return context.tally.counts().of(component, event);
  }
};

struct Reading : Tokens {
  TokenTimes times;
  TokenReader reader;
  RowSink sink{"sink", context};

  Reading(const TokenReader::Config& config, TokenTimes given)
      : times(std::move(given)), reader("reader", context, config, times, flow, residual) {
    reader.bus.bind(bus.ports);
    reader.out.bind(sink.in);
  }
};

TokenTimes stream(int sequences, int rows, Cycles at) {
  return {Arrival::stream, sequences, rows, std::move(at)};
}

/// Reader and writer alone: rows go straight back, behind what there was.
struct Passing : Tokens {
  TokenTimes times;
  TokenReader reader;
  TokenWriter writer;

  Passing(TokenTimes given, int width, int residual_width)
      : times(std::move(given)),
        reader("reader", context, {width, residual_width, 4}, times, flow, residual),
        writer("writer", context, {width, residual_width, times.sequences, times.rows, 512, 2},
               flow, residual) {
    reader.bus.bind(bus.ports);
    writer.bus.bind(bus.ports);
    reader.out.bind(writer.in);
  }
};

}  // namespace

TEST_CASE("rows come after their beats and the latency, activations before residual rows") {
  Reading r({6, 2, 4}, stream(1, 3, {0, 0, 0}));  // 10 bytes, three beats
  sc_core::sc_start();
  CHECK(r.sink.cycles() == Cycles{3 + latency, 6 + latency, 9 + latency});
  for (std::uint32_t row = 0; row < 3; ++row) {
    const auto first = static_cast<unsigned char>(10 * row);
    Bytes expected(6);
    for (unsigned char i = 0; i < 6; ++i) expected[i] = static_cast<unsigned char>(first + i);
    CHECK(r.sink.rows[row].data == expected);
    CHECK(r.sink.rows[row].tag.row == row);
    const auto low = std::int16_t(first + 6);
    const auto both = [](int byte) { return static_cast<std::int16_t>(byte + 256 * (byte + 1)); };
    CHECK(r.residual.pop() == ResidualBuffer::Row{both(low), both(low + 2)});
  }
  CHECK(r.count(Component::bus, Event::bus_beat) == 9);
  CHECK(r.count(Component::memory, Event::memory_read_byte) == 30);
  CHECK(r.count(Component::dma, Event::buffer_write_byte) == 30);
  CHECK(r.count(Component::dma, Event::buffer_read_byte) == 30);
}

TEST_CASE("a row is fetched no sooner than it is in memory, later ones wait for it") {
  Reading r({4, 0, 4}, stream(2, 2, {10, 7, 100, 101}));
  sc_core::sc_start();
  CHECK(r.sink.cycles() == Cycles{11 + latency, 12 + latency, 101 + latency, 102 + latency});
  CHECK(r.sink.rows[3].tag.sequence == 1);
  CHECK(r.sink.rows[3].tag.row == 1);
  CHECK(r.sink.rows[3].data == Bytes{12, 13, 14, 15});
  CHECK(r.flow.entered == Cycles{0, 0});
}

TEST_CASE("no more rows are fetched ahead than there is room for") {
  for (const int depth : {1, 2, 5}) {
    CAPTURE(depth);
    Reading r({8, 0, depth}, stream(1, 5, Cycles(5, 0)));  // two beats
    r.sink.hold = [](std::size_t) { return 100; };
    sc_core::sc_start();
    // With room for one, the next is fetched as the one before has been taken.
    const std::int64_t gap = depth == 1 ? 100 + 2 + latency : 100;
    const std::int64_t first = 2 + latency;
    CHECK(r.sink.cycles() ==
          Cycles{first, first + gap, first + 2 * gap, first + 3 * gap, first + 4 * gap});
  }
}

TEST_CASE("a table of the reader's own takes the place of the residual rows, in every sequence") {
  const std::vector<std::int16_t> position{1, 2, 3, 4};
  TokenReader::Config config{4, 0, 4, position.data(), 2};
  Reading r(config, stream(2, 2, Cycles(4, 0)));
  sc_core::sc_start();
  CHECK(r.count(Component::memory, Event::memory_read_byte) == 16);
  for (int sequence = 0; sequence < 2; ++sequence) {
    CHECK(r.residual.pop() == ResidualBuffer::Row{1, 2});
    CHECK(r.residual.pop() == ResidualBuffer::Row{3, 4});
  }
}

TEST_CASE("stream: a row has left after its beats and the latency, and samples follow each other") {
  Passing p(stream(2, 2, {0, 0, 50, 60}), 4, 2);  // 8 bytes: two beats in, two beats out
  sc_core::sc_start();
  CHECK(p.flow.left == Cycles{2 + latency + 2 + latency, 4 + latency + 2 + latency,
                              52 + latency + 2 + latency, 62 + latency + 2 + latency});
  CHECK(p.flow.entered == Cycles{0, 0});
  CHECK(p.flow.sequences_left == 2);
  CHECK(p.stored(512, 32) == p.stored(0, 32));
  CHECK(p.count(Component::bus, Event::bus_beat) == 4 * (2 + 2));
  CHECK(p.count(Component::memory, Event::memory_write_byte) == 32);
  p.context.ledger.close(200);
  for (const auto& account : p.context.ledger.accounts())
    if (account.name == "store") CHECK(account.busy == 8);
}

TEST_CASE("alone: a sample enters when the last row of the one before is in memory") {
  // Times are relative to the entrance.
  Passing p({Arrival::alone, 3, 2, {0, 0, 0, 9, 30, 5}}, 4, 2);
  sc_core::sc_start();
  const std::int64_t pass = 2 + latency + 2 + latency;  // of a row
  const std::int64_t first = pass + 2;                  // two rows, the second a transfer later
  const std::int64_t second = first + 9 + pass;
  // Row 1 of the last sample has been there since cycle 5, but rows keep their order.
  const std::int64_t third = second + 30 + pass + 2;
  CHECK(p.flow.entered == Cycles{0, first, second});
  CHECK(p.flow.left == Cycles{pass, first, first + pass, second, second + 30 + pass, third});
}

TEST_CASE("one sample passes alone as it does in a stream, whatever its times") {
  std::mt19937 random(3);
  for (int seed = 0; seed < 20; ++seed) {
    Cycles at(6);
    std::int64_t now = 0;
    for (auto& time : at) time = now += random() % 40;
    const int width = 1 + int(random() % 20), residual_width = int(random() % 4);
    const auto left = [&](Arrival arrival) {
      fresh_kernel();
      Passing p({arrival, 1, 6, at}, width, residual_width);
      sc_core::sc_start();
      return p.flow.left;
    };
    CHECK(left(Arrival::alone) == left(Arrival::stream));
  }
}

TEST_CASE("a row that leaves without its residual row ends the simulation") {
  Tokens t;
  RowSource source("source", t.context);
  TokenWriter writer("writer", t.context, {2, 1, 1, 1, 0, 2}, t.flow, t.residual);
  source.out.bind(writer.in);
  writer.bus.bind(t.bus.ports);
  source.add(Bytes(2));
  CHECK_THROWS_WITH(sc_core::sc_start(), Catch::Contains("a residual row is missing"));
}
