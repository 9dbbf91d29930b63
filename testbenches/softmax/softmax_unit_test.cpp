// SPDX-License-Identifier: Apache-2.0
#include "softmax/softmax_unit.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "support/both_fidelities.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using Cycles = std::vector<std::int64_t>;
using Pairs = std::vector<std::pair<int, int>>;

namespace {

Pairs pairs(const Bytes& row) {
  const stage::EntryRow view(row.data());
  CHECK(row.size() == 8 + 8 * std::size_t(view.header.count));
  Pairs result;
  for (int w = 0; w < view.header.count; ++w)
    result.emplace_back(view.entries[w].token, view.entries[w].code);
  return result;
}

/// A row's winners with these codes, tokens 10, 11, 12, ...
Bytes winners(const std::vector<int>& codes) {
  std::vector<stage::TokenCode> entries;
  for (const int code : codes) entries.push_back({10 + int(entries.size()), code});
  return entry_row(entries);
}

template <typename Socket>
void program(Initiator& host, Socket& control, const std::vector<std::uint32_t>& table) {
  host.out.bind(control);
  host.at_start = [&host, table] { CHECK(host.write(0, bytes_of(table)) == tlm::TLM_OK_RESPONSE); };
}

const std::vector<std::uint32_t> halving{32768, 16384, 8192, 4096, 2048, 1024, 512, 256};

softmax::ExponentStage::Config exponent_config(int winners,
                                               stage::Fidelity fidelity = stage::Fidelity::row) {
  softmax::ExponentStage::Config config{};
  config.winners = winners;
  config.cycles = 2;
  config.fidelity = fidelity;
  return config;
}

softmax::DividerStage::Config divider_config(stage::Fidelity fidelity) {
  softmax::DividerStage::Config config{};
  config.winners = 5;
  config.prob_bits = 5;
  config.cycles = 6;
  config.fidelity = fidelity;
  return config;
}

struct Unit {
  const stage::Fidelity fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source{"source", context};
  softmax::SoftmaxUnit unit;
  RowSink sink{"sink", context};
  Initiator host{"host"};

  explicit Unit(const softmax::SoftmaxUnit::Config& config = {5, 5, 2, 6})
      : unit("softmax", context, 0, at_fidelity(config, fidelity)) {
    source.out.bind(unit.exponent.in);
    unit.divider.out.bind(sink.in);
  }
  const stage::Account& account(const stage::Stage& half) const {
    return context.ledger.accounts()[std::size_t(half.id())];
  }
};

}  // namespace

TEST_CASE("exponents are read at each code's distance from the largest, and summed, by hand") {
  const auto fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source("source", context);
  softmax::ExponentStage exponent("exponent", context, "head0.exponent",
                                  exponent_config(5, fidelity));
  RowSink sink("sink", context);
  Initiator host("host");
  source.out.bind(exponent.in);
  exponent.out.bind(sink.in);
  source.add(winners({2, 3, -4, 3}));  // the largest need not come first
  source.add(winners({-4}));
  program(host, exponent.control, halving);
  sc_core::sc_start();
  CHECK(pairs(sink.rows[0].data) == Pairs{{10, 16384}, {11, 32768}, {12, 256}, {13, 32768}});
  CHECK(stage::EntryRow(sink.rows[0].data.data()).header.sum == 16384 + 32768 + 256 + 32768);
  CHECK(pairs(sink.rows[1].data) == Pairs{{10, 32768}});
  CHECK(sink.cycles() == Cycles{2 + 4, 2 + 4 + 2 + 1});
}

TEST_CASE("the divider rounds E (2^a - 1) / S half up, by hand") {
  const auto fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source("source", context);
  softmax::DividerStage divider("divider", context, "head0.divider", divider_config(fidelity));
  RowSink sink("sink", context);
  source.out.bind(divider.in);
  divider.out.bind(sink.in);
  std::vector<Pairs> seen;
  Observer<stage::EntriesRecord> observer([&](const stage::EntriesRecord& record) {
    seen.emplace_back();
    for (int w = 0; w < record.count; ++w)
      seen.back().emplace_back(record.entries[w].token, record.entries[w].code);
  });
  divider.probabilities.bind(observer);
  // 31 * (1/2, 1/4, 1/4) = 15.5, 7.75, 7.75; then a single winner; then 31 * (999, 1) / 1000.
  source.add(entry_row({{3, 32768}, {1, 16384}, {2, 16384}}, 65536));
  source.add(entry_row({{7, 5}}, 5));
  source.add(entry_row({{0, 999}, {5, 1}}, 1000));
  sc_core::sc_start();
  CHECK(pairs(sink.rows[0].data) == Pairs{{3, 16}, {1, 8}, {2, 8}});
  CHECK(pairs(sink.rows[1].data) == Pairs{{7, 31}});
  CHECK(pairs(sink.rows[2].data) == Pairs{{0, 31}, {5, 0}});
  CHECK(sink.cycles() == Cycles{9, 9 + 7, 9 + 7 + 8});
  CHECK(seen == std::vector<Pairs>{{{3, 16}, {1, 8}, {2, 8}}, {{7, 31}}, {{0, 31}, {5, 0}}});
}

TEST_CASE("the two halves overlap: a row follows as soon as a half is free") {
  Unit u;
  for (int r = 0; r < 3; ++r) u.source.add(winners({3, 3, 2, 1, 0}));
  program(u.host, u.unit.exponent.control, halving);
  sc_core::sc_start();
  // Exponent 7 cycles, divider 11: first row after 18, then one per 11, the slower half.
  CHECK(u.sink.cycles() == Cycles{18, 29, 40});
  CHECK(u.source.returned == Cycles{0, 7, 18});  // each half holds one row
  CHECK(u.account(u.unit.exponent).name == "head0.exponent");
  CHECK(u.account(u.unit.exponent).kind == "exponent");
  CHECK(u.account(u.unit.exponent).busy == 21);
  CHECK(u.account(u.unit.exponent).blocked == 8);  // 4 cycles each of rows 1 and 2
  CHECK(u.account(u.unit.divider).name == "head0.divider");
  CHECK(u.account(u.unit.divider).busy == 33);
}

TEST_CASE("winners that enter every few cycles take as many each, by hand") {
  Unit u({5, 5, 2, 6, stage::Fidelity::row, 4, 3});
  for (int r = 0; r < 2; ++r) u.source.add(winners({3, 3, 2, 1, 0}));
  program(u.host, u.unit.exponent.control, halving);
  sc_core::sc_start();
  // Exponent 2 + 5 * 4 = 22, divider 6 + 5 * 3 = 21.
  CHECK(u.sink.cycles() == Cycles{43, 65});
  CHECK(u.account(u.unit.exponent).busy == 44);
  CHECK(u.account(u.unit.divider).busy == 42);
}

TEST_CASE("a row without winners passes in no cycle, with an empty row behind it") {
  Unit u;
  u.source.add(3, tag_of(0), winners({}));
  program(u.host, u.unit.exponent.control, halving);
  sc_core::sc_start();
  CHECK(u.sink.cycles() == Cycles{3});
  CHECK(pairs(u.sink.rows[0].data).empty());
}

TEST_CASE("rows without winners stay in order among others and wait behind them, by hand") {
  Unit u;
  for (const auto& codes : {std::vector{3, 3, 3}, {}, {1, 0}, {}, {}, {0, 0, 0, 0, 0}})
    u.source.add(winners(codes));
  program(u.host, u.unit.exponent.control, halving);
  sc_core::sc_start();
  // Row 0: exponent 0..5, divider 5..14. Row 1 waits for the divider until 14. Row
  // 2: 14..18, 18..26. Rows 3 and 4 wait until 26. Row 5: 26..33, 33..44.
  CHECK(u.sink.cycles() == Cycles{14, 14, 26, 26, 26, 44});
  const std::size_t counts[] = {3, 0, 2, 0, 0, 5};
  for (std::size_t r = 0; r < 6; ++r) {
    CHECK(u.sink.rows[r].tag.row == r);
    CHECK(pairs(u.sink.rows[r].data).size() == counts[r]);
  }
}

TEST_CASE("random rows follow the plain formulas and take the cycles of their winners") {
  std::mt19937 random(19);
  for (int seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    const int ramp_bits = 1 + int(random() % 7), prob_bits = 1 + int(random() % 8);
    const int most = 1 + int(random() % 40);
    const double x = 0.001 * double(random() % 2000);
    const int exponent_cycles = int(random() % 4), divide_cycles = int(random() % 10);
    const int exponent_interval = random() % 2 ? 1 : 1 + int(random() % 5);
    const int divide_interval = random() % 2 ? 1 : 1 + int(random() % 5);
    std::vector<std::uint32_t> table;
    for (int d = 0; d < 1 << ramp_bits; ++d)
      table.push_back(std::uint32_t(std::floor(32768 * std::exp(-d * x) + 0.5)));
    Unit u({most, prob_bits, exponent_cycles, divide_cycles, stage::Fidelity::row,
            exponent_interval, divide_interval});
    std::vector<std::vector<int>> rows(20);
    for (auto& codes : rows) {
      codes.resize(random() % 4 ? random() % unsigned(most + 1) : 0);
      for (auto& code : codes) code = int(random() % (1u << ramp_bits)) - (1 << (ramp_bits - 1));
      u.source.add(winners(codes));
    }
    program(u.host, u.unit.exponent.control, table);
    sc_core::sc_start();
    REQUIRE(u.sink.rows.size() == rows.size());
    std::int64_t exponent_left = 0, divider_left = 0;  // when the row before left each half
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto& codes = rows[r];
      const auto count = std::int64_t(codes.size());
      const std::int64_t ready =
          exponent_left + (count ? exponent_cycles + count * exponent_interval : 0);
      exponent_left = std::max(ready, divider_left);
      divider_left = exponent_left + (count ? divide_cycles + count * divide_interval : 0);
      REQUIRE(u.sink.rows[r].cycle == divider_left);
      double sum = 0;
      const int largest = count ? *std::max_element(codes.begin(), codes.end()) : 0;
      for (const int code : codes) sum += table[std::size_t(largest - code)];
      const Pairs got = pairs(u.sink.rows[r].data);
      REQUIRE(got.size() == codes.size());
      for (std::size_t w = 0; w < codes.size(); ++w) {
        const double e = table[std::size_t(largest - codes[w])];
        REQUIRE(got[w].first == 10 + int(w));
        REQUIRE(got[w].second == std::floor((2 * e * ((1 << prob_bits) - 1) + sum) / (2 * sum)));
      }
    }
  }
}

TEST_CASE("with an unprogrammed exponent table all probabilities are zero") {
  Unit u;
  u.source.add(winners({1, 0}));
  u.host.out.bind(u.unit.exponent.control);
  sc_core::sc_start();
  CHECK(pairs(u.sink.rows[0].data) == Pairs{{10, 0}, {11, 0}});
}

TEST_CASE("rows too long and addresses beyond the table are refused") {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  softmax::ExponentStage exponent("exponent", context, "head0.exponent", exponent_config(2));
  RowSink sink("sink", context);
  Initiator host("host"), sender("sender");
  host.out.bind(exponent.control);
  sender.out.bind(exponent.in);
  exponent.out.bind(sink.in);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(sender.write(0, winners({1, 2, 3})) == tlm::TLM_BURST_ERROR_RESPONSE);
  Bytes row = winners({1, 2});
  CHECK(sender.read(0, row) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(host.write32(4 * 4096, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(host.write32(4 * 4095, 1) == tlm::TLM_OK_RESPONSE);
}

TEST_CASE("a row whose count its bytes do not hold is refused by the exponent half") {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  softmax::SoftmaxUnit unit("unit", context, 0, {5, 5, 2, 6});
  RowSink sink{"sink", context};
  Initiator winners{"winners"}, host{"host"};
  host.out.bind(unit.exponent.control);
  unit.divider.out.bind(sink.in);
  winners.out.bind(unit.exponent.in);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(winners.write(0, Bytes(4)) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(winners.write(0, bytes_of(std::vector<std::int32_t>{3, 0})) ==
        tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_CASE("65536 winners of the largest exponent do not overflow their sum") {
  const auto fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource source{"source", context};
  softmax::SoftmaxUnit unit("unit", context, 0, {65536, 5, 2, 6, fidelity});
  RowSink sink{"sink", context};
  Initiator host{"host"};
  host.out.bind(unit.exponent.control);
  unit.divider.out.bind(sink.in);
  source.out.bind(unit.exponent.in);
  host.at_start = [&] { host.write32(0, 32768); };
  source.add(entry_row(std::vector<stage::TokenCode>(65536, {0, 0})));
  sc_core::sc_start();
  CHECK(stage::EntryRow(sink.rows[0].data.data()).entries[0].code == 0);
}
