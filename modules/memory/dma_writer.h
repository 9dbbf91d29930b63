// SPDX-License-Identifier: Apache-2.0
#pragma once
// Output DMA of one chain: requantises each output row to one byte per element and writes it to its
// head's place in the token's row of the output (docs/blocks/dma_writer.md).
//
// byte = clamp(floor((2 * 127 * out + m) / (2 m)), -127, 127), where m is the largest output that
// one probability mass of 1 can produce, value_max * (2^prob_bits - 1).

#include "stage/command.h"
#include "stage/stage.h"

namespace topkima::memory {

/// A head's row is in memory, in cycle `at`.
struct StoredRecord {
  stage::RowTag tag;
  std::int64_t at;
};

class DmaWriter : public sc_core::sc_module {
 public:
  struct Config {
    int d_k, d_model;
    int rows;                 ///< per sequence and head; the last one rings the doorbell
    std::uint64_t address;    ///< of the output in memory
    std::uint64_t stride;     ///< from one sequence's output to the next
    int places;               ///< outputs in memory; sequences take turns
    std::int64_t full_scale;  ///< m
    int queue_depth;
  };

  tlm_utils::passthrough_target_socket<DmaWriter> in{"in"};  ///< int32[d_k]
  tlm_utils::simple_initiator_socket<DmaWriter> bus{"bus"};
  tlm_utils::simple_initiator_socket<DmaWriter> doorbell{"doorbell"};
  tlm::tlm_analysis_port<StoredRecord> stored{"stored"};

  DmaWriter(const sc_core::sc_module_name& module, stage::Context& context, const std::string& name,
            const Config& config);

 private:
  void accept(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void run();

  stage::Context& context_;
  Config config_;
  stage::StageId id_, latency_;
  stage::RowQueue queue_;
  std::vector<std::int8_t> bytes_;
  stage::RowPayload payload_;
  stage::Command command_;
  stage::Meter meter_;
};

}  // namespace topkima::memory
