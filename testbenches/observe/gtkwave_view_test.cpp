// SPDX-License-Identifier: Apache-2.0
#include "observe/gtkwave_view.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <sstream>

#include "support/fresh_kernel.h"
#include "wave_machine.h"

using namespace topkima;
using namespace topkima::testbenches;
using observe::WaveOptions, observe::WaveSignal, observe::WaveView;
using Kind = stage::Signal::Kind;
using Names = std::vector<std::string>;

namespace {

WaveSignal wave(const std::string& scope, const std::string& name, Kind kind, int width,
                bool is_signed = false) {
  WaveSignal wave;
  wave.scope = scope;
  wave.signal = {name, kind, width, is_signed};
  return wave;
}

/// A save file as read.
struct View {
  Names traces, comments;
  std::map<std::string, unsigned> flags;  ///< by trace
  std::vector<std::string> open_groups, closed_groups;
  std::vector<std::int64_t> markers;  ///< A, B, ...
  std::string dump;
  double zoom = 0;
  std::int64_t start = -1;
  int depth = 0;

  explicit View(const std::string& text) {
    std::istringstream in(text);
    unsigned present = 0;
    for (std::string line; std::getline(in, line);) {
      if (line[0] == '@') {
        present = static_cast<unsigned>(std::stoul(line.substr(1), nullptr, 16));
      } else if (line[0] == '*') {
        std::istringstream numbers(line.substr(1));
        std::int64_t primary, marker;
        numbers >> zoom >> primary;
        while (numbers >> marker) markers.push_back(marker);
      } else if (line.compare(0, 11, "[timestart]") == 0) {
        start = std::stoll(line.substr(12));
      } else if (line.compare(0, 10, "[dumpfile]") == 0) {
        dump = line.substr(11);
      } else if (line[0] == '-' && present & 0x800000) {
        (present & 0x400000 ? closed_groups : open_groups).push_back(line.substr(1));
        ++depth;
      } else if (line[0] == '-' && present & 0x1000000) {
        --depth;
      } else if (line[0] == '-' && line.size() > 1) {
        comments.push_back(line.substr(1));
      } else if (line[0] != '[' && line[0] != '-') {
        traces.push_back(line);
        flags[line] = present;
      }
    }
  }
};

}  // namespace

TEST_CASE("groups per head and instance, a row's way first, the first head open") {
  const WaveSignal bus = wave("soc.bus.read", "state", Kind::text, 1);
  const WaveSignal topk = wave("soc.head10.topk0", "code", Kind::integer, 6, true);
  const WaveSignal av = wave("soc.head2.av", "row", Kind::integer, 64);
  const WaveSignal ima = wave("soc.head2.ima0", "v", Kind::real, 1);
  const WaveSignal score = wave("soc.head2.score", "state", Kind::text, 1);
  const WaveSignal controller = wave("soc.controller", "columns", Kind::bits, 70);
  WaveView view;
  view.dump = "run.fst";
  view.signals = {&bus, &controller, &ima, &score, &av, &topk};
  view.to = 1'000'000;
  const View read(observe::gtkwave_view(view));
  CHECK(read.traces == Names{"soc.head2.score.state", "soc.head2.av.row[63:0]", "soc.head2.ima0.v",
                             "soc.head10.topk0.code[5:0]", "soc.bus.read.state",
                             "soc.controller.columns[69:0]"});
  CHECK(read.open_groups == Names{"head2", "score", "av", "ima0"});
  CHECK(read.closed_groups == Names{"head10", "topk0", "bus", "read", "controller"});
  CHECK(read.depth == 0);
  CHECK(read.flags.at("soc.head2.ima0.v") == 0x88420);          // analogue, in steps
  CHECK(read.flags.at("soc.head10.topk0.code[5:0]") == 0x424);  // signed decimal
  CHECK(read.flags.at("soc.head2.av.row[63:0]") == 0x24);
  CHECK(read.flags.at("soc.controller.columns[69:0]") == 0x22);  // hex
  CHECK(read.flags.at("soc.head2.score.state") == 0x820);
}

TEST_CASE("what is within RTL is behind its pins, folded where it is much") {
  const std::string rtl = "soc.head0.topk0.rtl";
  std::vector<WaveSignal> waves{wave("soc.head0.topk0", "stop", Kind::bit, 1),
                                wave(rtl, "stop", Kind::bit, 1)};
  const auto add = [&](const std::string& scope, int count) {
    for (int i = 0; i < count; ++i) {
      waves.push_back(wave(scope, "r" + std::to_string(i), Kind::bit, 1));
      waves.back().signal.inner = true;
    }
  };
  add(rtl, 2);
  add(rtl + ".few", 16);
  add(rtl + ".many", 17);
  WaveView view;
  view.dump = "run.vcd";
  for (const auto& each : waves) view.signals.push_back(&each);
  view.first = {"head0.topk0", "head0.topk0.rtl"};
  view.to = 1000;
  const View read(observe::gtkwave_view(view));
  CHECK(read.open_groups ==
        Names{"head0", "topk0", "topk0.rtl", "topk0.rtl, within it", "topk0.rtl.few"});
  CHECK(read.closed_groups == Names{"topk0.rtl.many"});
  CHECK(read.traces.size() == waves.size());
  CHECK(read.traces[3] == rtl + ".r1");
}

TEST_CASE("in a machine with latches too the order is a row's way") {
  std::vector<WaveSignal> waves;
  for (const char* instance : {"exponent", "key_array0", "latch", "latch1", "ramp0", "score",
                               "latch0", "shifter", "sorter", "fold"})
    waves.push_back(wave(std::string("soc.head0.") + instance, "s", Kind::text, 1));
  WaveView view;
  view.dump = "run.vcd";
  for (const auto& each : waves) view.signals.push_back(&each);
  view.to = 1000;
  CHECK(View(observe::gtkwave_view(view)).open_groups ==
        Names{"head0", "fold", "score", "ramp0", "latch0", "latch1", "key_array0", "latch",
              "shifter", "sorter", "exponent"});
}

TEST_CASE(
    "the view of a run: what changes, and markers on the first row that is there as a whole") {
  WaveOptions options;
  options.from = 7;
  Machine m(options);
  m.play([&] {
    m.pass(5, 0);  // begins before the window
    m.until(30);
    m.valid.set(true);  // before the row
    m.until(31);
    m.valid.set(false);
    m.pass(40, 1, [&](std::int64_t cycle) {
      if (cycle == 42) m.valid.set(true);
      if (cycle == 43) m.valid.set(false);
      if (cycle == 45) m.valid.set(true);
      if (cycle == 48) m.valid.set(false);  // grants in 45, 46 and 47
    });
    m.far.set(1);
    m.pass(70, 2);
    m.valid.set(true);
  });
  const Dump dump = m.finish(100);
  const View view(m.place.read("w.gtkw"));
  CHECK(view.traces == Names{"soc.head0.score.state", "soc.head0.score.cause",
                             "soc.head0.score.row[63:0]", "soc.head0.score.queue[15:0]",
                             "soc.head0.topk0.grant_valid", "soc.head0.store.state",
                             "soc.head0.store.cause", "soc.head0.store.row[63:0]",
                             "soc.head0.store.queue[15:0]", "soc.head1.topk0.code[7:0]"});
  for (const auto& trace : view.traces) CHECK(dump.signals.count(trace) == 1);
  CHECK(view.depth == 0);
  const auto at = [](std::int64_t cycle) { return cycle * 5000; };
  REQUIRE(view.markers.size() == 26);
  CHECK(std::vector<std::int64_t>(view.markers.begin(), view.markers.begin() + 6) ==
        std::vector<std::int64_t>{at(40), at(42), at(47), at(50), at(60), -1});
  CHECK(view.comments == Names{"row 1 (head 0, row 1)", "A score,  B first grant,  C last grant",
                               "D store,  E has left"});
  // The row's 20 cycles fill the window, with a little room at both ends.
  CHECK(view.start == at(40) - 2000);
  CHECK(std::pow(2, -view.zoom) / 200 * 1030 == Approx(104'000).epsilon(0.001));
  CHECK(view.dump.find("w.vcd") != std::string::npos);
}

TEST_CASE("around a row the markers are that row's") {
  WaveOptions options;
  options.around = 1;
  Machine m(options);
  m.play([&] {
    m.pass(5, 0);
    m.pass(40, 1);
  });
  m.finish(100);
  const View view(m.place.read("w.gtkw"));
  CHECK(view.markers[0] == 200'000);
  CHECK(view.markers[2] == 300'000);
  CHECK(view.comments.front() == "row 1 (head 0, row 1)");
}

TEST_CASE("without a whole row the view shows the window, without markers") {
  WaveOptions options;
  options.from = 12;
  options.to = 18;
  Machine m(options);
  m.play([&] { m.pass(5, 0); });
  m.finish(100);
  const View view(m.place.read("w.gtkw"));
  CHECK(view.comments.empty());
  CHECK(view.markers[0] == -1);
  CHECK(std::pow(2, -view.zoom) / 200 * 1030 == Approx(31'200).epsilon(0.001));
}
