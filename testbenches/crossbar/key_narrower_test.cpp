// SPDX-License-Identifier: Apache-2.0
#include "crossbar/key_narrower.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using Row = std::vector<std::int8_t>;

namespace {

struct Narrowed {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source{"source", context};
  crossbar::KeyNarrower narrower;
  RowSink sink{"sink", context};
  Initiator host{"host"};

  Narrowed(int width, int q_max) : narrower("narrower", width, q_max) {
    source.out.bind(narrower.in);
    narrower.out.bind(sink.in);
    host.out.bind(narrower.control);
  }
  Row output(std::size_t row) const { return values_of<std::int8_t>(sink.rows.at(row).data); }
};

/// Sends a row and keeps what comes back.
struct Sender : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Sender> out{"out"};
  Row x{127, -127};
  stage::RowPayload payload;

  explicit Sender(const sc_core::sc_module_name& module) : sc_core::sc_module(module) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }
  void run() {
    sc_core::sc_time delay;
    out->b_transport(payload.write(x.data(), x.size()), delay);
  }
};

}  // namespace

TEST_CASE("values of X are scaled so that the maximum becomes the largest key, by hand") {
  Narrowed n(4, 7);
  n.host.at_start = [&] { CHECK(n.host.write32(0, 100) == tlm::TLM_OK_RESPONSE); };
  n.source.add(bytes_of(Row{100, -100, 50, -50}));  // 7, -7, 3.5 rounds up, -3.5 too
  n.source.add(bytes_of(Row{127, -128, 7, 0}));     // beyond the maximum; 0.49
  sc_core::sc_start();
  CHECK(n.output(0) == Row{7, -7, 4, -3});
  CHECK(n.output(1) == Row{7, -7, 0, 0});
}

TEST_CASE("a maximum of zero acts as one, as it does before it is written") {
  Narrowed n(2, 7);
  n.source.before = [&](std::size_t row) {
    if (row == 1) CHECK(n.host.write32(0, 0) == tlm::TLM_OK_RESPONSE);
  };
  for (int r = 0; r < 2; ++r) n.source.add(bytes_of(Row{0, -1}));
  sc_core::sc_start();
  for (std::size_t r = 0; r < 2; ++r) CHECK(n.output(r) == Row{0, -7});
}

TEST_CASE("a row passes in no cycle, with its identity, and waits for whom it is sent to") {
  Narrowed n(1, 7);
  n.sink.hold = [](std::size_t) { return 30; };
  n.source.add(5, tag_of(3, 1), Bytes{1});
  n.source.add(5, tag_of(4, 1), Bytes{1});
  sc_core::sc_start();
  CHECK(n.sink.cycles() == std::vector<std::int64_t>{5, 35});
  CHECK(n.source.returned == std::vector<std::int64_t>{35, 65});
  CHECK(n.sink.rows[0].tag.row == 3);
  CHECK(n.sink.rows[0].tag.sequence == 1);
}

TEST_CASE("the sender's bytes stay as they are, and it learns who took the row and when") {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  crossbar::KeyNarrower narrower("narrower", 2, 1);
  RowSink sink{"sink", context};
  Initiator host{"host"};
  Sender sender("sender");
  sink.hold = [](std::size_t) { return 7; };
  sender.out.bind(narrower.in);
  narrower.out.bind(sink.in);
  host.out.bind(narrower.control);
  sc_core::sc_start();
  CHECK(sender.x == Row{127, -127});
  CHECK(values_of<std::int8_t>(sink.rows.at(0).data) == Row{1, -1});
  CHECK(sender.payload.extension.taken_by == sink.id);
  CHECK(sender.payload.extension.cause != stage::Ledger::start);
}

TEST_CASE("random rows follow the plain formula") {
  std::mt19937 random(71);
  for (int seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    const int q_max = (1 << (1 + random() % 6)) - 1, m = 1 + int(random() % 127);
    Narrowed n(50, q_max);
    n.host.at_start = [&] { n.host.write32(0, std::uint32_t(m)); };
    Row x(50);
    for (auto& value : x) value = static_cast<std::int8_t>(int(random() % 256) - 128);
    n.source.add(bytes_of(x));
    sc_core::sc_start();
    const double limit = q_max;
    for (std::size_t i = 0; i < x.size(); ++i)
      REQUIRE(n.output(0)[i] ==
              std::clamp(std::floor((2.0 * x[i] * q_max + m) / (2.0 * m)), -limit, limit));
  }
}

TEST_CASE("rows of another width, and other registers, are refused") {
  Narrowed n(4, 7);
  n.host.at_start = [&] { CHECK(n.host.write32(4, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE); };
  n.source.add(Bytes(3));
  CHECK_THROWS_WITH(sc_core::sc_start(), Catch::Contains("TLM_BURST_ERROR_RESPONSE"));
}
