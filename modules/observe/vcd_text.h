// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of a value change dump (IEEE 1364-2005, clause 18) with GTKWave's `string` variables.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "stage/probe.h"

namespace topkima::observe {

/// A signal as it stands in a dump.
struct WaveSignal {
  std::string scope;  ///< dotted, "soc.head3.score"
  stage::Signal signal{};
  std::string id;                           ///< the short name that its changes use
  std::uint64_t first_change = UINT64_MAX;  ///< within the window, ps

  /// "soc.head3.score.row[63:0]": what viewers call it.
  std::string full_name() const;
};

/// The short name of the `index`th signal: digits of base 94.
std::string vcd_id(std::size_t index);
/// One word: spaces, and the quotes, '?' and backslash that converters escape, become '_'.
std::string vcd_word(std::string text);

// One line that gives a signal its value; unknown ones for integers and bits are x, for reals nan,
// for texts '-'.
void append_integer(std::string& out, std::int64_t value, int width, const std::string& id);
void append_real(std::string& out, double value, const std::string& id);
void append_text(std::string& out, const std::string& text, const std::string& id);
void append_bits(std::string& out, const std::uint64_t* words, int width, const std::string& id);
void append_unknown(std::string& out, const WaveSignal& signal);
void append_time(std::string& out, std::uint64_t time);

/// Orders dotted names as a tree, numbers by their value: head2 before head10.
bool before_in_tree(const std::string& a, const std::string& b);

/// Everything before the first time. `signals` must be in the order of the tree.
std::string vcd_header(const std::vector<const WaveSignal*>& signals);

}  // namespace topkima::observe
