// SPDX-License-Identifier: Apache-2.0
#include "cosim/registers_cases.h"

namespace topkima::cosim {

using registers::Access;

// clang-format off
const RegisterCases::Table& RegisterCases::cases() {
  using Served = const ServedAccess&;
  static const Table cases{
      {"a register is written and stored", "registers#behaviour",
       [](Served s) { return s.access.write && s.may(Access::read_write); }},
      {"a write that nothing stores", "registers#behaviour",
       [](Served s) { return s.access.write && s.may(Access::write_only); }},
      {"bits are cleared by writing 1", "registers#behaviour",
       [](Served s) { return s.access.write && s.may(Access::write_1_to_clear) && s.access.data != 0; }},
      {"hardware raises a bit", "registers#behaviour",
       [](Served s) { return s.raised; }},
      {"hardware refuses a write", "registers#behaviour",
       [](Served s) { return s.answer.refused; }},
      {"what is stored is read", "registers#behaviour",
       [](Served s) { return !s.access.write && s.may(Access::read_write); }},
      {"what hardware has is read", "registers#behaviour",
       [](Served s) { return !s.access.write && s.may(Access::read_only) && s.answer.data != 0; }},
      {"a write of a register that is only read", "registers#behaviour",
       [](Served s) { return s.access.write && s.may(Access::read_only); }},
      {"a read of a register that is only written", "registers#behaviour",
       [](Served s) { return !s.access.write && s.may(Access::write_only); }},
      {"an access where nothing is", "registers#behaviour",
       [](Served s) { return s.word == nullptr; }},
      {"a write of some bytes", "registers#easy-to-get-wrong",
       [](Served s) { return s.access.write && s.access.strobes != 15; }},
      {"the first word", "registers#behaviour",
       [](Served s) { return s.first_word; }},
      {"the last word", "registers#behaviour",
       [](Served s) { return s.last_word; }},
  };
  return cases;
}
// clang-format on

RegisterCases::RegisterCases(registers::RegisterFile& file) : CountedCases(cases()), file_(file) {
  file.observe(*this);
}

void RegisterCases::raised(std::uint32_t, std::uint32_t) { access_.raised = true; }

void RegisterCases::served(const registers::WordAccess& access,
                           const registers::WordAnswer& answer) {
  const std::uint32_t word = access.address / 4;
  const std::size_t words = file_.values().size();
  access_.access = access;
  access_.answer = answer;
  access_.word = word < words ? file_.at(word) : nullptr;
  access_.first_word = word == 0;
  access_.last_word = word + 1 == words;
  count(access_);
  access_.raised = false;
}

}  // namespace topkima::cosim
