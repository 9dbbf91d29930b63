// SPDX-License-Identifier: Apache-2.0
// Writes timelines of random machines into a directory, for the validator: whole runs, ranges of
// rows, and runs that were stopped.
#include <cstdio>
#include <string>

#include "observe/observed_soc.h"
#include "observe/timeline.h"
#include "support/fresh_kernel.h"

int sc_main(int argc, char** argv) {
  using namespace topkima;
  if (argc != 3) {
    std::fprintf(stderr, "write_timelines DIRECTORY COUNT\n");
    return 2;
  }
  const auto count = static_cast<std::uint32_t>(std::stoul(argv[2]));
  for (std::uint32_t seed = 0; seed < count; ++seed) {
    testbenches::fresh_kernel();
    auto settings = testbenches::random_soc(seed);
    const char* const frequencies[] = {"200", "333.3", "0.001", "70000"};
    settings.set("clock.frequency_mhz", frequencies[seed % 4], "test");
    testbenches::ObservedSoc machine(settings);
    std::optional<stage::RowRange> only;
    const std::uint64_t rows = machine.rows();
    if (seed % 3 == 1) only = stage::RowRange{seed % rows, seed % rows + rows / 4};
    observe::Timeline timeline(std::string(argv[1]) + "/" + std::to_string(seed) + ".json", only,
                               machine.numbers(), machine.context, "soc");
    if (seed % 5 == 4) {
      sc_core::sc_start(machine.context.clock.span(500 + 50 * seed));
      timeline.finish(machine.context.clock.now());
    } else {
      machine.run();
      timeline.finish(machine.firmware.cycles());
    }
  }
  return 0;
}
