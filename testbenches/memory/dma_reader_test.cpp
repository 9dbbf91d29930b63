// SPDX-License-Identifier: Apache-2.0
#include "memory/dma_reader.h"

#include <catch2/catch.hpp>

#include "config/errors.h"
#include "memory/bus.h"
#include "memory/memory.h"
#include "memory/requester.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"
#include "support/script.h"

using namespace topkima;
using memory::DmaReader;
using testbenches::Bytes;
using testbenches::Script;
namespace reg = registers::dma;
using Cycles = std::vector<std::int64_t>;

namespace {

constexpr int row_bytes = 32;  // two beats of the bus
constexpr std::uint32_t to_q = 1, to_k = 2, to_v = 4;

struct Pass {
  std::uint32_t source[3], rows[3], destinations;
  std::uint32_t sequence = 0;
};

void program(Script& script, const Pass& pass) {
  for (std::uint32_t d = 0; d < 3; ++d) {
    script.write(reg::source.offset + 4 * d, pass.source[d]);
    script.write(reg::rows.offset + 4 * d, pass.rows[d]);
  }
  script.write(reg::row_bytes.offset, row_bytes);
  script.write(reg::kv_row_bytes.offset, row_bytes);
  script.write(reg::destinations.offset, pass.destinations);
  script.write(reg::sequence.offset, pass.sequence);
}

/// Fills memory with bytes that tell their address apart.
class Filler : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Filler> out{"out"};
  explicit Filler(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {}
  void start_of_simulation() override {
    Bytes bytes(4096);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = byte_at(i);
    stage::RowPayload payload;
    out->transport_dbg(payload.write(bytes.data(), bytes.size(), 0));
  }
  static unsigned char byte_at(std::size_t address) {
    return static_cast<unsigned char>(address * 7 + address / 251);
  }
  static Bytes row_at(std::size_t address) {
    Bytes bytes;
    for (std::size_t i = 0; i < row_bytes; ++i) bytes.push_back(byte_at(address + i));
    return bytes;
  }
};

/// Both channels on one bus, a sink at each destination.
struct Setup {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  memory::Memory memory{"memory", 4096};
  memory::Bus bus{"bus", context, {16, 20}};
  DmaReader reader;
  testbenches::RowSink q{"q", context}, k{"k", context}, v{"v", context};
  Filler filler{"filler"};
  Script load, query;

  Setup(
      int prefetch, Script::Steps load_steps, Script::Steps query_steps = [](Script&) {})
      : reader("reader", context, {prefetch, row_bytes}),
        load("load", context, std::move(load_steps)),
        query("query", context, std::move(query_steps)) {
    bus.memory.bind(memory.ports);
    for (auto& port : reader.bus) port.bind(bus.ports);
    reader.destinations[DmaReader::q].bind(q.in);
    reader.destinations[DmaReader::k].bind(k.in);
    reader.destinations[DmaReader::v].bind(v.in);
    load.out.bind(reader.control[DmaReader::load]);
    query.out.bind(reader.control[DmaReader::query]);
    filler.out.bind(memory.ports);
  }
};

Script::Steps run_pass(const Pass& pass) {
  return [pass](Script& script) {
    program(script, pass);
    script.write(reg::start.offset, 1);
  };
}

std::int64_t reads(const Setup& s) { return testbenches::account_of(s.context, "bus.read").rows; }

}  // namespace

TEST_CASE("rows arrive after their beats and the latency, as far ahead as rows are prefetched") {
  struct Case {
    int prefetch;
    Cycles expected;
  };
  // A row is two beats and twenty cycles on its way; a place is free again when its row was taken.
  const auto& [prefetch, expected] = GENERATE(values<Case>({{1, {22, 44, 66, 88}},
                                                            {2, {22, 24, 44, 46}},
                                                            {3, {22, 24, 26, 44}},
                                                            {64, {22, 24, 26, 28}}}));
  testbenches::fresh_kernel();
  Setup s(
      prefetch, [](Script&) {}, run_pass({{0, 0, 0}, {4, 0, 0}, to_q}));
  sc_core::sc_start();
  CHECK(s.q.cycles() == expected);
  CHECK(s.k.rows.empty());
}

TEST_CASE("no more rows are read ahead of a blocked destination than are prefetched") {
  for (const int prefetch : {1, 2, 5}) {
    testbenches::fresh_kernel();
    Setup s(
        prefetch, [](Script&) {}, run_pass({{0, 0, 0}, {20, 0, 0}, to_q}));
    s.q.hold = [](std::size_t row) { return row == 3 ? 1'000'000 : 0; };
    sc_core::sc_start(s.context.clock.span(1000));
    // Rows 0, 1 and 2 were taken; row 3 is being offered and holds a place.
    CHECK(reads(s) == 3 + prefetch);
  }
}

TEST_CASE("a row that several take from one address crosses the bus once, others cross each") {
  struct Case {
    std::uint32_t q, k, v;
    std::int64_t reads_per_row, first;
  };
  const auto c = GENERATE(values<Case>({{64, 64, 64, 1, 22},
                                        {64, 1024, 64, 2, 24},
                                        {1024, 64, 64, 2, 24},
                                        {64, 64, 1024, 2, 24},
                                        {64, 1024, 2048, 3, 26}}));
  testbenches::fresh_kernel();
  Setup s(2, run_pass({{c.q, c.k, c.v}, {3, 3, 3}, to_q | to_k | to_v, 5}));
  sc_core::sc_start();
  CHECK(reads(s) == 3 * c.reads_per_row);
  const std::pair<testbenches::RowSink*, std::uint32_t> ends[] = {
      {&s.q, c.q}, {&s.k, c.k}, {&s.v, c.v}};
  for (const auto& [sink, source] : ends) {
    REQUIRE(sink->rows.size() == 3);
    CHECK(sink->rows[0].cycle == c.first);
    CHECK(sink->rows[1].cycle == c.first + 2 * c.reads_per_row);
    for (std::uint32_t r = 0; r < 3; ++r) {
      CHECK(sink->rows[r].data == Filler::row_at(source + r * row_bytes));
      CHECK(sink->rows[r].tag.row == r);
      CHECK(sink->rows[r].tag.sequence == 5);
    }
  }
}

TEST_CASE("a row goes to Q, then K, then V, each when the one before has taken it") {
  Setup s(1, run_pass({{0, 0, 0}, {2, 2, 2}, to_q | to_k | to_v}));
  s.q.hold = [](std::size_t) { return 5; };
  s.k.hold = [](std::size_t) { return 7; };
  sc_core::sc_start();
  CHECK(s.q.cycles() == Cycles{22, 56});  // 22 + 5 + 7 frees the place; 22 cycles more
  CHECK(s.k.cycles() == Cycles{27, 61});
  CHECK(s.v.cycles() == Cycles{34, 68});
}

TEST_CASE("only the destinations enabled get rows, each as many as it asked for") {
  Setup s(2, run_pass({{0, 1024, 2048}, {9, 2, 4}, to_k | to_v}));
  sc_core::sc_start();
  CHECK(s.q.rows.empty());
  CHECK(s.k.rows.size() == 2);
  CHECK(s.v.rows.size() == 4);
  CHECK(reads(s) == 6);
}

TEST_CASE("both channels work at once and share the bus in turn") {
  // Load reads K and V rows (two transfers a row) while query reads Q rows (one transfer).
  Setup s(64, run_pass({{0, 1024, 2048}, {0, 2, 2}, to_k | to_v}),
          run_pass({{0, 0, 0}, {3, 0, 0}, to_q}));
  sc_core::sc_start();
  // Transfers of two beats: K0 0-2, Q0 2-4, V0 4-6, Q1 6-8, K1 8-10, Q2 10-12, V1 12-14.
  CHECK(s.q.cycles() == Cycles{24, 28, 32});
  CHECK(s.k.cycles() == Cycles{26, 34});
  CHECK(s.v.cycles() == Cycles{26, 34});
}

TEST_CASE("a channel can be started again when its last row has been taken") {
  Setup s(2, [](Script& script) {
    program(script, {{0, 0, 0}, {1, 1, 1}, to_k, 0});
    script.write(reg::start.offset, 1);
    script.until(100);
    program(script, {{0, 512, 0}, {1, 1, 1}, to_k, 1});
    script.write(reg::start.offset, 1);
  });
  sc_core::sc_start();
  CHECK(s.k.cycles() == Cycles{22, 122});
  CHECK(s.k.rows[1].tag.sequence == 1);
  CHECK(s.k.rows[1].data == Filler::row_at(512));
}

TEST_CASE("a pass without rows leaves the channel idle") {
  Setup s(2, [](Script& script) {
    program(script, {{0, 0, 0}, {0, 0, 0}, to_q | to_k | to_v});
    script.write(reg::start.offset, 1);
    script.until(10);
    program(script, {{0, 0, 0}, {1, 1, 1}, 0});
    script.write(reg::start.offset, 1);
    script.until(20);
    program(script, {{0, 0, 0}, {0, 0, 1}, to_v});
    script.write(reg::start.offset, 1);
  });
  sc_core::sc_start();
  CHECK(s.v.cycles() == Cycles{42});
  CHECK(reads(s) == 1);
}

TEST_CASE("starting a busy channel is refused, even while only its last row is on its way") {
  auto answer = tlm::TLM_INCOMPLETE_RESPONSE;
  Setup s(2, [&answer](Script& script) {
    program(script, {{0, 0, 0}, {1, 1, 1}, to_q});
    script.write(reg::start.offset, 1);
    script.until(21);
    answer = script.write(reg::start.offset, 1);
  });
  sc_core::sc_start();
  CHECK(answer == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(s.q.cycles() == Cycles{22});
}

TEST_CASE("the DMA's registers answer errors for what they do not have") {
  std::vector<tlm::tlm_response_status> answers;
  Setup s(2, [&](Script& script) {
    answers.push_back(script.write(0x2c, 1));                    // no register
    answers.push_back(script.write(reg::source.offset + 2, 1));  // not aligned
    answers.push_back(script.write(reg::row_bytes.offset, 1));
    CHECK(script.read(reg::row_bytes.offset) == 1);
    CHECK_THROWS_AS(script.read(reg::start.offset), SimulationError);  // write only
  });
  sc_core::sc_start();
  CHECK(answers == std::vector<tlm::tlm_response_status>{tlm::TLM_ADDRESS_ERROR_RESPONSE,
                                                         tlm::TLM_ADDRESS_ERROR_RESPONSE,
                                                         tlm::TLM_OK_RESPONSE});
}
