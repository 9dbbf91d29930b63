#pragma once
// SRAM crossbar that holds K^T: each value in `cells` ternary cells of weight 1, 2, 4, ... on
// consecutive word lines; a query drives the word lines with pulse-width-coded inputs, and every
// bit line then holds an analogue score (hardware.md, sections 1-3).
//
// Programmed by memory-mapped writes: address (bank * d_k * cells + word line) * columns, one whole
// word line of `columns` ternary cells (int8 -1, 0, 1) at a time. A query row arrives in a bank
// given by its sequence; the scores go on at once, the time they took is added to the annotated
// delay.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <vector>

#include "arith/score.h"
#include "stage/clock.h"
#include "stage/row.h"

namespace topkima::crossbar {

class KeyTile : public sc_core::sc_module {
 public:
  struct Config {
    int d_k;      ///< values per token, 1 or more
    int cells;    ///< ternary cells per value, 1..6
    int columns;  ///< bit lines in use, 1 or more
    int banks;
    int query_max;     ///< largest magnitude of a query value
    int score_cycles;  ///< precharge and pulse window
  };

  tlm_utils::passthrough_target_socket<KeyTile> program{"program"};
  tlm_utils::passthrough_target_socket<KeyTile> query{"query"};  ///< int8[d_k]
  tlm_utils::simple_initiator_socket<KeyTile> scores{"scores"};  ///< int32[columns]

  KeyTile(const sc_core::sc_module_name& name, const stage::Clock& clock, const Config& config);

 private:
  struct Bank {
    std::vector<std::int8_t> cells;  ///< [d_k * cells, columns]; empty until first written
    arith::ScoreMatrix weights;
    bool changed = true;
  };

  void write_word_line(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug_write(tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status store(tlm::tlm_generic_payload& payload);
  void evaluate(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void combine_cells(Bank& bank);

  const stage::Clock& clock_;
  Config config_;
  std::vector<Bank> banks_;
  std::vector<std::int32_t> scores_;
  stage::RowPayload payload_;
};

}  // namespace topkima::crossbar
