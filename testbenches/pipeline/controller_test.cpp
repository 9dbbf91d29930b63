// SPDX-License-Identifier: Apache-2.0
#include "pipeline/controller.h"

#include <catch2/catch.hpp>

#include "config/errors.h"
#include "pipeline/fake_blocks.h"
#include "support/fresh_kernel.h"

using namespace topkima;
using testbenches::FakeBlocks;
using testbenches::Script;
namespace reg = registers::controller;
using Commands = std::vector<FakeBlocks::Command>;
using Cycles = std::vector<std::int64_t>;

namespace {

enum Schedule : std::uint32_t { sequential, coarse, fine, buffered };

struct Completions : tlm::tlm_analysis_if<pipeline::CompletionRecord> {
  void write(const pipeline::CompletionRecord& record) override { at.push_back(record.at); }
  Cycles at;
};

struct Setup {
  stage::Context context{stage::Clock(200), stage::Ledger()};
  pipeline::Controller controller{"controller", context, FakeBlocks::heads};
  FakeBlocks blocks{"blocks", context};
  Script cpu;
  sc_core::sc_signal<bool> irq{"irq"};
  Completions completions;

  explicit Setup(Script::Steps steps) : cpu("cpu", context, std::move(steps)) {
    cpu.out.bind(controller.control);
    blocks.doorbell.bind(controller.control);
    controller.commands.bind(blocks.in);
    controller.irq.bind(irq);
    controller.completions.bind(completions);
  }
};

void start(Script& cpu, Schedule schedule, std::uint32_t sequences, std::uint32_t banks) {
  cpu.write(reg::schedule.offset, schedule);
  cpu.write(reg::sequences.offset, sequences);
  cpu.write(reg::banks.offset, banks);
  CHECK(cpu.write(reg::control.offset, 1) == tlm::TLM_OK_RESPONSE);
}

struct Run {
  Commands commands;
  Cycles completed;
  std::int64_t finish;
};

Run run(Schedule schedule, std::uint32_t sequences, std::uint32_t banks) {
  testbenches::fresh_kernel();
  Setup s([=](Script& cpu) { start(cpu, schedule, sequences, banks); });
  sc_core::sc_start();
  const auto& nodes = s.context.ledger.nodes();
  return {s.blocks.commands, s.completions.at, nodes[std::size_t(s.controller.finish())].time};
}

}  // namespace

TEST_CASE("sequential: Q, K and V are loaded one after the other, then written, then rows") {
  const Run r = run(sequential, 2, 2);
  CHECK(r.commands == Commands{{0, "mode 2"},
                               {0, "load Q 0"},
                               {120, "load K 0"},
                               {220, "load V 0"},
                               {330, "write 0 bank 0"},
                               {360, "release 0"},
                               {570, "load Q 1"},
                               {690, "load K 1"},
                               {790, "load V 1"},
                               {900, "write 1 bank 1"},
                               {930, "release 1"}});
  CHECK(r.completed == Cycles{570, 1140});
  CHECK(r.finish == 1140);
}

TEST_CASE(
    "coarse: Q, K and V are loaded together, the next sequence waits for the whole one before") {
  const Run r = run(coarse, 2, 2);
  CHECK(r.commands == Commands{{0, "mode 2"},
                               {0, "load QKV 0"},
                               {120, "write 0 bank 0"},
                               {150, "release 0"},
                               {360, "load QKV 1"},
                               {480, "write 1 bank 1"},
                               {510, "release 1"}});
  CHECK(r.completed == Cycles{360, 720});
}

TEST_CASE("fine: K and V first, then rows of Q, a second bank is loaded meanwhile") {
  const Run r = run(fine, 3, 2);
  CHECK(r.commands == Commands{{0, "mode 0"},
                               {0, "load KV 0"},
                               {110, "write 0 bank 0"},
                               {110, "load KV 1"},
                               {140, "release 0"},
                               {140, "query 0"},
                               {220, "write 1 bank 1"},
                               {230, "load KV 2"},  // its bank is free when sequence 0 is complete
                               {250, "release 1"},
                               {250, "query 1"},
                               {340, "write 2 bank 0"},
                               {370, "release 2"},
                               {370, "query 2"}});
  CHECK(r.completed == Cycles{230, 340, 460});
  CHECK(r.finish == 460);
}

TEST_CASE("fine with one bank: the next sequence's K and V wait for the arrays") {
  const Run r = run(fine, 2, 1);
  CHECK(r.commands == Commands{{0, "mode 0"},
                               {0, "load KV 0"},
                               {110, "write 0 bank 0"},
                               {140, "release 0"},
                               {140, "query 0"},
                               {230, "load KV 1"},
                               {340, "write 1 bank 0"},
                               {370, "release 1"},
                               {370, "query 1"}});
  CHECK(r.completed == Cycles{230, 460});
}

TEST_CASE("buffered: Q is loaded with K and V, rows of the next sequence need no query pass") {
  CHECK(run(buffered, 3, 2).commands == Commands{{0, "mode 1"},
                                                 {0, "load QKV 0"},
                                                 {120, "write 0 bank 0"},
                                                 {120, "load QKV 1"},
                                                 {150, "release 0"},
                                                 {240, "write 1 bank 1"},
                                                 {270, "release 1"},
                                                 {360, "load QKV 2"},
                                                 {480, "write 2 bank 0"},
                                                 {510, "release 2"}});
  CHECK(run(buffered, 2, 1).commands == Commands{{0, "mode 1"},
                                                 {0, "load QKV 0"},
                                                 {120, "write 0 bank 0"},
                                                 {150, "release 0"},
                                                 {360, "load QKV 1"},
                                                 {480, "write 1 bank 0"},
                                                 {510, "release 1"}});
}

TEST_CASE("no sequence's arrays are loaded before the sequence last held there is complete") {
  for (const Schedule schedule : {sequential, coarse, fine, buffered})
    for (const std::uint32_t banks : {1u, 2u}) {
      const Run r = run(schedule, 6, banks);
      REQUIRE(r.completed.size() == 6);
      for (const auto& command : r.commands) {
        if (command.what.rfind("load", 0) != 0) continue;
        const auto sequence = std::size_t(command.what.back() - '0');
        if (sequence >= banks) CHECK(command.cycle >= r.completed[sequence - banks]);
      }
    }
}

TEST_CASE("the DMA channels are programmed from the controller's registers") {
  Setup s([](Script& cpu) {
    cpu.write(reg::tokens.offset, 7);
    cpu.write(reg::query_rows.offset, 5);
    cpu.write(reg::row_bytes.offset, 48);
    cpu.write(reg::kv_row_bytes.offset, 12);
    cpu.write(reg::q_source.offset, 0x100);
    cpu.write(reg::k_source.offset, 0x200);
    cpu.write(reg::v_source.offset, 0x300);
    start(cpu, fine, 1, 1);
  });
  sc_core::sc_start();
  const auto& block = registers::block("dma");
  for (std::uint64_t channel = 0; channel < 2; ++channel) {
    const auto value = [&](const registers::Register& r, std::uint32_t element = 0) {
      return s.blocks.registers.at(block.base + channel * block.stride + r.offset + 4 * element);
    };
    for (std::uint32_t d = 0; d < 3; ++d) {
      CHECK(value(registers::dma::source, d) == 0x100 * (d + 1));
      CHECK(value(registers::dma::rows, d) == (d == 0 ? 5 : 7));
    }
    CHECK(value(registers::dma::row_bytes) == 48);
    CHECK(value(registers::dma::kv_row_bytes) == 12);
    CHECK(value(registers::dma::sequence) == 0);
    CHECK(value(registers::dma::destinations) == (channel == 0 ? 6 : 1));
  }
}

TEST_CASE("a sequence that is not AVAILABLE is not loaded before it is") {
  Setup s([](Script& cpu) {
    cpu.write(reg::available.offset, 0);
    start(cpu, fine, 3, 2);
    cpu.until(50);
    cpu.write(reg::available.offset, 1);
    cpu.until(60);
    cpu.write(reg::available.offset, 2);  // sooner than the load channel is free
    cpu.until(700);
    cpu.write(reg::available.offset, 3);
  });
  sc_core::sc_start();
  CHECK(s.blocks.commands == Commands{{0, "mode 0"},
                                      {50, "load KV 0"},
                                      {160, "write 0 bank 0"},
                                      {160, "load KV 1"},
                                      {190, "release 0"},
                                      {190, "query 0"},
                                      {270, "write 1 bank 1"},
                                      {300, "release 1"},
                                      {300, "query 1"},
                                      {700, "load KV 2"},
                                      {810, "write 2 bank 0"},
                                      {840, "release 2"},
                                      {840, "query 2"}});
  CHECK(s.completions.at == Cycles{280, 390, 930});
}

TEST_CASE("sequences that are AVAILABLE from the start run as without the register") {
  for (const Schedule schedule : {sequential, coarse, fine, buffered}) {
    const Run plain = run(schedule, 3, 2);
    testbenches::fresh_kernel();
    Setup s([=](Script& cpu) {
      cpu.write(reg::available.offset, 0);
      start(cpu, schedule, 3, 2);
      cpu.write(reg::available.offset, 3);  // in the same cycle
    });
    sc_core::sc_start();
    CHECK(s.blocks.commands == plain.commands);
    CHECK(s.completions.at == plain.completed);
  }
}

TEST_CASE("each sequence's rows lie SEQUENCE_STRIDE behind those of the one before") {
  for (const std::uint32_t sequences : {1u, 2u, 4u}) {
    testbenches::fresh_kernel();
    Setup s([=](Script& cpu) {
      cpu.write(reg::q_source.offset, 0x100);
      cpu.write(reg::k_source.offset, 0x200);
      cpu.write(reg::v_source.offset, 0x300);
      cpu.write(reg::sequence_stride.offset, 0x5000);
      start(cpu, fine, sequences, 1);
    });
    sc_core::sc_start();
    const auto& block = registers::block("dma");
    for (std::uint64_t channel = 0; channel < 2; ++channel)
      for (std::uint32_t d = 0; d < 3; ++d)
        CHECK(s.blocks.registers.at(block.base + channel * block.stride +
                                    registers::dma::source.offset + 4 * d) ==
              0x100 * (d + 1) + 0x5000 * (sequences - 1));
  }
}

TEST_CASE("cycles count from START to the end of the run, wherever START was") {
  Setup s([](Script& cpu) {
    cpu.until(77);
    start(cpu, fine, 1, 1);
    sc_core::wait(1, sc_core::SC_NS);
    CHECK(cpu.read(reg::status.offset) == 1);
    cpu.until(1000);
    CHECK(cpu.read(reg::status.offset) == 2);
    CHECK(cpu.read(reg::completed.offset) == 1);
    CHECK(cpu.read(reg::cycles.offset) == 230);
    CHECK(cpu.read(reg::cycles.offset + 4) == 0);
  });
  sc_core::sc_start();
  CHECK(s.completions.at == Cycles{230});
  CHECK(s.context.clock.now() == 1000);
}

TEST_CASE("a run of no sequences ends at once") {
  Setup s([](Script& cpu) {
    start(cpu, fine, 0, 1);
    cpu.until(1);
    CHECK(cpu.read(reg::status.offset) == 2);
    CHECK(cpu.read(reg::cycles.offset) == 0);
  });
  sc_core::sc_start();
  CHECK(s.blocks.commands == Commands{{0, "mode 0"}});
}

TEST_CASE("a second START is refused, during the run and after it, and disturbs nothing") {
  Setup s([](Script& cpu) {
    CHECK(cpu.write(reg::control.offset, 2) == tlm::TLM_OK_RESPONSE);  // not the START bit
    cpu.until(3);
    CHECK(cpu.read(reg::status.offset) == 0);
    start(cpu, fine, 1, 1);
    CHECK(cpu.write(reg::control.offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    sc_core::wait(1, sc_core::SC_NS);
    cpu.until(50);
    CHECK(cpu.write(reg::control.offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    cpu.until(500);
    CHECK(cpu.write(reg::control.offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(cpu.write(reg::control.offset, 0) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.read(reg::cycles.offset) == 230);
  });
  sc_core::sc_start();
  CHECK(s.blocks.commands.size() == 5);
}

TEST_CASE("the interrupt rises at the end of the run if it is enabled, and a written 1 clears it") {
  Setup s([&s](Script& cpu) {
    const auto line_at = [&](std::int64_t cycle) {
      cpu.until(cycle);
      return s.irq.read();
    };
    cpu.write(reg::irq_enable.offset, 1);
    start(cpu, fine, 1, 1);
    sc_core::wait(1, sc_core::SC_NS);
    CHECK_FALSE(line_at(229));
    CHECK(line_at(231));
    CHECK(cpu.read(reg::irq_status.offset) == 1);
    cpu.write(reg::irq_status.offset, 0);  // clears nothing
    CHECK(line_at(240));
    cpu.write(reg::irq_status.offset, 1);
    CHECK_FALSE(line_at(241));
    CHECK(cpu.read(reg::irq_status.offset) == 0);
  });
  sc_core::sc_start();
}

TEST_CASE("a masked interrupt waits for its enable") {
  Setup s([&s](Script& cpu) {
    start(cpu, fine, 1, 1);
    sc_core::wait(1, sc_core::SC_NS);
    cpu.until(300);
    CHECK(cpu.read(reg::irq_status.offset) == 1);
    CHECK_FALSE(s.irq.read());
    cpu.write(reg::irq_enable.offset, 1);
    cpu.until(301);
    CHECK(s.irq.read());
    cpu.write(reg::irq_enable.offset, 0);
    cpu.until(302);
    CHECK_FALSE(s.irq.read());
  });
  sc_core::sc_start();
}

TEST_CASE("registers answer errors for accesses that they do not have") {
  Setup s([](Script& cpu) {
    CHECK(cpu.read(reg::id.offset) == 0x544b4631);
    CHECK(cpu.write(reg::id.offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(cpu.write(reg::status.offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(cpu.write(0x54, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(cpu.write(reg::tokens.offset + 2, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK_THROWS_AS(cpu.read(reg::control.offset), SimulationError);
    CHECK_THROWS_AS(cpu.read(reg::doorbell.offset), SimulationError);
    CHECK(cpu.read(reg::schedule.offset) == fine);  // reset values
    CHECK(cpu.read(reg::sequences.offset) == 1);

    std::uint32_t words[2] = {};
    stage::RowPayload payload;
    sc_core::sc_time delay;
    auto& burst = payload.write(words, 8, reg::tokens.offset);
    cpu.out->b_transport(burst, delay);
    CHECK(burst.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
    unsigned char enables[4] = {0xff, 0xff, 0xff, 0xff};
    auto& partial = payload.write(words, 4, reg::tokens.offset);
    partial.set_byte_enable_ptr(enables);
    cpu.out->b_transport(partial, delay);
    CHECK(partial.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);

    tlm::tlm_generic_payload anonymous;  // says neither whose doorbell it is nor why
    anonymous.set_write();
    anonymous.set_address(reg::doorbell.offset);
    anonymous.set_data_ptr(reinterpret_cast<unsigned char*>(words));
    anonymous.set_data_length(4);
    anonymous.set_streaming_width(4);
    cpu.out->b_transport(anonymous, delay);
    CHECK(anonymous.get_response_status() == tlm::TLM_GENERIC_ERROR_RESPONSE);
  });
  sc_core::sc_start();
}

TEST_CASE("START is refused while SCHEDULE is none of its numbers") {
  Setup s([](Script& cpu) {
    cpu.write(reg::schedule.offset, 9);
    CHECK(cpu.write(reg::control.offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(cpu.read(reg::status.offset) == 0);
    start(cpu, buffered, 1, 1);
  });
  sc_core::sc_start();
  CHECK(s.completions.at.size() == 1);
}

TEST_CASE("a doorbell that nobody can have rung is refused") {
  const std::pair<std::uint32_t, std::uint32_t> cases[] = {{4, 1},   // sequence 1 of 1
                                                           {9, 0}};  // no such kind
  for (const auto& [kind, sequence] : cases) {
    testbenches::fresh_kernel();
    auto answer = tlm::TLM_INCOMPLETE_RESPONSE;
    Setup s([&, kind = kind, sequence = sequence](Script& cpu) {
      start(cpu, fine, 1, 1);
      sc_core::wait(1, sc_core::SC_NS);
      cpu.until(10);
      answer = cpu.write(reg::doorbell.offset, kind, sequence);
    });
    sc_core::sc_start();
    CHECK(answer == tlm::TLM_GENERIC_ERROR_RESPONSE);
  }
}

TEST_CASE("a command that a block refuses ends the simulation") {
  Setup s([](Script& cpu) { start(cpu, fine, 1, 1); });
  s.blocks.response = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  CHECK_THROWS(sc_core::sc_start());
}
