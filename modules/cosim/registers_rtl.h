// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of the controller's register file (docs/pins/registers.md): its pin adapter, which machines
// it holds, the twin beside the model, and test vectors for it elsewhere.

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "axi/pins.h"
#include "cosim/pin_contract.h"
#include "cosim/rtl_instance.h"
#include "cosim/twins.h"
#include "cosim/vector_set.h"
#include "registers/register_file.h"

namespace topkima::cosim {

/// Makes accesses at the AXI4-Lite pins, in edges that take no time. It takes turns in which of
/// address and data of a write is offered first, and in whether a response is taken at once; what
/// is not valid is the complement of what it ought to be.
class RegisterPins : public registers::RegisterCircuit {
 public:
  /// `file` knows which words there are.
  RegisterPins(RtlInstance& rtl, const registers::RegisterFile& file);

  registers::WordAnswer serve(const registers::WordAccess& access,
                              const std::vector<std::uint32_t>& values,
                              const Write& write) override;
  void raise(std::uint32_t word, std::uint32_t bits) override;
  std::uint32_t stored(std::uint32_t word) override;
  /// Of the last access: edges from the one that took all of the request to the first one at which
  /// the response was there.
  std::int64_t cycles() const { return cycles_; }

 private:
  /// A part of a request, and from which edge on it is offered.
  struct Offer {
    Pin& valid;
    Pin& ready;
    std::vector<std::pair<Pin*, std::uint64_t>> payload;
    std::int64_t from;
    bool taken = false;
  };
  struct Reply {
    Pin& valid;
    Pin& ready;
    Pin& response;
    Pin* data;  ///< null where there is none
  };
  /// Keeps others out for as long as it lives.
  struct Slot {
    explicit Slot(RegisterPins& of);
    ~Slot();
    RegisterPins& pins;
  };
  using Answer = std::pair<std::uint64_t, std::uint64_t>;  ///< response and data
  struct Exchange {
    std::vector<Offer> parts;
    Reply reply;
    bool at_once;  ///< The response is taken as soon as it is there.
    /// The edges that took the last part, and at which the response was there first.
    std::int64_t asked = -1, answered = -1;
    Answer answer{};
  };

  void drive(const std::vector<std::uint32_t>& values);
  static void offer(const Offer& part, std::int64_t edge);
  Answer exchange(Exchange e, const Write& write);
  bool look_for_response(Exchange& e, std::int64_t edge);
  static void take_parts(Exchange& e, std::int64_t edge);
  void look_for_write(const Write& write);
  void show_inputs();
  [[noreturn]] void fail(const std::string& does, const std::string& expected) const;

  RtlInstance& rtl_;
  const registers::RegisterFile& file_;
  Pin &awaddr_, &awvalid_, &awready_, &wdata_, &wstrb_, &wvalid_, &wready_, &bresp_, &bvalid_,
      &bready_, &araddr_, &arvalid_, &arready_, &rdata_, &rresp_, &rvalid_, &rready_, &hardware_,
      &raised_, &refused_, &stored_, &written_, &written_address_, &written_data_;
  registers::WordAccess access_{};
  bool shown_ = false;  ///< The present access has been seen to write.
  std::int64_t cycles_ = 0;
  std::uint64_t turn_ = 0;                  ///< The number of the access.
  std::uint64_t tickets_ = 0, called_ = 0;  ///< Of who wants to make one, and whose turn it is.
  sc_core::sc_event next_;
};

/// Empty where RTL with these parameters holds so many words in a window of so many bytes, else
/// what is wrong.
std::string fits_registers(const RtlParameters& parameters, std::size_t words,
                           std::uint64_t window);

/// The twin beside a register file. After each of the model's accesses it makes two of its own that
/// change nothing: it reads one word after the other, and one that is not there; and it makes
/// writes that must not be done.
class RegisterTwin : public Twin, public registers::AccessObserver {
 public:
  RegisterTwin(const sc_core::sc_module_name& name, const stage::Clock& clock, RegisterPins& pins,
               registers::RegisterFile& file, Comparison comparison);

  void raised(std::uint32_t word, std::uint32_t bits) override;
  void served(const registers::WordAccess& access, const registers::WordAnswer& answer) override;
  /// The RTL has done all the same: no access of a run's last instant is left.
  void catch_up() override;
  void finish() override {}

 private:
  struct Expected {
    registers::WordAccess access;
    registers::WordAnswer answer;
  };
  struct Job {
    std::uint32_t word = 0, bits = 0;   ///< That hardware has raised,
    std::vector<Expected> accesses;     ///< or else accesses,
    std::vector<std::uint32_t> values;  ///< and the values after the first of them.
  };

  void follow() override;
  void follow(const Job& job);
  void compare(const Expected& expected, const Job& job);
  Expected harmless_read() const;
  Expected harmless_write() const;

  RegisterPins& pins_;
  const registers::RegisterFile& file_;
  std::deque<Job> jobs_;
  std::uint64_t begun_ = 0, done_ = 0;  ///< Jobs.
  bool ended_ = false;
  sc_core::sc_event followed_;
};

/// A transaction is an access.
class RegisterVectors : public BlockVectors, public registers::AccessObserver {
 public:
  static RtlParameters parameters(std::uint64_t window);
  static VectorSet::Layout layout(const RtlParameters& parameters);
  /// Observes the accesses that `file` serves from now on. `set` must have this layout.
  RegisterVectors(VectorSet& set, registers::RegisterFile& file);

  void raised(std::uint32_t word, std::uint32_t bits) override;
  void served(const registers::WordAccess& access, const registers::WordAnswer& answer) override;

 private:
  VectorSet& set_;
  const registers::RegisterFile& file_;
  std::vector<std::uint32_t> raised_;  ///< Since the last access, by word.
};

}  // namespace topkima::cosim
