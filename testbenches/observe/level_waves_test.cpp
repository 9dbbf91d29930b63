// SPDX-License-Identifier: Apache-2.0
#include "observe/level_waves.h"

#include <catch2/catch.hpp>

using namespace topkima;
using observe::Levels;
using observe::LevelWaves;

namespace {

/// All lines from the opening of the window on, with the cycles at which they come.
std::string dump(LevelWaves& waves, const observe::WaveWindow& window, std::uint64_t period) {
  std::string text;
  waves.append_initial(text);
  while (waves.next_time() != UINT64_MAX) {
    text += "#" + std::to_string((waves.next_time() - window.origin()) / period) + "\n";
    waves.take_changes(text);
  }
  return text;
}

}  // namespace

TEST_CASE("levels come when they change, those in force at the window's opening first") {
  stage::Clock clock(200);
  clock.start();
  observe::WaveWindow window(clock, 25, observe::WaveWindow::open_end, 1000);
  const std::vector<Levels> levels{{"soc.power", "bus", 10, {1, 2, 3, 3, 5}},
                                   {"soc.power", "still", 10, {7, 7, 7, 7, 7}}};
  LevelWaves waves(window);
  waves.set(levels);
  waves.name_signals(0);
  CHECK(dump(waves, window, clock.period().value()) == "r3 !\nr7 \"\n#30\n#40\nr5 !\n");
  REQUIRE(waves.signals().size() == 2);
  CHECK(waves.signals()[0]->first_change == window.time_of(40));
  CHECK(waves.signals()[1]->first_change == UINT64_MAX);
}

TEST_CASE("without levels there is nothing to show") {
  stage::Clock clock(200);
  observe::WaveWindow window(clock, 0, observe::WaveWindow::open_end, 1000);
  LevelWaves waves(window);
  waves.set({});
  CHECK(dump(waves, window, 1).empty());
  CHECK(waves.signals().empty());
}
