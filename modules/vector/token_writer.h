// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes what a pipeline of matrices and vector units makes of each token to memory: activations,
// and behind them the token's row of the residual stream, where the module has one.

#include "stage/stage.h"
#include "vector/residual_buffer.h"
#include "vector/token_flow.h"

namespace topkima::vector {

class TokenWriter : public sc_core::sc_module {
 public:
  struct Config {
    int width;           ///< of the activations, int8[width]
    int residual_width;  ///< int16[residual_width] behind them; 0: none
    int sequences, rows;
    std::uint64_t address;  ///< of the first row
    int queue_depth;
  };

  tlm_utils::passthrough_target_socket<TokenWriter> in{"in"};  ///< int8[width]
  tlm_utils::simple_initiator_socket<TokenWriter> bus{"bus"};

  TokenWriter(const sc_core::sc_module_name& name, stage::Context& context, const Config& config,
              TokenFlow& flow, ResidualBuffer& residual);

  std::size_t row_bytes() const {
    return std::size_t(config_.width) + sizeof(std::int16_t) * std::size_t(config_.residual_width);
  }

 private:
  void accept(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void run();

  stage::Context& context_;
  Config config_;
  TokenFlow& flow_;
  ResidualBuffer& residual_;
  stage::StageId id_;
  stage::RowQueue queue_;
  std::vector<unsigned char> bytes_;
  stage::RowPayload payload_;
  stage::Meter meter_;
};

}  // namespace topkima::vector
