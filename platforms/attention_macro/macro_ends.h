// SPDX-License-Identifier: Apache-2.0
#pragma once
// The two ends of an attention macro that runs alone: a source that has every row of Q at hand, and
// a sink that takes every output row at once.

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>
#include <vector>

#include "stage/stage.h"

namespace topkima::platforms {

class QuerySource : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<QuerySource> out{"out"};  ///< int8[heads * d_k]

  /// `rows`: [rows, bytes_per_row]; must outlive the module. Sends once `start` is notified.
  QuerySource(const sc_core::sc_module_name& name, stage::Context& context,
              const std::vector<std::int8_t>& rows, std::size_t bytes_per_row);

  sc_core::sc_event start;

 private:
  void run();

  const std::vector<std::int8_t>& rows_;
  std::size_t bytes_per_row_;
  stage::StageId id_;
  stage::RowPayload payload_;
};

class OutputSink : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<OutputSink> in{"in"};  ///< int32[d_k], all heads
  sc_core::sc_out<bool> done{"done"};                               ///< rises with the last row

  OutputSink(const sc_core::sc_module_name& name, stage::Context& context, std::int64_t rows,
             int d_k);

  /// The event of the last row, and its cycle.
  stage::NodeId finish() const { return finish_; }
  std::int64_t finished_at() const { return finished_at_; }

 private:
  void take(int head, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void drive_done();

  stage::Context& context_;
  std::int64_t rows_left_;
  int d_k_;
  stage::StageId id_;
  std::vector<stage::NodeId> last_;  ///< each head's last row
  stage::NodeId finish_ = stage::Ledger::start;
  std::int64_t finished_at_ = 0;
  sc_core::sc_event last_row_;
};

}  // namespace topkima::platforms
