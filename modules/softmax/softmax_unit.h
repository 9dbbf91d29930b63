// SPDX-License-Identifier: Apache-2.0
#pragma once
// Digital softmax unit of a head, in two halves that overlap row by row: exponents by table with
// accumulation, then a pipelined divider (docs/blocks/softmax_unit.md). Each half holds one row;
// a row without winners passes in no time. At cycle fidelity the winners move through the
// pipelines' stages cycle by cycle.

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <vector>

#include "arith/softmax.h"
#include "registers/register_file.h"
#include "stage/link.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::softmax {

/// in: winners. out: exponents and their sum. `cycles` + `interval` per winner.
class ExponentStage : public stage::Stage {
 public:
  /// Registers "softmax", bound once for each head of queries that has its rows here, in their order.
  tlm_utils::multi_passthrough_target_socket<ExponentStage> control{"control"};

  /// `heads_per_chain`: heads of queries that take turns, each with a table of its own.
  ExponentStage(const sc_core::sc_module_name& module, stage::Context& context,
                const std::string& name, int winners, int cycles,
                stage::Fidelity fidelity = stage::Fidelity::row, int interval = 1,
                int heads_per_chain = 1);

  /// E of a distance from the row's largest code, as programmed for one of these heads; how often
  /// registers were written.
  std::uint32_t exponent(std::size_t member, std::uint32_t distance) const {
    return registers_[member].value(registers::softmax::exponent, distance);
  }
  /// Which of them a row is of.
  std::size_t member_of(const stage::RowTag& row) const {
    return row.member(std::uint32_t(registers_.size()));
  }
  std::uint64_t table_writes() const { return table_writes_; }

  /// Cycle fidelity: the winner that enters, and the exponent that leaves, with the sum so far.
  void declare_probes(stage::ProbeScope& scope);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;
  void access(int member, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  std::vector<registers::RegisterFile> registers_;  ///< by head of the chain
  std::size_t member_ = 0;                          ///< whose row is in the pipeline
  std::uint64_t table_writes_ = 0;
  int cycles_, interval_;
  bool clocked_;
  arith::ExponentPipeline pipeline_;
  std::vector<std::uint32_t> distances_;
  stage::Probe in_valid_, in_token_, in_code_, out_valid_, out_token_, exponent_, sum_;
  stage::Meter meter_;
};

/// in: exponents and their sum. out: probabilities. `cycles` + `interval` per winner.
class DividerStage : public stage::Stage {
 public:
  /// Every row's probabilities, for observers.
  tlm::tlm_analysis_port<stage::EntriesRecord> probabilities{"probabilities"};

  DividerStage(const sc_core::sc_module_name& module, stage::Context& context,
               const std::string& name, int winners, int bits, int cycles,
               stage::Fidelity fidelity = stage::Fidelity::row, int interval = 1);

  /// Cycle fidelity: the winner that enters, and the probability that leaves.
  void declare_probes(stage::ProbeScope& scope);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;
  void show(const stage::RowTag& tag, const std::vector<unsigned char>& output) override;

  int bits_, cycles_, interval_;
  bool clocked_;
  arith::DividerPipeline pipeline_;
  std::vector<std::uint32_t> exponents_;
  stage::Probe in_valid_, in_token_, in_exponent_, out_valid_, out_token_, probability_;
  stage::Meter meter_;
};

class SoftmaxUnit : public sc_core::sc_module {
 public:
  struct Config {
    int winners;  ///< largest number of winners of a row
    int prob_bits;
    int exponent_cycles, divide_cycles;  ///< beside the intervals of the winners
    stage::Fidelity fidelity = stage::Fidelity::row;
    int exponent_interval = 1, divide_interval = 1;  ///< cycles per winner
    int heads_per_chain = 1;  ///< heads of queries that take turns, each with exponents of its own
  };

  /// `head`: prefix of the two stages' account names, "head0".
  SoftmaxUnit(const sc_core::sc_module_name& module, stage::Context& context,
              const std::string& head, const Config& config);

  ExponentStage exponent;
  DividerStage divider;
};

}  // namespace topkima::softmax
