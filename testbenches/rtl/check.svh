// SPDX-License-Identifier: Apache-2.0
// Ends the simulation when an output is not what the model expects.
`define CHECK(got, want) \
  if ((got) !== (want)) \
    $fatal(1, "%m, %0t: %s is %0h, expected %0h", $time, `"got`", got, want)

// Ends the simulation when no reset has come while work was under way, `count` of these.
`define AT_WORK(count) \
  if ((count) == 0) $fatal(1, "%m: no reset has met work under way: %s", `"count`")
