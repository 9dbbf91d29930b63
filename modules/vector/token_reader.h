// SPDX-License-Identifier: Apache-2.0
#pragma once
// Brings rows of tokens from memory into a pipeline of matrices and vector units, as they become
// available there, up to `prefetch_rows` ahead: of each its activations, and its row of the
// residual stream where that lies behind them (docs/encoder.md). For ledgers without causes: what
// made a row wait is another module's.

#include <tlm_utils/simple_initiator_socket.h>

#include <deque>
#include <systemc>

#include "stage/stage.h"
#include "vector/residual_buffer.h"
#include "vector/token_flow.h"

namespace topkima::vector {

class TokenReader : public sc_core::sc_module {
 public:
  struct Config {
    int width;           ///< of the activations, int8[width]
    int residual_width;  ///< int16[residual_width] behind them; 0: none
    int prefetch_rows;
    /// In place of what lies behind the activations: the residual row of each row of a sequence,
    /// int16[rows, position_width], from a table of the reader's own. May be null.
    const std::int16_t* position = nullptr;
    int position_width = 0;
  };

  tlm_utils::simple_initiator_socket<TokenReader> bus{"bus"};
  tlm_utils::simple_initiator_socket<TokenReader> out{"out"};  ///< int8[width]

  /// Reads the rows of `times` from memory address 0 on, and gives their residual rows to
  /// `residual`.
  TokenReader(const sc_core::sc_module_name& name, stage::Context& context, const Config& config,
              const TokenTimes& times, TokenFlow& flow, ResidualBuffer& residual);

  std::size_t row_bytes() const {
    return std::size_t(config_.width) + sizeof(std::int16_t) * std::size_t(config_.residual_width);
  }

 private:
  struct Fetched {
    stage::RowTag tag;
    std::vector<unsigned char> data;
    std::int64_t ready_at;
  };

  void fetch();
  void fetch_row(const stage::RowTag& tag);
  void deliver();
  void await(const stage::RowTag& tag);

  stage::Context& context_;
  Config config_;
  const TokenTimes& times_;
  TokenFlow& flow_;
  ResidualBuffer& residual_;
  stage::StageId id_;
  std::deque<Fetched> fetched_;
  sc_core::sc_event arrived_, room_;
  stage::RowPayload read_, write_;
  stage::Meter meter_;
};

}  // namespace topkima::vector
