#pragma once
// Word-line driver of a head: the pipeline stage that owns the head's K^T arrays. It takes one
// query row, drives all crossbars of the head in parallel and holds them until the slowest
// conversion has ended, since the bit lines hold the scores (docs/blocks/word_line_driver.md).

#include "stage/stage.h"

namespace topkima::crossbar {

class WordLineDriver : public stage::Stage {
 public:
  /// One per crossbar: the query goes to its K^T tile. What happens there until the winners lie in
  /// the union's latches is added to the annotated delay or, at cycle fidelity, takes its time in
  /// the call: there each crossbar is called by a process of its own.
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<WordLineDriver>> crossbars{"crossbars"};

  /// in: int8[d_k]. out: int32, the conversion's cycles: the row's winners are complete.
  WordLineDriver(const sc_core::sc_module_name& module, stage::Bench& bench,
                 const std::string& name, int crossbar_count, int d_k, int queue_depth,
                 stage::Fidelity fidelity = stage::Fidelity::row);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;
  sc_core::sc_time drive(std::size_t crossbar, const stage::Row& row);

  std::vector<stage::RowPayload> queries_;  ///< one per crossbar
  const stage::Row* row_ = nullptr;         ///< in service, at cycle fidelity
  std::int64_t started_ = 0;                ///< rows so far
  std::size_t converting_ = 0;              ///< crossbars whose conversion has not ended
  sc_core::sc_event start_, ended_;
};

}  // namespace topkima::crossbar
