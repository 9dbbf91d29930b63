// SPDX-License-Identifier: Apache-2.0
#include "cosim/step_cases.h"

namespace topkima::cosim {

// clang-format off
const StepTable& ramp_cases() {
  using Step = const ServedStep&;
  static const StepTable cases{
      {"the ramp runs to its end", "ramp#behaviour",
       [](Step s) { return s.last && !s.stop; }},
      {"a stop in the first step", "ramp#behaviour",
       [](Step s) { return s.stop && s.first; }},
      {"a stop in between", "ramp#behaviour",
       [](Step s) { return s.stop && !s.first && !s.last; }},
      {"a stop in the last step", "ramp#behaviour",
       [](Step s) { return s.stop && s.last; }},
      {"the counter holds a step", "ramp#easy-to-get-wrong",
       [](Step s) { return s.cycles > 1; }},
      {"the counter holds the first step", "ramp#easy-to-get-wrong",
       [](Step s) { return s.cycles > 1 && s.first; }},
      {"the counter holds the last step", "ramp#easy-to-get-wrong",
       [](Step s) { return s.cycles > 1 && s.last; }},
      {"the counter holds a step and stops then", "ramp#easy-to-get-wrong",
       [](Step s) { return s.cycles > 1 && s.stop; }},
      {"a step waits for the counter", "README#stalls",
       [](Step s) { return s.late; }},
      {"a step waits behind one whose grants were held back", "README#stalls",
       [](Step s) { return s.late && s.held_too; }},
  };
  return cases;
}
// clang-format on

}  // namespace topkima::cosim
