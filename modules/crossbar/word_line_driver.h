// SPDX-License-Identifier: Apache-2.0
#pragma once
// Word-line driver of a head: the pipeline stage that owns the head's K^T arrays. It takes one
// query row, drives all arrays of the head in parallel, each with the values that its word lines
// are for, and holds them until the slowest conversion has ended, since the bit lines hold the
// scores (docs/blocks/word_line_driver.md).

#include "stage/row_mask.h"
#include "stage/stage.h"

namespace topkima::crossbar {

class WordLineDriver : public stage::Stage {
 public:
  struct Config {
    int crossbars;    ///< arrays side by side, which hold the columns
    int width;        ///< values of a query
    int block_width;  ///< values that one array takes; further ones go to further row blocks
    int queue_depth;
    stage::Fidelity fidelity = stage::Fidelity::row;

    int row_blocks() const { return (width + block_width - 1) / block_width; }
  };

  /// One per array, row block after row block: block b of crossbar c is arrays[b * crossbars + c].
  /// The block's slice of the query, int8[block_width], of the last block what is left, goes to the
  /// array's K^T array. What happens there until the array's result lies in latches is added to the
  /// annotated delay or, at cycle fidelity, takes its time in the call: there each array is called
  /// by a process of its own.
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<WordLineDriver>> arrays{"arrays"};

  /// Says which crossbars rest in a row; unbound, none do.
  sc_core::sc_port<stage::MaskIf, 1, sc_core::SC_ZERO_OR_MORE_BOUND> mask{"mask"};

  /// in: int8[width]. out: int32, the conversion's cycles: the row is converted.
  WordLineDriver(const sc_core::sc_module_name& module, stage::Context& context,
                 const std::string& name, const Config& config);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;
  sc_core::sc_time drive(std::size_t array, const stage::Row& row);
  void look_at(const stage::RowTag& row);

  Config config_;
  std::vector<stage::RowPayload> queries_;  ///< one per array
  std::vector<char> is_live_;               ///< by crossbar, in the row in service
  const stage::Row* row_ = nullptr;         ///< in service, at cycle fidelity
  std::int64_t started_ = 0;                ///< rows so far
  std::size_t converting_ = 0;              ///< arrays whose conversion has not ended
  sc_core::sc_event start_, ended_;
};

}  // namespace topkima::crossbar
