// SPDX-License-Identifier: Apache-2.0
#include "cosim/step_cases.h"

namespace topkima::cosim {

// clang-format off
const StepTable& topk_cases() {
  using Step = const ServedStep&;
  static const StepTable cases{
      {"a step without a crossing", "topk#behaviour",
       [](Step s) { return s.crossings == 0; }},
      {"several crossings in a step", "topk#behaviour",
       [](Step s) { return s.crossings > 1; }},
      {"all columns cross at once", "topk#behaviour",
       [](Step s) { return s.crossings == s.own && s.own > 1; }},
      {"crossings left when the conversion stops", "topk#behaviour",
       [](Step s) { return s.stop && s.crossings > s.grants; }},
      {"stop at the k-th grant", "topk#behaviour",
       [](Step s) { return s.stop && s.count == s.k; }},
      {"stop at the last participant", "topk#behaviour",
       [](Step s) {
         return s.stop && s.stops_exhausted && s.count == s.participants && s.count < s.k;
       }},
      {"stop at the end of reach, with grants", "topk#behaviour",
       [](Step s) { return s.ends_reach() && s.grants > 0 && s.count < s.k; }},
      {"stop at the end of reach, without a grant", "topk#behaviour",
       [](Step s) { return s.ends_reach() && s.grants == 0; }},
      {"the ramp ends before its reach", "topk#easy-to-get-wrong",
       [](Step s) { return s.last && !s.stop && s.reach > 0 && s.count > 0; }},
      {"the k-th grant comes before the end of reach", "topk#behaviour",
       [](Step s) { return s.stop && s.reach > 0 && s.count == s.k && !s.ends_reach(); }},
      {"a stop in the first step", "topk#behaviour",
       [](Step s) { return s.stop && s.first; }},
      {"a stop in the last step", "topk#behaviour",
       [](Step s) { return s.stop && s.last; }},
      {"the last step without a stop", "topk#behaviour",
       [](Step s) { return !s.stop && s.last; }},
      {"the first column is granted", "topk#pins-of-a-top-k-counter",
       [](Step s) { return s.lowest == 0; }},
      {"the last column of the RTL is granted", "topk#pins-of-a-top-k-counter",
       [](Step s) { return s.highest == s.columns - 1; }},
      {"a crossbar with fewer columns than the RTL", "topk#easy-to-get-wrong",
       [](Step s) { return s.own < s.columns; }},
      {"k is 1", "topk#pins-of-a-top-k-counter",
       [](Step s) { return s.k == 1 && s.stop; }},
      {"k is the number of columns of the RTL", "topk#easy-to-get-wrong",
       [](Step s) { return s.k == s.columns; }},
      {"k beyond all columns of the RTL", "topk#easy-to-get-wrong",
       [](Step s) { return s.k > s.columns; }},
      {"other participants than in the conversion before", "README#quasi-static-pins",
       [](Step s) {
         return s.first && s.participants_before >= 0 && s.participants != s.participants_before;
       }},
      {"a grant is held back", "README#stalls",
       [](Step s) { return s.held; }},
      {"a grant is held back with crossings left behind it", "README#stalls",
       [](Step s) { return s.held && s.grants > 1; }},
      {"a step comes late", "README#stalls",
       [](Step s) { return s.late; }},
      {"a step comes late behind one whose grants were held back", "README#stalls",
       [](Step s) { return s.late && s.held_too; }},
      {"grants of two steps in a row are held back", "README#stalls",
       [](Step s) { return s.held && s.held_too; }},
  };
  return cases;
}
// clang-format on

}  // namespace topkima::cosim
