// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pipeline controller: programmed through memory-mapped registers, it runs one attention module by
// commanding DMA, writer and distributor as the schedule says, and raises an interrupt when the
// output of the last sequence has been stored (docs/blocks/controller.md).
//
// It waits for doorbells: register writes by the blocks, whose annotated delay says when they take
// effect.

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <deque>
#include <systemc>
#include <vector>

#include "pipeline/schedule.h"
#include "registers/register_file.h"
#include "stage/command.h"
#include "stage/stage.h"

namespace topkima::pipeline {

/// A sequence's output is complete, at cycle `at`.
struct CompletionRecord {
  std::uint32_t sequence;
  std::int64_t at;
};

class Controller : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<Controller> control{
      "control"};  ///< registers "controller"
  tlm_utils::simple_initiator_socket<Controller> commands{
      "commands"};  ///< to the SoC's address map
  sc_core::sc_out<bool> irq{"irq"};
  tlm::tlm_analysis_port<CompletionRecord> completions{"completions"};

  /// `heads`: of queries, whose outputs complete a sequence.
  Controller(const sc_core::sc_module_name& name, stage::Context& context, int heads);

  /// The event that completed the run.
  stage::NodeId finish() const { return finish_; }
  std::string state() const;
  registers::RegisterFile& registers() { return registers_; }

 private:
  struct Doorbell {
    std::uint32_t kind;
    std::uint32_t sequence;
    stage::NodeId cause;
    stage::StageId from;
    std::int64_t due;
  };
  /// How far one sequence has come; each with the event and the stage that brought it there.
  struct Milestone {
    bool reached = false;
    stage::NodeId node = stage::Ledger::start;
    stage::StageId by = stage::nobody;
    std::int64_t at = 0;  ///< cycle
  };
  struct Progress {
    Milestone q_projected, k_received, v_received, written, completed;
    int heads_stored = 0;
    std::size_t passes_issued = 0;  ///< of the schedule's
    bool write_issued = false, query_issued = false;
  };

  void access(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void wait_for_accesses();
  void on_write(const registers::Register& r, std::uint32_t value,
                tlm::tlm_generic_payload& payload);
  void run();
  void take(const Doorbell& doorbell);
  bool advance(std::uint32_t sequence);
  bool load(std::uint32_t sequence);
  void start_dma(std::uint64_t channel, std::uint32_t sequence, std::uint32_t destinations,
                 const Milestone& cause);
  Milestone received(const Progress& progress, std::uint32_t destinations) const;
  void finish_run();
  void drive_irq();

  Milestone joined(const Milestone& a, const Milestone& b) const;
  std::uint32_t value(const registers::Register& r) const { return registers_.value(r); }

  stage::Context& context_;
  int heads_;
  stage::StageId id_, input_;
  registers::RegisterFile registers_;
  /// What SCHEDULE asks for, from START on.
  const Schedule* schedule_ = &Schedule::of(config::Schedule::fine);
  std::vector<Progress> progress_;  ///< by sequence
  std::uint32_t oldest_ = 0;        ///< first sequence not completed
  Milestone available_;             ///< the last write to AVAILABLE
  bool started_ = false, busy_ = false;
  stage::NodeId finish_ = stage::Ledger::start;
  std::deque<Doorbell> doorbells_;
  sc_core::sc_event_queue rung_;
  sc_core::sc_event start_, irq_changed_;
  int accesses_ = 0;  ///< Under way, in no time.
  sc_core::sc_event accessed_;
  stage::Command command_;
};

}  // namespace topkima::pipeline
