// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of a channel of the DMA reader beside the model.

#include <deque>
#include <string>
#include <vector>

#include "cosim/reader_rtl.h"
#include "cosim/twins.h"

namespace topkima::cosim {

/// The twin beside a channel: the RTL reads what the model reads, when the bus grants it that, and
/// hands on to the same destinations.
class ReaderTwin : public Twin, public memory::ReadObserver {
 public:
  ReaderTwin(const sc_core::sc_module_name& name, const stage::Clock& clock, ReaderPins& pins,
             memory::ReadSeam& channel, Comparison comparison);

  void started(const memory::ReadCommand& command) override;
  void asked(const stage::RowTag& row, std::size_t destination) override;
  void granted() override;
  void crossed(const unsigned char* bytes, unsigned count) override;
  void offered(const stage::RowTag& row, std::size_t destination,
               const unsigned char* bytes) override;
  void taken(const stage::RowTag& row, std::size_t destination) override;
  void finish() override;

 private:
  /// A read of the model, or a command, which has no destination.
  struct Ask {
    memory::ReadCommand command;
    stage::RowTag row;
    std::size_t destination;
    std::int64_t asked;
    std::vector<unsigned char> data;  ///< That has crossed.
    bool granted = false;
    bool answered = false;  ///< By the RTL.

    bool is_start() const { return destination == memory::ReadCommand::destination_count; }
  };
  struct Offer {
    memory::ReadCommand command;
    stage::RowTag row;
    std::size_t destination;
    std::int64_t offered;
    std::vector<unsigned char> bytes;
    bool taken = false;
    bool answered = false;
  };
  /// What a process of the twin is at, for reports.
  struct At {
    stage::RowTag row;
    std::string transaction, inputs;
  };

  void follow() override;
  void follow_offers();
  void failed(const RtlError& error) override { report(asking_, error); }
  void report(const At& at, const RtlError& error);
  void start(const Ask& ask);
  void read(Ask& ask);
  void cross(const Ask& ask);
  void hand_on(Offer& offer);
  /// A copy of RTL in the model's place sees when that has answered, not when it was asked.
  bool compares_cycles() const { return comparison_.compares_cycles() && !comparison_.of_rtl(); }
  void miss(const At& at, std::int64_t cycle);
  void compare(const At& at, std::int64_t cycle, const std::string& field, const std::string& model,
               const std::string& rtl, std::int64_t cycles);

  ReaderPins& pins_;
  memory::ReadCommand command_{};  ///< The model's present one.
  bool follows_ = true;            ///< The model's last read is compared.
  bool ended_ = false;
  int commands_ = 0;
  std::deque<Ask> asks_;
  std::deque<Offer> offers_;
  At asking_, offering_;
  std::int64_t begun_ = 0, gone_ = 0;  ///< Rows, in the RTL.
};

}  // namespace topkima::cosim
