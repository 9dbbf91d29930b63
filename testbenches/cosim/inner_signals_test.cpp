// SPDX-License-Identifier: Apache-2.0
#include "cosim/inner_signals.h"

#include <catch2/catch.hpp>
#include <deque>
#include <map>

using namespace topkima;
using Kind = stage::Signal::Kind;

namespace {

/// RTL that tells what it is given to tell.
struct Told : cosim::RtlModel {
  explicit Told(std::deque<std::string> all) : texts(std::move(all)) {}
  std::string inner_changes() override {
    std::string text = texts.front();
    texts.pop_front();
    return text;
  }
  std::deque<std::string> texts;
};

/// The values that signals have, as texts.
struct Values : stage::SignalSink {
  void change(int signal, std::int64_t value) override { set(signal, std::to_string(value)); }
  void change(int signal, double value) override { set(signal, std::to_string(value)); }
  void change(int signal, const std::string& text) override { set(signal, text); }
  void change(int signal, const std::uint64_t* words) override {
    std::string text;
    for (int word = 0; word <= (signals[std::size_t(signal)].width - 1) / 64; ++word)
      text += (word == 0 ? "" : " ") + std::to_string(words[word]);
    set(signal, text);
  }
  std::uint64_t wanted_from() const override { return 70; }
  void set(int signal, const std::string& text) { now[names[std::size_t(signal)]] = text; }

  std::vector<stage::Signal> signals;
  std::vector<std::string> names;
  std::map<std::string, std::string> now;
};

/// Has all signals watched.
struct Scope : stage::ProbeScope {
  Scope(Values& sink, std::string scope) : values(sink), path(std::move(scope)) {}
  void add(stage::Probe& probe, const stage::Signal& signal) override {
    probe.connect(values, static_cast<int>(values.signals.size()));
    values.signals.push_back(signal);
    values.names.push_back(path + signal.name);
  }
  Values& values;
  std::string path;
};

const std::string header =
    "$timescale 1ps $end\n"
    "$scope module head0_topk0_rtl.top $end\n"
    " $var wire 1 # around $end\n"
    " $scope module topkima_shell $end\n"
    "  $var wire 1 # clk $end\n"
    "  $scope module rtl $end\n"
    "   $var wire 3 $ count [2:0] $end\n"
    "   $var wire 70 % wide [69:0] $end\n"
    "   $scope module lane[1] $end\n"
    "    $scope module rtl $end\n"
    "     $var real 64 & level $end\n"
    "     $var wire 3 $ alias [2:0] $end\n"
    "     $var wire 8 !! hidden[3] [7:0] $end\n"
    "    $upscope $end\n"
    "   $upscope $end\n"
    "   $var wire 1 ' last $end\n"
    "  $upscope $end\n"
    " $upscope $end\n"
    "$upscope $end\n"
    "$enddefinitions $end\n";

}  // namespace

TEST_CASE("what a dump says of the inside of RTL is shown, and nothing else") {
  Values values;
  const std::string high = "1" + std::string(64, '0') + "00101";
  Told model({header + "#1\n0#\nb110 $\nb" + high + " %\nr0.5 &\nb00000001 !!\n1'\n",
              "#2\n1#\nb001 $\nb1 %\nr-1.25e1 &\nb11111111 !!\n", "#3\n"});
  cosim::InnerSignals inner(model);
  CHECK(inner.wanted_from() == UINT64_MAX);
  std::vector<std::string> asked;
  std::deque<Scope> scopes;
  inner.declare([&](const std::string& scope, const stage::Signal& signal) -> stage::ProbeScope* {
    CHECK(signal.inner);
    asked.push_back(scope + ":" + signal.name);
    if (signal.name == "hidden[3]") return nullptr;
    return &scopes.emplace_back(values, scope + ":");
  });
  CHECK(asked == std::vector<std::string>{":count", ":wide", "lane[1].rtl:level",
                                          "lane[1].rtl:alias", "lane[1].rtl:hidden[3]", ":last"});
  CHECK(values.signals[0].kind == Kind::integer);
  CHECK(values.signals[1].kind == Kind::bits);
  CHECK(values.signals[1].width == 70);
  CHECK(inner.wanted_from() == 70);
  CHECK(values.now == std::map<std::string, std::string>{{":count", "6"},
                                                         {":wide", "5 32"},
                                                         {"lane[1].rtl:level", "0.500000"},
                                                         {"lane[1].rtl:alias", "6"},
                                                         {":last", "1"}});
  inner.look();
  CHECK(values.now[":count"] == "1");
  CHECK(values.now[":wide"] == "1 0");
  CHECK(values.now["lane[1].rtl:level"] == "-12.500000");
  const auto before = values.now;
  inner.look();
  CHECK(values.now == before);
}
