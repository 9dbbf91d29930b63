// SPDX-License-Identifier: Apache-2.0
#pragma once
// Query distributor: hands each chain the slices that its heads have of every row of Q, and holds
// back what the schedule does not let go yet (docs/blocks/query_distributor.md). Where several heads
// take turns in a chain, their queries of a row follow each other in the order of heads.
//
// Modes (register MODE): in `bypass` it has no storage, the sender is free again when every chain
// has taken its slices; in `stream` it buffers rows, and each chain takes them at its own pace; in
// `one_row` a chain gets its next query when the weighted values of the last one have been handed
// on. In every mode a sequence's rows wait for their RELEASE.

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <systemc>
#include <vector>

#include "registers/register_file.h"
#include "stage/command.h"
#include "stage/stage.h"

namespace topkima::pipeline {

class QueryDistributor : public sc_core::sc_module {
 public:
  struct Config {
    int heads, heads_per_chain;  ///< of queries; neighbours share a chain
    int d_k;
    int rows;            ///< rows of Q per sequence
    int sequences_held;  ///< size of the buffer

    int chains() const { return heads / heads_per_chain; }
  };

  tlm_utils::passthrough_target_socket<QueryDistributor> in{"in"};  ///< int8[heads * d_k]
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<QueryDistributor>> heads{
      "heads"};  ///< one per chain
  tlm_utils::passthrough_target_socket<QueryDistributor> control{
      "control"};  ///< registers "distributor"
  /// A row's output has been handed on: a write, the row's head as address.
  tlm_utils::multi_passthrough_target_socket<QueryDistributor> finished{"finished"};
  /// Rings when the last row of a sequence has been received (in bypass: taken).
  tlm_utils::simple_initiator_socket_optional<QueryDistributor> doorbell{"doorbell"};

  QueryDistributor(const sc_core::sc_module_name& name, stage::Context& context,
                   const Config& config);

 private:
  struct ChainState {
    std::int64_t taken = 0;                     ///< queries taken so far
    std::int64_t finished = 0;                  ///< queries whose output has been handed on
    stage::NodeId last = stage::Ledger::start;  ///< the last query was taken
    stage::NodeId finished_node = stage::Ledger::start;
    bool offering = false;      ///< a query that it has no room for yet
    std::int64_t taken_at = 0;  ///< cycle
    stage::StageId taken_by = stage::nobody;
    std::int64_t finished_at = 0;
    stage::StageId finished_by = stage::nobody;
    sc_core::sc_event wake;
    stage::RowPayload payload;
  };
  struct Release {
    stage::NodeId node;
    std::int64_t at;
    stage::StageId by;
  };
  struct Place {
    stage::Row row;
    std::int64_t arrived_at = 0;
    std::vector<stage::NodeId> taken;  ///< by chain, when it had the row; empty in bypass
  };

  void receive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void note_finished(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void feed(int chain);
  bool may_go(const ChainState& chain) const;
  /// The row of which a chain takes the next query.
  std::int64_t next_row(const ChainState& chain) const {
    return chain.taken / config_.heads_per_chain;
  }
  /// The head of that query.
  int next_head(int chain) const;
  stage::NodeId prepare(const ChainState& state, const Place& place, bool first_of_row,
                        stage::RowExtension& extension) const;
  void offer(int chain, Place& place);
  stage::StageId last_taker() const;
  void name_who_is_waited_for();
  Place& place_of(std::int64_t row) { return ring_[static_cast<std::size_t>(row) % ring_.size()]; }
  const Place& place_of(std::int64_t row) const {
    return ring_[static_cast<std::size_t>(row) % ring_.size()];
  }
  std::uint32_t mode() const;
  void wake_all();

  stage::Context& context_;
  Config config_;
  registers::RegisterFile registers_;
  std::vector<Place> ring_;
  std::int64_t received_ = 0;
  std::vector<ChainState> chains_;
  std::vector<Release> releases_;
  int takers_ = 0;  ///< queries of the row that have not been taken in bypass
  sc_core::sc_event taken_;
  stage::Command command_;
  stage::Meter meter_;
};

}  // namespace topkima::pipeline
