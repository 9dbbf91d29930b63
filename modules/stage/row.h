// SPDX-License-Identifier: Apache-2.0
#pragma once
// What travels between stages: a generic payload that carries bytes, with an extension that says
// whose row they are. Memory and bus ignore it; row targets insist on it.

#include <cstddef>
#include <cstdint>
#include <tlm>

#include "stage/ledger.h"
#include "stage/row_tag.h"

namespace topkima::stage {

/// Is told by a data bus of cycle fidelity what becomes of a transfer.
class BeatListener {
 public:
  virtual ~BeatListener() = default;
  /// Its first beat is that of this cycle, whose middle this is.
  virtual void granted() = 0;
  /// A beat has crossed, the next of its bytes; this is the end of the beat's cycle.
  virtual void crossed(const unsigned char* bytes, unsigned count) = 0;
};

/// Extension of a row transaction.
struct RowExtension : tlm::tlm_extension<RowExtension> {
  RowTag tag;
  NodeId cause = Ledger::start;   ///< in: the event that offered the row; out: its acceptance
  StageId from = nobody;          ///< in: the stage that offers
  StageId taken_by = nobody;      ///< out: the stage that took it
  BeatListener* beats = nullptr;  ///< in: of a transfer; may be null

  tlm::tlm_extension_base* clone() const override { return new RowExtension(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const RowExtension&>(other);
  }
};

/// A reusable row transaction; its owner keeps it for the length of the simulation.
class RowPayload {
 public:
  RowPayload();
  ~RowPayload() { payload_.clear_extension(&extension); }
  RowPayload(const RowPayload&) = delete;
  RowPayload& operator=(const RowPayload&) = delete;

  /// Makes it a write of `bytes` (> 0) bytes to `address`.
  tlm::tlm_generic_payload& write(const void* data, std::size_t bytes, std::uint64_t address = 0);
  tlm::tlm_generic_payload& read(void* data, std::size_t bytes, std::uint64_t address);

  RowExtension extension;

 private:
  tlm::tlm_generic_payload& prepare(tlm::tlm_command, void*, std::size_t, std::uint64_t address);

  tlm::tlm_generic_payload payload_;
};

/// Lengths that a target takes.
struct RowFormat {
  std::size_t least, most;  ///< bytes, inclusive; least >= 1
  /// Where not 0: entries of so many bytes follow the first `least`, as many as the int32 at byte
  /// `count_at` says.
  std::size_t entry = 0, count_at = 0;

  static RowFormat exactly(std::size_t bytes) { return {bytes, bytes}; }
};

/// Checks a row transaction: a write in `format`, without byte enables, with a row extension. On
/// failure sets the response and returns null.
RowExtension* accept_row(tlm::tlm_generic_payload& payload, const RowFormat& format);

/// Throws SimulationError unless the response is TLM_OK_RESPONSE.
void expect_ok(const tlm::tlm_generic_payload& payload, const char* initiator);

}  // namespace topkima::stage
