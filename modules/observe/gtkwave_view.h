// SPDX-License-Identifier: Apache-2.0
#pragma once
// What GTKWave shows first of a dump: its save file.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "observe/vcd_text.h"

namespace topkima::observe {

struct WaveMarker {
  std::uint64_t time;
  std::string what;
};

struct WaveView {
  std::string dump;                        ///< file name; the save file lies beside it
  std::vector<const WaveSignal*> signals;  ///< those to list
  std::string open;                        ///< the group that is unfolded and comes first, "head3"
  std::string title;                       ///< what the markers belong to, "row 12"
  std::vector<WaveMarker> markers;         ///< up to 26 get a letter
  std::vector<std::string> first;  ///< instances before all others, "head3.topk0"; those are folded
  std::optional<std::uint64_t> cursor;  ///< where the viewer's own marker stands, ps
  std::uint64_t from = 0, to = 0;       ///< the stretch that fills the window, ps
};

/// The text of the save file. A group per head, and for what lies beside the heads; in it a group
/// per instance, the stages of a row's way first.
std::string gtkwave_view(const WaveView& view);

}  // namespace topkima::observe
