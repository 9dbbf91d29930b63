// SPDX-License-Identifier: Apache-2.0
// Ends the simulation when an output is not what the model expects.
`define CHECK(got, want) \
  if ((got) !== (want)) \
    $fatal(1, "%m, %0t: %s is %0h, expected %0h", $time, `"got`", got, want)
