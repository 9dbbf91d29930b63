// SPDX-License-Identifier: Apache-2.0
#pragma once
// SRAM crossbar that holds K^T: each value in `cells` ternary cells of weight 1, 2, 4, ... on
// consecutive word lines; a query drives the word lines with pulse-width-coded inputs, and every
// bit line then holds an analogue score (docs/blocks/key_array.md).
//
// Programmed by memory-mapped writes: address (bank * d_k * cells + word line) * columns, one whole
// word line of `columns` ternary cells (int8 -1, 0, 1) at a time. A query row arrives in a bank
// given by its sequence. Row fidelity: the scores go on at once, the time they took is added to the
// annotated delay. Cycle fidelity: the call takes the time of precharge and pulse window, in which
// the bit lines integrate, and then of what comes behind.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <vector>

#include "arith/bit_lines.h"
#include "arith/score.h"
#include "arith/stuck_cells.h"
#include "stage/link.h"
#include "stage/meter.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::crossbar {

class KeyArray : public sc_core::sc_module {
 public:
  struct Config {
    int d_k;      ///< values per token, 1 or more
    int cells;    ///< ternary cells per value, 1..6
    int columns;  ///< bit lines in use, 1 or more
    int banks;
    int query_max;          ///< largest magnitude of a query value
    int precharge, window;  ///< cycles before the pulses, and of the longest pulse
    /// Arrays whose bit lines are joined to one: their values add up, and each is precharged in its
    /// turn (docs/hardware.md, section 7).
    int joined = 1;
    int array_lines = 0;  ///< of each of them: these follow each other; 0: one has all
    int arrays_apart = 0;  ///< numbers of neighbouring ones, where their cells are stuck
    arith::BitLines::Weighting weighting = arith::BitLines::Weighting::drive;
    stage::Fidelity fidelity = stage::Fidelity::row;
    arith::CellDefects defects{};
  };

  tlm_utils::passthrough_target_socket<KeyArray> program{"program"};
  tlm_utils::passthrough_target_socket<KeyArray> query{"query"};  ///< int8[d_k]
  tlm_utils::simple_initiator_socket<KeyArray> scores{"scores"};  ///< int32[columns]

  /// Cycle fidelity: every cycle of the pulse window, for observers.
  tlm::tlm_analysis_port<stage::BitLineRecord> bit_lines{"bit_lines"};

  KeyArray(const sc_core::sc_module_name& name, const stage::Clock& clock, const Config& config);

  /// From now on `meter` is told of pulses and bit lines.
  void count_with(const stage::Meter& meter) { meter_ = meter; }
  /// Cycle fidelity: phase (idle, precharge, pulse, hold) and driven word-line pairs.
  void declare_probes(stage::ProbeScope& scope);
  /// What the bit lines of the bank of `sequence` will hold for `query`, [columns].
  void evaluate(std::uint32_t sequence, const std::int8_t* query, std::int32_t* scores);

 private:
  struct Bank {
    std::vector<std::int8_t> cells;  ///< [d_k * cells, columns]; empty until first written
    arith::ScoreMatrix weights;
    arith::BitLines lines;  ///< cycle fidelity
    bool changed = true;
  };

  void write_word_line(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug_write(tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status store(tlm::tlm_generic_payload& payload);
  void take_query(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void drive(Bank& bank, const stage::RowTag& row, const std::int8_t* query);
  void combine_cells(Bank& bank);
  void count(const stage::RowTag& row, const std::int8_t* query, std::int64_t begin) const;
  Bank& bank_of(std::uint32_t sequence);

  const stage::Clock& clock_;
  Config config_;
  arith::StuckCells stuck_;
  std::vector<Bank> banks_;
  std::vector<std::int32_t> scores_;
  stage::RowPayload payload_;
  stage::Probe phase_, driven_;
  stage::Meter meter_;
};

}  // namespace topkima::crossbar
