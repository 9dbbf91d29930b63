// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stands for everything that the controller commands: notes each command and, after a fixed number
// of cycles, rings the doorbells that the real blocks would ring.

#include <tlm_utils/passthrough_target_socket.h>

#include <map>
#include <string>

#include "registers/register_map.h"
#include "support/script.h"

namespace topkima::testbenches {

class FakeBlocks : public sc_core::sc_module {
 public:
  struct Command {
    std::int64_t cycle;
    std::string what;
    bool operator==(const Command& other) const {
      return cycle == other.cycle && what == other.what;
    }
  };

  // What a load brings, after its START: Q after 120 cycles, K after 100, V after 110. Writing K^T
  // takes 30. Rows of Q take 50; the two heads' outputs are there 80 and 90 cycles after the query
  // pass began or, where there is none, 200 and 210 after the release.
  static constexpr std::int64_t q_cycles = 120, k_cycles = 100, v_cycles = 110, write_cycles = 30,
                                query_cycles = 50, heads = 2;

  tlm_utils::passthrough_target_socket<FakeBlocks> in{"in"};
  tlm_utils::simple_initiator_socket<FakeBlocks> doorbell{"doorbell"};

  FakeBlocks(const sc_core::sc_module_name& module, stage::Context& context)
      : sc_core::sc_module(module),
        context_(context),
        id_(context.ledger.add_label(name(), stage::kinds::source)) {
    in.register_b_transport(this, &FakeBlocks::take);
  }

  std::vector<Command> commands;
  std::map<std::uint64_t, std::uint32_t> registers;  ///< last value written, by address
  tlm::tlm_response_status response = tlm::TLM_OK_RESPONSE;

 private:
  void take(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    payload.set_response_status(response);
    const std::uint64_t address = payload.get_address();
    std::uint32_t word = 0;
    std::memcpy(&word, payload.get_data_ptr(), 4);
    registers[address] = word;
    sequence_ = payload.get_extension<stage::RowExtension>()->tag.sequence;
    const std::string s = " " + std::to_string(sequence_);
    namespace reg = topkima::registers;
    const auto& dma = reg::block("dma");
    const auto& distributor = reg::block("distributor");
    if (address == distributor.base + reg::distributor::mode.offset) {
      note("mode " + std::to_string(word));
      outputs_follow_release_ = word != 0;
    } else if (address == distributor.base + reg::distributor::release.offset) {
      note("release " + std::to_string(word));
      if (outputs_follow_release_) ring_outputs(200);
    } else if (address == reg::block("writer").base + reg::writer::write.offset) {
      note("write" + s + " bank " + std::to_string(word));
      ring(4, write_cycles);
    } else if (address == dma.base + reg::dma::start.offset) {
      const std::uint32_t to = registers[dma.base + reg::dma::destinations.offset];
      note(std::string("load ") + (to & 1 ? "Q" : "") + (to & 2 ? "K" : "") + (to & 4 ? "V" : "") +
           s);
      if (to & 1) ring(1, q_cycles);
      if (to & 2) ring(2, k_cycles);
      if (to & 4) ring(3, v_cycles);
    } else if (address == dma.base + dma.stride + reg::dma::start.offset) {
      note("query" + s);
      ring(1, query_cycles);
      ring_outputs(80);
    }
  }

  void note(const std::string& what) { commands.push_back({context_.clock.now(), what}); }
  void ring_outputs(std::int64_t cycles) {
    ring(5, cycles);
    ring(5, cycles + 10);
  }
  void ring(std::uint32_t bell, std::int64_t cycles) {
    const std::int64_t at = context_.clock.now() + cycles;
    stage::RowTag tag;
    tag.sequence = sequence_;
    command_.send(doorbell, topkima::registers::controller::doorbell.offset, bell,
                  context_.ledger.event(id_, stage::Ledger::start, stage::Ledger::start, at, at),
                  id_, tag, context_.clock.span(cycles));
  }

  stage::Context& context_;
  stage::StageId id_;
  std::uint32_t sequence_ = 0;
  bool outputs_follow_release_ = false;
  stage::Command command_;
};

inline std::ostream& operator<<(std::ostream& out, const FakeBlocks::Command& command) {
  return out << command.cycle << ": " << command.what;
}

}  // namespace topkima::testbenches
