// SPDX-License-Identifier: Apache-2.0
#include "observe/vcd_text.h"

#include <catch2/catch.hpp>
#include <limits>
#include <set>

#include "observe/scope_filter.h"

using namespace topkima;
using observe::ScopeFilter, observe::WaveSignal;
using Kind = stage::Signal::Kind;

TEST_CASE("short names are printable and never the same") {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < 20'000; ++i) {
    const auto id = observe::vcd_id(i);
    for (const char c : id) CHECK((c >= '!' && c <= '~'));
    ids.insert(id);
  }
  CHECK(ids.size() == 20'000);
  CHECK(observe::vcd_id(93).size() == 1);
  CHECK(observe::vcd_id(94).size() == 2);
}

TEST_CASE("values as a dump writes them") {
  std::string out;
  observe::append_integer(out, 1, 1, "!");
  observe::append_integer(out, 5, 8, "!");
  observe::append_integer(out, -3, 4, "!");
  observe::append_integer(out, 0, 4, "!");
  CHECK(out == "1!\nb101 !\nb1101 !\nb0 !\n");
  out.clear();
  observe::append_integer(out, std::numeric_limits<std::int64_t>::min(), 64, "!");
  CHECK(out == "b1" + std::string(63, '0') + " !\n");
  out.clear();
  observe::append_real(out, 0.1, "!");
  observe::append_real(out, -1.5e-12, "!");
  observe::append_real(out, std::numeric_limits<double>::quiet_NaN(), "!");
  CHECK(out == "r0.1 !\nr-1.5e-12 !\nrnan !\n");
  out.clear();
  const std::uint64_t words[] = {std::uint64_t{1} << 63, 2};
  observe::append_bits(out, words, 70, "!");
  CHECK(out == "b101" + std::string(63, '0') + " !\n");
}

TEST_CASE("words have no spaces") {
  CHECK(observe::vcd_word("no more rows") == "no_more_rows");
  CHECK(observe::vcd_word("a\tb\nc\\d\x80") == "a_b_c_d_");
  CHECK(observe::vcd_word("") == "-");
}

TEST_CASE("scopes open and close as the names say, and one that is a prefix stays open") {
  const WaveSignal a{"soc.head2", {"x", Kind::bit}, "!"};
  const WaveSignal b{"soc.head2.topk", {"y", Kind::integer, 4}, "\""};
  const WaveSignal c{"soc.head10", {"z", Kind::real}, "#"};
  const WaveSignal d{"soc.head10", {"t", Kind::text}, "$"};
  CHECK(observe::before_in_tree(a.scope, b.scope));
  CHECK(observe::before_in_tree(b.scope, c.scope));  // 2 before 10
  CHECK_FALSE(observe::before_in_tree(c.scope, b.scope));
  CHECK_FALSE(observe::before_in_tree(c.scope, d.scope));
  CHECK(observe::before_in_tree("soc.a.b", "soc.a-b"));
  CHECK(observe::vcd_header({&a, &b, &c, &d}) ==
        "$version Topkima-Former TLM $end\n$timescale 1 ps $end\n"
        "$scope module soc $end\n$scope module head2 $end\n$var wire 1 ! x $end\n"
        "$scope module topk $end\n$var wire 4 \" y [3:0] $end\n$upscope $end\n$upscope $end\n"
        "$scope module head10 $end\n$var real 64 # z $end\n$var string 1 $ t $end\n"
        "$upscope $end\n$upscope $end\n$enddefinitions $end\n");
  CHECK(b.full_name() == "soc.head2.topk.y[3:0]");
  CHECK(c.full_name() == "soc.head10.z");
}

TEST_CASE("globs: a star takes dots, a scope takes what lies in it") {
  const auto takes = [](const char* glob, const char* name) {
    return ScopeFilter({glob}).takes(name);
  };
  CHECK(takes("soc.head3.*", "soc.head3.topk0.deep"));
  CHECK(takes("soc.head?.topk0", "soc.head3.topk0"));
  CHECK(takes("*topk*", "soc.head3.topk0"));
  CHECK(takes("soc.head3", "soc.head3.score"));
  CHECK(takes("*", "soc"));
  CHECK_FALSE(takes("soc.head3", "soc.head31.score"));
  CHECK_FALSE(takes("soc.head3.*", "soc.head3"));
  CHECK_FALSE(takes("head3.*", "soc.head3.score"));
  CHECK_FALSE(takes("soc.head??.*", "soc.head3.score"));
  CHECK(ScopeFilter().takes("anything"));

  ScopeFilter filter({"soc.head0", "soc.haed1", "*.x"});
  CHECK(filter.takes("soc.head0.score"));
  CHECK(filter.idle() == "soc.haed1, *.x");
}
