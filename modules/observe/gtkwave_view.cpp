// SPDX-License-Identifier: Apache-2.0
#include "observe/gtkwave_view.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <tuple>

#include "config/cosim.h"
#include "stage/kinds.h"

namespace topkima::observe {

using stage::Signal;

namespace {

// Flags of a trace, from GTKWave's analyzer.h.
enum Flag : unsigned {
  hex = 0x2,
  decimal = 0x4,
  binary = 0x8,
  right = 0x20,
  blank = 0x200,
  two_complement = 0x400,
  ascii = 0x800,
  collapsed = 0x1000,
  analog_step = 0x8000,
  stretch = 0x20000,  ///< a blank line into which the analogue trace above extends
  full_scale = 0x80000,
  closed = 0x400000,
  group_begin = 0x800000,
  group_end = 0x1000000,
};

constexpr int letters = 26;
constexpr int picture_width = 1600, picture_height = 900;
/// What is left of it for the waves.
constexpr double wave_pixels = 1030;
/// GTKWave's zoom is minus the logarithm of the time on so many pixels.
constexpr double frame_pixels = 200;
constexpr std::size_t legend_length = 36;
constexpr int analog_lines = 3;

unsigned flags_of(const Signal& signal) {
  switch (signal.kind) {
    case Signal::Kind::bit: return binary | right;
    case Signal::Kind::integer: return (signal.is_signed ? two_complement : 0u) | decimal | right;
    case Signal::Kind::real: return full_scale | analog_step | two_complement | right;
    case Signal::Kind::text: return ascii | right;
    case Signal::Kind::bits: return (signal.width == 1 ? binary : hex) | right;
  }
  return right;
}

/// The levels below the top of an instance's name: "head3" and "topk0", where there is a second.
std::pair<std::string, std::string> groups_of(const WaveSignal& wave) {
  const auto top = wave.scope.find('.');
  if (top == std::string::npos) return {wave.scope, ""};
  const std::string below = wave.scope.substr(top + 1);
  const auto dot = below.find('.');
  if (dot == std::string::npos) return {below, ""};
  return {below.substr(0, dot), below.substr(dot + 1)};
}

/// The blocks of a head along a row's way; "#" stands for a number. Behind the score are the blocks
/// of its arrays and RTL that is a whole macro; RTL of several stages is before the first of them.
std::vector<std::string> head_way() {
  std::vector<std::string> way{""};
  const auto add = [&](const std::string& name) {
    if (std::find(way.begin(), way.end(), name) == way.end()) way.push_back(name);
  };
  for (const auto* kind : stage::kinds::all) {
    if (kind->part != stage::Part::head) continue;
    if (kind->rtl) add(kind->rtl);
    add(kind->name);
    if (kind != &stage::kinds::score) continue;
    for (const char* block : stage::kinds::array_blocks) {
      if (block == stage::kinds::array_blocks.back())
        for (const auto rtl : config::blocks)
          if (config::is_composite(rtl)) add(config::word(rtl));
      add(std::string(block) + "#");
    }
  }
  return way;
}

/// Where an instance stands in its group: along a row's way first, then the rest; RTL behind the
/// model's block. Of the crossbars' blocks, which have numbers, the ramp is nearest to the score,
/// so that it is seen at once.
int place_of(const std::string& instance) {
  static const std::vector<std::string> way = head_way();
  const std::string block = instance.substr(0, instance.find('.'));
  const std::size_t name_end = block.find_last_not_of("0123456789") + 1;
  const std::string kind = block.substr(0, name_end) + (name_end < block.size() ? "#" : "");
  return static_cast<int>(std::find(way.begin(), way.end(), kind) - way.begin());
}

/// Lines of the save file with the flags that hold for them.
class Lines {
 public:
  explicit Lines(std::string& text) : text_(text) {}

  void add(unsigned flags, const std::string& line) {
    if (flags != flags_) {
      char changed[16];
      std::snprintf(changed, sizeof changed, "@%x\n", flags);
      text_ += changed;
      flags_ = flags;
    }
    text_ += line + "\n";
  }
  void comment(const std::string& line) { add(blank, "-" + line); }
  void begin(const std::string& name, bool open) {
    add(group_begin | blank | (open ? 0u : closed), "-" + name);
  }
  void end(const std::string& name, bool open) {
    add(group_end | blank | (open ? 0u : closed | collapsed), "-" + name);
  }
  void trace(const WaveSignal& wave, int color) {
    const unsigned flags = flags_of(wave.signal);
    if (color > 0) text_ += "[color] " + std::to_string(color) + "\n";
    add(flags, wave.full_name());
    if (wave.signal.kind != Signal::Kind::real) return;
    for (int i = 0; i < analog_lines; ++i) add(stretch | blank, "-");
  }

 private:
  std::string& text_;
  unsigned flags_ = 0;
};

std::string whole(double time) { return std::to_string(static_cast<std::uint64_t>(time)); }

std::string head_lines(const WaveView& view) {
  const double span = std::max(static_cast<double>(view.to - view.from), 1.0);
  const double margin = span * 0.02;
  const double start = std::max(static_cast<double>(view.from) - margin, 0.0);
  char zoom[32];
  std::snprintf(zoom, sizeof zoom, "*%.6f",
                -std::log2((span + 2 * margin) * frame_pixels / wave_pixels));
  const double end = start + span + 2 * margin;
  // GTKWave follows the way from one directory to the other: they may lie anywhere, together.
  const std::string stem = view.dump.substr(0, view.dump.rfind('.'));
  std::string text =
      "[*] shows " + whole(start) + " to " + whole(end) + " ps\n" + "[dumpfile] \"/waves/" +
      view.dump + "\"\n[savefile] \"/waves/" + stem + ".gtkw\"\n[timestart] " + whole(start) +
      "\n[size] " + std::to_string(picture_width) + " " + std::to_string(picture_height) +
      "\n[pos] -1 -1\n" + zoom + (view.cursor ? " " + std::to_string(*view.cursor) : " -1");
  for (std::size_t i = 0; i < letters; ++i)
    text += i < view.markers.size() ? " " + std::to_string(view.markers[i].time) : " -1";
  return text + "\n[sst_width] 200\n[signals_width] 260\n[sst_expanded] 0\n";
}

/// Which of the instances to show first `instance` is, or is in; their number for none.
std::size_t rank_of(const std::string& instance, const std::vector<std::string>& first) {
  for (std::size_t i = 0; i < first.size(); ++i)
    if (instance == first[i] || instance.rfind(first[i] + ".", 0) == 0) return i;
  return first.size();
}

/// 0: the viewer's own.
int color_of(const Signal& signal) {
  constexpr int orange = 2, violet = 7;
  switch (signal.kind) {
    case Signal::Kind::text: return orange;
    case Signal::Kind::real: return violet;
    case Signal::Kind::bit:
    case Signal::Kind::integer:
    case Signal::Kind::bits: return 0;
  }
  throw std::logic_error("a kind of signal without a colour");
}

struct Entry {
  std::string group, instance;
  const WaveSignal* wave;
  std::size_t rank;  ///< among those to show first
};

/// The group of one instance, of which `entry` is the first. Signals within RTL are behind its
/// pins, folded where they are many.
std::vector<Entry>::const_iterator write_instance(Lines& lines,
                                                  std::vector<Entry>::const_iterator entry,
                                                  std::vector<Entry>::const_iterator end,
                                                  bool shown) {
  constexpr std::ptrdiff_t most_unfolded = 16;
  const std::string instance = entry->instance;
  const auto behind = std::find_if(entry, end, [&first = *entry](const Entry& e) {
    return e.group != first.group || e.instance != first.instance;
  });
  const auto inner =
      std::find_if(entry, behind, [](const Entry& e) { return e.wave->signal.inner; });
  const bool few = behind - inner <= most_unfolded;
  const auto write = [&](const std::string& name, auto from, auto to, bool open) {
    if (from == to) return;
    if (!name.empty()) lines.begin(name, open);
    for (; from != to; ++from) lines.trace(*from->wave, color_of(from->wave->signal));
    if (!name.empty()) lines.end(name, open);
  };
  write(instance, entry, inner, shown);
  write(inner == entry ? instance : instance + ", within it", inner, behind, shown && few);
  return behind;
}

}  // namespace

std::string gtkwave_view(const WaveView& view) {
  std::vector<Entry> entries;
  for (const auto* wave : view.signals) {
    const auto [group, instance] = groups_of(*wave);
    const std::string whole = instance.empty() ? group : group + "." + instance;
    entries.push_back({group, instance, wave, rank_of(whole, view.first)});
  }
  const std::string opened =
      view.first.empty() ? view.open : view.first.front().substr(0, view.first.front().find('.'));
  std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    const auto rank = [&](const Entry& e) {
      const int aside = e.group == opened ? 0 : e.group.compare(0, 4, "head") == 0 ? 1 : 2;
      return std::make_tuple(aside, place_of(e.instance));
    };
    if (std::get<0>(rank(a)) != std::get<0>(rank(b))) return rank(a) < rank(b);
    if (a.group != b.group) return before_in_tree(a.group, b.group);
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    return before_in_tree(a.instance, b.instance);
  });

  std::string text = head_lines(view);
  Lines lines(text);
  if (!view.title.empty()) lines.comment(view.title);
  std::string legend;
  for (std::size_t i = 0; i < view.markers.size() && i < letters; ++i) {
    const std::string entry = static_cast<char>('A' + i) + (" " + view.markers[i].what);
    if (!legend.empty() && legend.size() + entry.size() > legend_length) {
      lines.comment(legend);
      legend.clear();
    }
    legend += (legend.empty() ? "" : ",  ") + entry;
  }
  if (!legend.empty()) lines.comment(legend);
  const std::string unfolded = opened.empty() && !entries.empty() ? entries.front().group : opened;
  for (auto entry = entries.cbegin(); entry != entries.cend();) {
    const std::string& group = entry->group;
    const bool open = group == unfolded;
    lines.begin(group, open);
    while (entry != entries.cend() && entry->group == group) {
      const bool shown = open && (view.first.empty() || entry->rank < view.first.size());
      entry = write_instance(lines, entry, entries.cend(), shown);
    }
    lines.end(group, open);
  }
  return text + "[pattern_trace] 1\n[pattern_trace] 0\n";
}

}  // namespace topkima::observe
