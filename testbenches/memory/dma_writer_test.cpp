// SPDX-License-Identifier: Apache-2.0
#include "memory/dma_writer.h"

#include <catch2/catch.hpp>
#include <random>

#include "memory/bus.h"
#include "memory/memory.h"
#include "memory/requester.h"
#include "registers/register_map.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using testbenches::Bytes;
using testbenches::bytes_of;
using testbenches::tag_of;
using Cycles = std::vector<std::int64_t>;

namespace {

constexpr int d_k = 4, d_model = 12, rows = 3, latency = 20;
constexpr std::int64_t full_scale = 15 * 31;

struct Setup {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  memory::Memory memory{"memory", 4096};
  memory::Bus bus;
  testbenches::RowSource source{"source", context};
  memory::DmaWriter writer;
  testbenches::Recording doorbell{"doorbell"};
  testbenches::Initiator cpu{"cpu"};

  explicit Setup(int width = 16, std::int64_t m = full_scale, int places = 2)
      : bus("bus", context, {width, latency}),
        writer("writer", context, "head1.store", {d_k, d_model, rows, 100, 1000, places, m, 2}) {
    source.out.bind(writer.in);
    writer.bus.bind(bus.ports);
    writer.doorbell.bind(doorbell.in);
    bus.memory.bind(memory.ports);
    cpu.out.bind(memory.ports);
  }

  /// The next row of head 1.
  void add(Bytes data) { source.add(0, tag_of(added++, 0, 1), std::move(data)); }
  std::uint32_t added = 0;

  std::vector<std::int8_t> stored(std::uint64_t address, std::size_t count) {
    std::vector<std::int8_t> values(count);
    cpu.out->transport_dbg(cpu.payload.read(values.data(), count, address));
    return values;
  }
};

Bytes row_of(std::vector<std::int32_t> values) { return bytes_of(values); }

/// floor((254 out + m) / (2 m)), clamped; by the remainder, not by rounding a quotient.
std::int8_t requantised(std::int64_t out, std::int64_t m) {
  std::int64_t byte = -127;
  while (byte < 127 && (byte + 1) * 2 * m <= 254 * out + m) ++byte;
  return static_cast<std::int8_t>(byte);
}

}  // namespace

TEST_CASE("outputs are requantised to one byte, half up, clamped, by hand") {
  Setup s(16, 127);  // m = 127: the values are their own bytes
  s.add(row_of({0, 1, -1, 127}));
  s.add(row_of({128, 1000000, -127, -128}));
  sc_core::sc_start();
  CHECK(s.stored(100 + 4, d_k) == std::vector<std::int8_t>{0, 1, -1, 127});
  CHECK(s.stored(100 + 4 + d_model, d_k) == std::vector<std::int8_t>{127, 127, -127, -127});
}

TEST_CASE("requantised bytes equal the formula for random outputs and full scales") {
  std::mt19937 random(7);
  for (int seed = 0; seed < 60; ++seed) {
    testbenches::fresh_kernel();
    const std::int64_t m = seed % 3 ? 1 + random() % 5000 : full_scale;
    Setup s(16, m);
    std::vector<std::int32_t> values(d_k * rows);
    for (auto& value : values)
      value =
          static_cast<std::int32_t>(random() % (3 * m + 1)) - static_cast<std::int32_t>(3 * m / 2);
    // Exactly half a step, where there is such a value, rounds up.
    if (m % 127 == 0) values[0] = static_cast<std::int32_t>(m / 127 / 2);
    for (int r = 0; r < rows; ++r)
      s.add(row_of({values.begin() + r * d_k, values.begin() + (r + 1) * d_k}));
    sc_core::sc_start();
    for (int r = 0; r < rows; ++r) {
      const auto bytes = s.stored(std::uint64_t(100 + 4 + r * d_model), d_k);
      for (int i = 0; i < d_k; ++i) REQUIRE(bytes[i] == requantised(values[r * d_k + i], m));
    }
  }
}

TEST_CASE("a row goes to its head's place in its token's row, sequences to two places in turn") {
  Setup s(16, 127);
  for (std::uint32_t sequence = 0; sequence < 3; ++sequence)
    for (std::uint32_t r = 0; r < rows; ++r) {
      const int value = static_cast<int>(10 * sequence + r + 1);
      s.source.add(0, tag_of(r, sequence, 1), row_of({value, value, value, value}));
    }
  sc_core::sc_start();
  // Sequence 2 has replaced sequence 0; sequence 1 lies one stride on. Nothing else is touched.
  for (std::uint32_t i = 0; i < 4096; ++i) {
    const auto byte = s.stored(i, 1)[0];
    std::int8_t expected = 0;
    for (std::uint32_t r = 0; r < rows; ++r) {
      if (i >= 104 + r * d_model && i < 108 + r * d_model)
        expected = static_cast<std::int8_t>(21 + r);
      if (i >= 1104 + r * d_model && i < 1108 + r * d_model)
        expected = static_cast<std::int8_t>(11 + r);
    }
    if (byte != expected) FAIL("byte " << i << " is " << int{byte});
  }
}

TEST_CASE("as many sequences as there are places keep their outputs") {
  Setup s(16, 127, 3);
  for (std::uint32_t sequence = 0; sequence < 4; ++sequence) {
    const int value = static_cast<int>(sequence) + 1;
    s.source.add(0, tag_of(2, sequence, 1), row_of({value, value, value, value}));
  }
  sc_core::sc_start();
  const auto of_place = [&](std::uint64_t place) {
    return s.stored(100 + 1000 * place + 2 * d_model + d_k, 1)[0];
  };
  CHECK(of_place(0) == 4);  // the fourth sequence has replaced the first
  CHECK(of_place(1) == 2);
  CHECK(of_place(2) == 3);
}

TEST_CASE("each row tells when it is in memory: after its beats and the latency") {
  Setup s(2);  // two beats per row
  std::vector<std::pair<std::uint32_t, std::uint32_t>> tags;
  Cycles at;
  testbenches::Observer<memory::StoredRecord> observer([&](const memory::StoredRecord& record) {
    tags.emplace_back(record.tag.sequence, record.tag.row);
    at.push_back(record.at);
  });
  s.writer.stored.bind(observer);
  for (std::uint32_t sequence = 0; sequence < 2; ++sequence)
    for (std::uint32_t r = 0; r < rows; ++r)
      s.source.add(sequence * 50, tag_of(r, sequence, 1), row_of({1, 2, 3, 4}));
  sc_core::sc_start();
  CHECK(tags == std::vector<std::pair<std::uint32_t, std::uint32_t>>{
                    {0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}});
  CHECK(at ==
        Cycles{2 + latency, 4 + latency, 6 + latency, 52 + latency, 54 + latency, 56 + latency});
}

TEST_CASE("the last row of each sequence rings the doorbell, annotated with the latency") {
  Setup s(2);  // two beats per row
  for (std::uint32_t sequence = 0; sequence < 2; ++sequence)
    for (std::uint32_t r = 0; r < rows; ++r)
      s.source.add(sequence * 50, tag_of(r, sequence, 1), row_of({1, 2, 3, 4}));
  sc_core::sc_start();
  const auto& rings = s.doorbell.writes;
  REQUIRE(rings.size() == 2);
  for (std::uint32_t sequence = 0; sequence < 2; ++sequence) {
    CHECK(rings[sequence].address == registers::controller::doorbell.offset);
    CHECK(rings[sequence].data == Bytes{5, 0, 0, 0});
    CHECK(rings[sequence].tag.sequence == sequence);
    CHECK(rings[sequence].time == s.context.clock.time_of(50 * sequence + 6));
    CHECK(rings[sequence].delay == s.context.clock.span(latency));
  }
}

TEST_CASE("a row occupies the writer for its beats, the sender waits when the queue is full") {
  Setup s(1);  // four beats per row; the queue holds two beside the one in service
  for (std::uint32_t r = 0; r < 6; ++r) s.source.add(0, tag_of(r % rows), row_of({1, 2, 3, 4}));
  sc_core::sc_start();
  CHECK(s.source.returned == Cycles{0, 0, 0, 4, 8, 12});
  const std::int64_t end = 50;
  s.context.ledger.close(end);
  const auto& account = testbenches::account_of(s.context, "head1.store");
  CHECK(account.rows == 6);
  CHECK(account.busy == 24);
  CHECK(account.blocked == 0);
  CHECK(account.starved == end - 24);
}

TEST_CASE("the wait for the bus is booked as blocked by the bus") {
  Setup s(1);
  testbenches::Requester other("other", s.context, {{0, true, 10}});
  other.out.bind(s.bus.ports);  // the second port: it wins because it asks first
  s.source.add(1, tag_of(0), row_of({1, 2, 3, 4}));
  sc_core::sc_start();
  s.context.ledger.close(100);
  const auto& account = testbenches::account_of(s.context, "head1.store");
  CHECK(account.starved == 1 + 86);
  CHECK(account.blocked == 9);
  CHECK(account.busy == 4);
  REQUIRE(account.blocked_by.size() == 1);
  CHECK(s.context.ledger.name(account.blocked_by[0].first) == "bus.write");
}

TEST_CASE("the writer refuses what is no row of outputs") {
  Setup s;
  testbenches::Recording unused("unused");
  testbenches::Initiator stranger("stranger");
  stranger.out.bind(unused.in);
  testbenches::elaborate();
  Bytes data(4 * d_k + 4);
  auto& payload = stranger.payload;
  const auto answer = [&](tlm::tlm_generic_payload& transaction) {
    s.source.out->b_transport(transaction, stranger.delay);
    return transaction.get_response_status();
  };
  CHECK(answer(payload.read(data.data(), 4 * d_k, 0)) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(answer(payload.write(data.data(), 4 * d_k + 4)) == tlm::TLM_BURST_ERROR_RESPONSE);
  tlm::tlm_generic_payload bare;
  bare.set_write();
  bare.set_data_ptr(data.data());
  bare.set_data_length(4 * d_k);
  bare.set_streaming_width(4 * d_k);
  CHECK(answer(bare) == tlm::TLM_GENERIC_ERROR_RESPONSE);
}
