// SPDX-License-Identifier: Apache-2.0
#pragma once
// A block's registers behind its TLM target socket: decoding, access rules, values.
//
// Accesses take no time. Another circuit can do the work (RegisterCircuit), word by word as an
// AXI4-Lite manager would ask for it; what such a manager cannot say, words at odd addresses or
// parts of several words, is answered without it.

#include <cstdint>
#include <functional>
#include <tlm>
#include <vector>

#include "registers/register_map.h"

namespace topkima::registers {

/// An access to one word.
struct WordAccess {
  bool write;
  std::uint32_t address;  ///< in bytes, from the block's base; a multiple of 4
  std::uint32_t data;     ///< to be written
  std::uint32_t strobes;  ///< the bytes to be written, as bits; at least one of a write
};
/// What became of it.
struct WordAnswer {
  tlm::tlm_response_status response;
  std::uint32_t data;    ///< that was read; 0 of a failed read
  bool refused = false;  ///< by the block, for a reason that is not the register file's
};

/// Does the work of a register file. Its calls may wait, but take no time, and come one after the
/// other in the order in which they began.
class RegisterCircuit {
 public:
  /// Is told of a write that takes effect, by word and value, and returns whether the block refuses
  /// it; that of a write-only register alone can be refused.
  using Write = std::function<bool(std::uint32_t word, std::uint32_t value)>;

  virtual ~RegisterCircuit() = default;
  /// `values` are those of all words; it reads RO registers there.
  virtual WordAnswer serve(const WordAccess& access, const std::vector<std::uint32_t>& values,
                           const Write& write) = 0;
  /// Hardware sets bits of a W1C register.
  virtual void raise(std::uint32_t word, std::uint32_t bits) = 0;
  /// The value that it holds of a word of a RW or W1C register.
  virtual std::uint32_t stored(std::uint32_t word) = 0;
};

/// Hears of whatever changes a register file, as soon as it has.
class AccessObserver {
 public:
  virtual ~AccessObserver() = default;
  virtual void raised(std::uint32_t word, std::uint32_t bits) = 0;
  virtual void served(const WordAccess& access, const WordAnswer& answer) = 0;
  /// Whoever made the access goes on when this returns. It may wait, but takes no time.
  virtual void catch_up() {}
};

class RegisterFile {
 public:
  explicit RegisterFile(const Block& block);

  /// Called after a bus write of one element; values of write-only registers are kept nowhere else.
  /// Sees the payload too, for its extensions, and may change its response; of a write-only
  /// register before another circuit has answered.
  std::function<void(const Register&, std::uint32_t element, std::uint32_t value,
                     tlm::tlm_generic_payload&)>
      on_write;

  /// Serves a transaction whose address is relative to the block. Sets its response:
  /// TLM_ADDRESS_ERROR where no register is, TLM_COMMAND_ERROR for an access that the register does
  /// not have, TLM_BURST_ERROR for anything but whole elements of one register,
  /// TLM_BYTE_ENABLE_ERROR for byte enables. `delay` is what on_write finds in delay().
  void transport(tlm::tlm_generic_payload& payload,
                 const sc_core::sc_time& delay = sc_core::SC_ZERO_TIME);
  /// The annotated delay of the transaction that on_write is called for.
  const sc_core::sc_time& delay() const { return delay_; }
  /// What an access to one word would be answered if the block refused nothing.
  WordAnswer answer_to(const WordAccess& access) const;

  /// Has another circuit do the work, from before the first access on.
  void replace(RegisterCircuit& circuit) { circuit_ = &circuit; }
  void observe(AccessObserver& observer) { observers_.push_back(&observer); }

  const Block& block() const { return block_; }
  /// The register that a word belongs to; null where there is none.
  const Register* at(std::uint32_t word) const;
  /// The values of all words.
  const std::vector<std::uint32_t>& values() const { return values_; }
  std::uint32_t value(const Register& r, std::uint32_t element = 0) const {
    return values_[r.offset / 4 + element];
  }
  void set(const Register& r, std::uint32_t value, std::uint32_t element = 0) {
    values_[r.offset / 4 + element] = value;
  }
  /// Hardware sets bits of a W1C register.
  void raise(const Register& r, std::uint32_t bits);

 private:
  tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) const;
  WordAnswer serve(const WordAccess& access, tlm::tlm_generic_payload& payload,
                   const sc_core::sc_time& delay);
  WordAnswer serve_by_circuit(const WordAccess& access, tlm::tlm_generic_payload& payload,
                              const sc_core::sc_time& delay);
  void tell_block(std::uint32_t word, std::uint32_t value, tlm::tlm_generic_payload& payload,
                  const sc_core::sc_time& delay);
  void take_stored();

  const Block& block_;
  std::vector<std::uint32_t> values_;
  sc_core::sc_time delay_;
  RegisterCircuit* circuit_ = nullptr;
  std::vector<AccessObserver*> observers_;
};

}  // namespace topkima::registers
