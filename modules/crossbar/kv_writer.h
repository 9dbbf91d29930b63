// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writer of the SRAM arrays: V token by token as the tokens arrive; K through a buffer that
// transposes, one word line of all K^T arrays at a time, on command once the sequence is complete
// (docs/blocks/kv_writer.md). All arrays of all chains are written in parallel.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>
#include <systemc>
#include <vector>

#include "arith/column_map.h"
#include "registers/register_file.h"
#include "stage/command.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::crossbar {

class KvWriter : public sc_core::sc_module {
 public:
  struct Config {
    int heads;   ///< of K and V
    int copies;  ///< chains that each head's K^T and V are written to, neighbours
    int d_k, tokens, cells, banks;
    arith::ColumnMap columns;  ///< where the tokens of a sequence lie in a chain's crossbars
    int word_line_cycles;      ///< writing one word line of K^T
    int token_cycles;          ///< writing one token of V
    int queue_depth;
    int block_width;  ///< values of a key in an array; further ones lie in further row blocks
    stage::Fidelity fidelity = stage::Fidelity::row;
    /// Where not 0: a token's key is one for all heads, of so many values.
    int shared_width = 0;
    /// The row blocks of a crossbar share their bit lines, and are programmed as one array.
    bool joined = false;

    int chains() const { return heads * copies; }
    bool shared_keys() const { return shared_width > 0; }
    int key_width() const { return shared_keys() ? shared_width : d_k; }
    /// Different keys of a token.
    int key_count() const { return shared_keys() ? 1 : heads; }
    int row_blocks() const { return (key_width() + block_width - 1) / block_width; }
    /// Arrays of a crossbar that are programmed for themselves.
    int arrays() const { return joined ? 1 : row_blocks(); }
    /// Word lines of an array.
    int lines() const { return std::min(block_width, key_width()) * cells; }
  };

  tlm_utils::passthrough_target_socket<KvWriter> keys{
      "keys"};  ///< int8[heads * d_k], or int8[shared_width]
  tlm_utils::passthrough_target_socket<KvWriter> values{"values"};  ///< int8[heads * d_k]
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<KvWriter>> key_arrays{
      "key_arrays"};  ///< array b * crossbars + c of each chain; chain-major
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<KvWriter>> av_arrays{"av_arrays"};
  tlm_utils::passthrough_target_socket<KvWriter> control{"control"};  ///< registers "writer"
  tlm_utils::simple_initiator_socket<KvWriter> doorbell{"doorbell"};

  KvWriter(const sc_core::sc_module_name& module, stage::Context& context, const Config& config);

  /// Cycle fidelity: the word line of K^T, or the token of V, that is being written.
  void declare_probes(stage::ProbeScope& key_scope, stage::ProbeScope& value_scope);

 private:
  void take(stage::RowQueue& queue, tlm::tlm_generic_payload& payload);
  void take_key(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void take_value(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void write_keys();
  void write_values();
  void transpose(const stage::Row& row);
  void write_word_line(int line, const stage::RowTag& tag);
  void count_key_writes(const stage::RowTag& token, std::int64_t begin, std::int64_t cycles) const;
  void write_block(int chain, int block, int line);

  stage::Context& context_;
  Config config_;
  stage::StageId key_id_, value_id_;
  stage::RowQueue key_queue_, value_queue_;
  registers::RegisterFile registers_;
  std::vector<std::int8_t> transposed_;  ///< [width of all keys, columns of all crossbars]
  std::vector<std::int8_t> cells_;       ///< one word line, [columns of all crossbars]

  bool complete_ = false;  ///< all keys of a sequence are here: waits for its command
  bool commanded_ = false;
  std::uint32_t bank_ = 0;
  stage::NodeId command_cause_ = stage::Ledger::start;
  stage::StageId commanded_by_ = stage::nobody;
  sc_core::sc_event command_;
  stage::RowPayload key_payload_, value_payload_;
  stage::Command key_doorbell_, value_doorbell_;
  stage::Probe key_write_, word_line_, value_write_, token_;
  stage::Meter meter_;
};

}  // namespace topkima::crossbar
