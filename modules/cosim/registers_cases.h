// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cases of a register file, whose transactions are accesses to words.

#include "cosim/cases.h"
#include "registers/register_file.h"

namespace topkima::cosim {

/// An access that has been served.
struct ServedAccess {
  registers::WordAccess access;
  registers::WordAnswer answer;
  const registers::Register* word;  ///< Null where there is none.
  bool raised;                      ///< Hardware has set bits since the access before.
  bool first_word, last_word;

  bool may(registers::Access kind) const { return word && word->access == kind; }
};

class RegisterCases : public CountedCases<ServedAccess>, public registers::AccessObserver {
 public:
  /// Observes `file` from now on.
  explicit RegisterCases(registers::RegisterFile& file);

  void raised(std::uint32_t word, std::uint32_t bits) override;
  void served(const registers::WordAccess& access, const registers::WordAnswer& answer) override;

 private:
  static const Table& cases();

  const registers::RegisterFile& file_;
  ServedAccess access_{};
};

}  // namespace topkima::cosim
