// SPDX-License-Identifier: Apache-2.0
#include "crossbar/kv_writer.h"

#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "support/both_fidelities.h"
#include "support/fresh_kernel.h"
#include "support/row_ends.h"

using namespace topkima;
using namespace topkima::testbenches;
using Cycles = std::vector<std::int64_t>;
using Row = std::vector<std::int8_t>;

namespace {

/// Stands for the controller: notes doorbells, and answers each complete set of keys with the
/// command to write it, after so many cycles.
class Commander : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Commander> bell{"bell"};
  tlm_utils::simple_initiator_socket<Commander> command{"command"};

  Commander(const sc_core::sc_module_name& module, stage::Context& context)
      : sc_core::sc_module(module),
        id(context.ledger.add_label("commander", stage::kinds::controller)),
        context_(context) {
    bell.register_b_transport(this, &Commander::ring);
    sc_core::sc_spawn([this] { run(); }, "run");
  }

  const stage::StageId id;
  std::int64_t delay = 0;
  std::vector<std::pair<std::int64_t, std::uint32_t>> rings;  ///< cycle and value

  Cycles rung(std::uint32_t value) const {
    Cycles cycles;
    for (const auto& [cycle, rung] : rings)
      if (rung == value) cycles.push_back(cycle);
    return cycles;
  }

 private:
  void ring(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    std::uint32_t value = 0;
    CHECK(payload.get_address() == 0x44);
    std::memcpy(&value, payload.get_data_ptr(), sizeof value);
    rings.emplace_back(context_.clock.now(), value);
    if (value == 2) {
      cause_ = payload.get_extension<stage::RowExtension>()->cause;
      sequence_ = payload.get_extension<stage::RowExtension>()->tag.sequence;
      ++complete_;
      asked_.notify();
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  void run() {
    for (;;) {
      while (complete_ == 0) wait(asked_);
      --complete_;
      context_.clock.spend(delay);
      const auto cause = context_.ledger.event(id, cause_, cause_, delay, context_.clock.now());
      sender_.send(command, 0, sequence_, cause, id, {});
    }
  }

  stage::Context& context_;
  stage::Command sender_;
  stage::NodeId cause_ = stage::Ledger::start;
  std::uint32_t sequence_ = 0;
  int complete_ = 0;
  sc_core::sc_event asked_;
};

struct Writer {
  const stage::Fidelity fidelity = both_fidelities();
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource keys{"keys", context}, values{"values", context};
  crossbar::KvWriter writer;
  Commander commander{"commander", context};
  std::vector<std::unique_ptr<Recording>> key_arrays, av_arrays;

  explicit Writer(const crossbar::KvWriter::Config& config)
      : writer("writer", context, at_fidelity(config, fidelity)) {
    keys.out.bind(writer.keys);
    values.out.bind(writer.values);
    writer.doorbell.bind(commander.bell);
    commander.command.bind(writer.control);
    for (auto& socket : writer.key_arrays)
      socket.bind(key_arrays.emplace_back(new Recording(sc_core::sc_gen_unique_name("key")))->in);
    for (auto& socket : writer.av_arrays)
      socket.bind(av_arrays.emplace_back(new Recording(sc_core::sc_gen_unique_name("value")))->in);
  }
  Row data(const Recording& tile, std::size_t write) const {
    return values_of<std::int8_t>(tile.writes.at(write).data);
  }
  const stage::Account& account(std::size_t stage) const {
    return context.ledger.accounts()[stage];
  }
  std::size_t find(const std::string& name) const {
    std::size_t i = 0;
    while (account(i).name != name) ++i;
    return i;
  }
};

/// Two heads of two dimensions, three tokens over crossbars of two columns, two cells, two banks.
crossbar::KvWriter::Config small() {
  return {2, 1, 2, 3, 2, 2, arith::ColumnMap::blocked({2, 2}, 3), 1, 1, 2, 2};
}

}  // namespace

TEST_CASE("keys are transposed and written digit by digit, a word line of every array at a time") {
  Writer w(small());
  // Heads side by side: head 0 has dimensions (1, -2), (3, 0), (-3, 2) for tokens 0 to 2.
  w.keys.add(bytes_of(Row{1, -2, 0, 0}));
  w.keys.add(bytes_of(Row{3, 0, 0, 0}));
  w.keys.add(bytes_of(Row{-3, 2, 0, 1}));
  sc_core::sc_start();
  REQUIRE(w.key_arrays.size() == 4);
  for (const auto& tile : w.key_arrays) {
    REQUIRE(tile->writes.size() == 4);  // dimension 0: weights 1, 2; dimension 1: weights 1, 2
    for (std::size_t line = 0; line < 4; ++line) CHECK(tile->writes[line].address == 2 * line);
  }
  const Row head0[2][4] = {{{1, 1}, {0, 1}, {0, 0}, {-1, 0}},    // tokens 0 and 1
                           {{-1, 0}, {-1, 0}, {0, 0}, {1, 0}}};  // token 2, and a column to spare
  for (std::size_t c = 0; c < 2; ++c)
    for (std::size_t line = 0; line < 4; ++line)
      CHECK(w.data(*w.key_arrays[c], line) == head0[c][line]);
  CHECK(w.data(*w.key_arrays[2], 2) == Row{0, 0});
  CHECK(w.data(*w.key_arrays[3], 2) == Row{1, 0});  // head 1, dimension 1, weight 1
}

TEST_CASE("keys are written on command after the last one, one cycle per word line") {
  auto config = small();
  config.word_line_cycles = 3;
  Writer w(config);
  w.commander.delay = 25;
  for (std::uint32_t r = 0; r < 3; ++r) w.keys.add(10 * r, tag_of(r), Bytes(4, 1));
  sc_core::sc_start();
  // The last key arrives at 20, the command at 45; four word lines of three cycles.
  CHECK(w.commander.rung(2) == Cycles{20});
  CHECK(w.commander.rung(4) == Cycles{57});
  CHECK(w.key_arrays[0]->writes.back().time == w.context.clock.span(57));
  w.context.ledger.close(100);
  const auto& account = w.account(w.find("write.k"));
  CHECK(account.busy == 12);
  CHECK(account.blocked == 0);
  CHECK(causes(account.starved_by) ==
        Causes{{w.keys.id, 20}, {w.commander.id, 25}, {stage::nobody, 43}});
}

TEST_CASE("clock by clock every word line of K^T is written at the end of its own cycles") {
  auto config = small();
  config.word_line_cycles = 3;
  config.fidelity = stage::Fidelity::cycle;
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource keys{"keys", context}, values{"values", context};
  crossbar::KvWriter writer("writer", context, config);
  Commander commander{"commander", context};
  std::vector<std::unique_ptr<Recording>> tiles;
  const auto sink = [&] {
    return tiles.emplace_back(new Recording(sc_core::sc_gen_unique_name("tile"))).get();
  };
  keys.out.bind(writer.keys);
  values.out.bind(writer.values);
  writer.doorbell.bind(commander.bell);
  commander.command.bind(writer.control);
  for (auto& socket : writer.key_arrays) socket.bind(sink()->in);
  for (auto& socket : writer.av_arrays) socket.bind(sink()->in);
  for (std::uint32_t r = 0; r < 3; ++r) keys.add(10 * r, tag_of(r), Bytes(4, 1));
  sc_core::sc_start();
  REQUIRE(tiles[0]->writes.size() == 4);
  for (std::size_t line = 0; line < 4; ++line)
    CHECK(tiles[0]->writes[line].time == context.clock.time_of(std::int64_t(20 + 3 * (line + 1))));
}

TEST_CASE("values are written as their tokens arrive, to all heads at once") {
  auto config = small();
  config.token_cycles = 4;
  Writer w(config);
  w.values.add(5, tag_of(0), bytes_of(Row{1, -2, 3, -4}));
  w.values.add(5, tag_of(1), bytes_of(Row{5, 6, 7, 8}));
  w.values.add(30, tag_of(2), bytes_of(Row{-15, 15, 0, 9}));
  sc_core::sc_start();
  const Row expected[2][3] = {{{1, -2}, {5, 6}, {-15, 15}}, {{3, -4}, {7, 8}, {0, 9}}};
  const std::int64_t written[] = {9, 13, 34};
  for (std::size_t h = 0; h < 2; ++h) {
    REQUIRE(w.av_arrays[h]->writes.size() == 3);
    for (std::size_t r = 0; r < 3; ++r) {
      CHECK(w.av_arrays[h]->writes[r].address == 2 * r);
      CHECK(w.av_arrays[h]->writes[r].time == w.context.clock.span(written[r]));
      CHECK(w.data(*w.av_arrays[h], r) == expected[h][r]);
    }
  }
  CHECK(w.commander.rung(3) == Cycles{34});
  CHECK(w.commander.rings.size() == 1);
  w.context.ledger.close(50);
  const auto& account = w.account(w.find("write.v"));
  CHECK(account.rows == 3);
  CHECK(account.busy == 12);
  CHECK(causes(account.starved_by) == Causes{{w.values.id, 5 + 17}, {stage::nobody, 16}});
}

TEST_CASE("odd sequences go to the second bank, behind the first one's lines") {
  Writer w(small());
  for (std::uint32_t sequence = 0; sequence < 3; ++sequence)
    for (std::uint32_t r = 0; r < 3; ++r) {
      w.keys.add(0, tag_of(r, sequence), Bytes(4, 1));
      w.values.add(0, tag_of(r, sequence), Bytes(4, 1));
    }
  sc_core::sc_start();
  REQUIRE(w.key_arrays[3]->writes.size() == 12);
  REQUIRE(w.av_arrays[1]->writes.size() == 9);
  for (std::size_t i = 0; i < 12; ++i)
    CHECK(w.key_arrays[3]->writes[i].address == 2 * (i % 8));  // lines 0..3, 4..7, 0..3
  for (std::size_t i = 0; i < 9; ++i) CHECK(w.av_arrays[1]->writes[i].address == 2 * (i % 6));
  CHECK(w.commander.rung(2) == Cycles{0, 4, 8});
  CHECK(w.commander.rung(4) == Cycles{4, 8, 12});
  CHECK(w.commander.rung(3) == Cycles{3, 6, 9});
}

TEST_CASE("while keys wait for the command the next sequence's wait in the queue, then outside") {
  Writer w(small());
  w.commander.delay = 100;
  for (std::uint32_t sequence = 0; sequence < 2; ++sequence)
    for (std::uint32_t r = 0; r < 3; ++r) w.keys.add(0, tag_of(r, sequence), Bytes(4, 1));
  sc_core::sc_start();
  // Keys 0 and 1 pass at once. The queue of two then holds key 2 in service and two more.
  CHECK(w.keys.returned == Cycles{0, 0, 0, 0, 0, 104});
  CHECK(w.commander.rung(4) == Cycles{104, 208});
}

TEST_CASE("random keys come back from the word lines as they were sent") {
  std::mt19937 random(43);
  for (int seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    const int heads = 1 + int(random() % 3), d_k = 1 + int(random() % 6),
              cells = 1 + int(random() % 6);
    std::vector<int> split(1 + random() % 3);
    int columns = 0;
    for (auto& c : split) columns += c = 1 + int(random() % 9);
    const int tokens = columns - int(random() % unsigned(split.back())), most = (1 << cells) - 1;
    Writer w(
        {heads, 1, d_k, tokens, cells, 1, arith::ColumnMap::blocked(split, tokens), 1, 1, 2, d_k});
    const Row zeros(static_cast<std::size_t>(heads * d_k));
    std::vector<Row> k(static_cast<std::size_t>(tokens), zeros);
    for (auto& row : k) {
      for (auto& value : row)
        value = static_cast<std::int8_t>(int(random() % unsigned(2 * most + 1)) - most);
      w.keys.add(bytes_of(row));
    }
    sc_core::sc_start();
    CHECK(w.commander.rung(4) == Cycles{d_k * cells});
    for (int h = 0; h < heads; ++h) {
      int first = 0;
      for (std::size_t c = 0; c < split.size(); first += split[c++])
        for (int i = 0; i < d_k; ++i)
          for (int j = 0; j < split[c]; ++j) {
            int value = 0;
            for (int cell = 0; cell < cells; ++cell) {
              const auto& tile = *w.key_arrays[std::size_t(h) * split.size() + c];
              const int digit = w.data(tile, std::size_t(i * cells + cell)).at(std::size_t(j));
              REQUIRE(std::abs(digit) <= 1);
              value += (1 << cell) * digit;
            }
            const int token = first + j;
            REQUIRE(value ==
                    (token < tokens ? k[std::size_t(token)][std::size_t(h * d_k + i)] : 0));
          }
    }
  }
}

TEST_CASE("shared keys go to every head, their row blocks in parallel, by hand") {
  // One key of four values for both heads; three to an array, the fourth in a second row block.
  auto config = small();
  config.block_width = 3;
  config.shared_width = 4;
  config.word_line_cycles = 2;
  Writer w(config);
  w.keys.add(bytes_of(Row{1, -2, 0, 3}));
  w.keys.add(bytes_of(Row{3, 0, 0, -1}));
  w.keys.add(bytes_of(Row{-3, 2, 1, 2}));
  for (std::uint32_t r = 0; r < 3; ++r) w.values.add(bytes_of(Row{1, 2, 3, 4}));
  sc_core::sc_start();
  REQUIRE(w.key_arrays.size() == 8);  // of each head: block 0 of two crossbars, block 1
  // Six word lines of two cycles, since the blocks are written at once.
  CHECK(w.commander.rung(4) == Cycles{12});
  const Row block0[2][6] = {{{1, 1}, {0, 1}, {0, 0}, {-1, 0}, {0, 0}, {0, 0}},
                            {{-1, 0}, {-1, 0}, {0, 0}, {1, 0}, {1, 0}, {0, 0}}};
  const Row block1[2][2] = {{{1, -1}, {1, 0}}, {{0, 0}, {1, 0}}};
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t c = 0; c < 2; ++c) {
      const auto &first = *w.key_arrays[4 * h + c], &second = *w.key_arrays[4 * h + 2 + c];
      REQUIRE(first.writes.size() == 6);
      for (std::size_t line = 0; line < 6; ++line) CHECK(w.data(first, line) == block0[c][line]);
      REQUIRE(second.writes.size() == 2);
      for (std::size_t line = 0; line < 2; ++line) {
        CHECK(w.data(second, line) == block1[c][line]);
        CHECK(second.writes[line].address == 2 * line);
      }
    }
  for (std::size_t h = 0; h < 2; ++h)  // values are each head's own
    CHECK(w.data(*w.av_arrays[h], 0) == (h == 0 ? Row{1, 2} : Row{3, 4}));
}

TEST_CASE("tokens that go round the crossbars are written into the columns that they have") {
  auto config = small();
  config.columns = arith::ColumnMap::interleaved({2, 1}, 3);
  Writer w(config);
  for (const Row& key : {Row{1, 0, 0, 0}, {-1, 0, 0, 0}, {1, 0, 0, 0}}) w.keys.add(bytes_of(key));
  sc_core::sc_start();
  CHECK(w.data(*w.key_arrays[0], 0) == Row{1, 1});  // tokens 0 and 2
  CHECK(w.data(*w.key_arrays[1], 0) == Row{-1});
}

TEST_CASE("joined arrays are programmed as one, in the time of one of them, by hand") {
  // Two dimensions, of which each of two arrays has one, in two cells.
  auto config = small();
  config.block_width = 1;
  config.joined = true;
  Writer w(config);
  w.keys.add(bytes_of(Row{1, -2, 0, 0}));
  w.keys.add(bytes_of(Row{3, 0, 0, 0}));
  w.keys.add(bytes_of(Row{0, 1, 0, 0}));
  for (int r = 0; r < 3; ++r) w.values.add(Bytes(4));
  sc_core::sc_start();
  REQUIRE(w.key_arrays.size() == 4);
  CHECK(w.commander.rung(4) == Cycles{2});
  const auto& array = *w.key_arrays[0];
  REQUIRE(array.writes.size() == 4);
  const std::pair<std::uint64_t, Row> lines[] = {
      {0, {1, 1}}, {4, {0, 0}}, {2, {0, 1}}, {6, {-1, 0}}};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(array.writes[i].address == lines[i].first);
    CHECK(w.data(array, i) == lines[i].second);
  }
}

TEST_CASE("keys and values of a head go to all its copies at once, and cost each of them a write") {
  auto config = small();
  config.copies = 3;
  Writer w(config);
  const Row keys[] = {{1, -2, 0, 3}, {3, 0, 0, -1}, {-3, 2, 1, 2}};
  for (const auto& key : keys) w.keys.add(bytes_of(key));
  for (std::uint32_t r = 0; r < 3; ++r) w.values.add(bytes_of(Row{1, 2, 3, 4}));
  sc_core::sc_start();
  REQUIRE(w.key_arrays.size() == 12);  // two crossbars in each of two heads' three chains
  REQUIRE(w.av_arrays.size() == 6);
  CHECK(w.commander.rung(4) == Cycles{4});  // as long as one copy
  for (std::size_t chain = 0; chain < 6; ++chain) {
    const std::size_t first = chain / 3 * 3;
    for (std::size_t c = 0; c < 2; ++c)
      for (std::size_t line = 0; line < 4; ++line)
        CHECK(w.data(*w.key_arrays[2 * chain + c], line) ==
              w.data(*w.key_arrays[2 * first + c], line));
    CHECK(w.data(*w.av_arrays[chain], 0) == (chain < 3 ? Row{1, 2} : Row{3, 4}));
  }
  CHECK(w.data(*w.key_arrays[0], 0) == Row{1, 1});   // digits of 1 and 3
  CHECK(w.data(*w.key_arrays[6], 0) == Row{0, 0});   // of head 1: 0 and 0
  CHECK(w.data(*w.key_arrays[6], 2) == Row{1, -1});  // 3 and -1
  const auto& counts = w.context.tally.counts();
  using stage::Component, stage::Event;
  CHECK(counts.of(Component::writer, Event::key_row_write) == 4 * 12);
  CHECK(counts.of(Component::writer, Event::value_row_write) == 3 * 6);
  CHECK(counts.of(Component::writer, Event::buffer_write_byte) == 3 * 4);
}

TEST_CASE("the second bank of a row block lies behind the lines that the block has") {
  auto config = small();
  config.block_width = 3;
  config.shared_width = 4;
  Writer w(config);
  for (std::uint32_t sequence = 0; sequence < 2; ++sequence)
    for (std::uint32_t r = 0; r < 3; ++r) w.keys.add(0, tag_of(r, sequence), Bytes(4, 1));
  sc_core::sc_start();
  REQUIRE(w.key_arrays[4]->writes.size() == 12);
  REQUIRE(w.key_arrays[6]->writes.size() == 4);
  for (std::size_t i = 0; i < 12; ++i) CHECK(w.key_arrays[4]->writes[i].address == 2 * i);
  for (std::size_t i = 0; i < 4; ++i) CHECK(w.key_arrays[6]->writes[i].address == 2 * i);
}

TEST_CASE("a tile that refuses ends the simulation") {
  Writer w(small());
  w.av_arrays[1]->response = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  w.values.add(Bytes(4));
  CHECK_THROWS_WITH(sc_core::sc_start(),
                    Catch::Contains("writer") && Catch::Contains("TLM_ADDRESS_ERROR_RESPONSE"));
}

TEST_CASE("rows wider than all heads together are refused") {
  Writer w(small());
  w.keys.add(Bytes(5));
  CHECK_THROWS_WITH(sc_core::sc_start(),
                    Catch::Contains("keys") && Catch::Contains("TLM_BURST_ERROR_RESPONSE"));
}

namespace {

/// A writer of one head and two tokens that never gets its command.
struct Uncommanded {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  RowSource keys{"keys", context}, values{"values", context};
  crossbar::KvWriter writer{
      "writer", context, {1, 1, 1, 2, 1, 2, arith::ColumnMap::blocked({2}, 2), 1, 1, 2, 1}};
  Initiator host{"host"};
  Recording bell{"bell"}, key_array{"key_array"}, av_array{"av_array"};

  Uncommanded() {
    keys.out.bind(writer.keys);
    values.out.bind(writer.values);
    host.out.bind(writer.control);
    writer.doorbell.bind(bell.in);
    writer.key_arrays[0].bind(key_array.in);
    writer.av_arrays[0].bind(av_array.in);
  }
};

}  // namespace

TEST_CASE("keys that wait for their command when the run ends are accounted up to the end") {
  Uncommanded w;
  w.keys.add(Bytes(1));
  w.keys.add(Bytes(1));
  sc_core::sc_start(w.context.clock.span(50));
  w.context.ledger.close(50);
  for (const auto& account : w.context.ledger.accounts())
    if (account.name.rfind("write", 0) == 0)
      CHECK(account.busy + account.starved + account.blocked == 50);
}

TEST_CASE("a key beyond the sequence's tokens is refused") {
  Uncommanded w;
  w.keys.add(0, tag_of(2000), Bytes(1));
  CHECK_THROWS(sc_core::sc_start());
}

TEST_CASE("a value beyond the sequence's tokens does not reach the other bank") {
  Uncommanded w;
  w.values.add(0, tag_of(2), Bytes(1));
  CHECK_THROWS(sc_core::sc_start());
  CHECK(w.av_array.writes.empty());
}

TEST_CASE("a command to write keys that are not complete is refused") {
  Uncommanded w;
  w.keys.add(Bytes(1));
  w.host.at_start = [&] { CHECK(w.host.write(0, Bytes(4)) == tlm::TLM_COMMAND_ERROR_RESPONSE); };
  sc_core::sc_start();
  CHECK(w.key_array.writes.empty());
}
