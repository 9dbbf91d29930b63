// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <numeric>

#include "stage/meter.h"

using topkima::stage::Component;
using topkima::stage::Event;
using topkima::stage::Meter;
using topkima::stage::SequenceCounts;
using topkima::stage::Tally;

namespace {

using Counts = std::vector<std::uint64_t>;

Counts counted(Tally& tally, std::uint64_t n, std::int64_t from, std::int64_t cycles) {
  tally.count(Component::bus, Event::bus_beat, 0, n, from, cycles);
  return tally.intervals(Component::bus, Event::bus_beat);
}

}  // namespace

TEST_CASE("a tally without intervals has totals alone") {
  Tally tally;
  CHECK(counted(tally, 5, 7, 3).empty());
  tally.count(Component::bus, Event::bus_beat, 0, 2, 0, 0);
  CHECK(tally.counts().of(Component::bus, Event::bus_beat) == 7);
  CHECK(tally.counts().of(Component::topk, Event::bus_beat) == 0);
}

TEST_CASE("events spread evenly over their span: whole ones, that sum up") {
  Tally tally;
  tally.keep_intervals(10);
  CHECK(counted(tally, 10, 5, 10) == Counts{5, 5});
  CHECK(counted(tally, 1, 8, 4) == Counts{5, 6});  // half an event is none yet
  CHECK(counted(tally, 100, 0, 40) == Counts{30, 31, 25, 25});
  CHECK(counted(tally, 3, 10, 10) == Counts{30, 34, 25, 25});
  CHECK(counted(tally, 4, 20, 0) == Counts{30, 34, 29, 25});
  CHECK(counted(tally, 0, 90, 10) == Counts{30, 34, 29, 25});
}

TEST_CASE("a tally counts for sequences if it was told to") {
  Tally tally;
  tally.count(Component::bus, Event::bus_beat, 7, 2, 0, 0);
  CHECK(tally.by_sequence().sequences() == 0);
  tally.keep_sequences(3);
  tally.count(Component::bus, Event::bus_beat, 2, 5, 0, 10);
  tally.count(Component::topk, Event::grant, 0, 1, 0, 0);
  tally.count(Component::bus, Event::bus_beat, 2, 1, 50, 0);
  const auto last = tally.by_sequence().of(2);
  CHECK(last.of(Component::bus, Event::bus_beat) == 6);
  CHECK(last.of(Component::topk, Event::grant) == 0);
  CHECK(tally.by_sequence().of(0).of(Component::topk, Event::grant) == 1);
  CHECK(tally.by_sequence().of(1).counts == topkima::stage::EventCounts{}.counts);
}

TEST_CASE("counts of several parts add up by sequence") {
  SequenceCounts sum(2), part(2);
  sum.add(Component::bus, Event::bus_beat, 1, 3);
  part.add(Component::bus, Event::bus_beat, 1, 4);
  part.add(Component::dma, Event::requantise, 0, 5);
  sum.add(part);
  CHECK(sum.of(1).of(Component::bus, Event::bus_beat) == 7);
  CHECK(sum.of(0).of(Component::bus, Event::bus_beat) == 0);
  CHECK(sum.of(0).of(Component::dma, Event::requantise) == 5);
}

TEST_CASE("the order in which spans are counted does not matter") {
  struct Span {
    std::uint64_t n;
    std::int64_t from, cycles;
  };
  std::vector<Span> spans;
  for (int i = 0; i < 200; ++i) spans.push_back({std::uint64_t(i * 7 % 31), i * 37 % 500, i % 45});
  Tally forth, back;
  forth.keep_intervals(16);
  back.keep_intervals(16);
  Counts a, b;
  for (const auto& s : spans) a = counted(forth, s.n, s.from, s.cycles);
  for (auto s = spans.rbegin(); s != spans.rend(); ++s) b = counted(back, s->n, s->from, s->cycles);
  CHECK(a == b);
  CHECK(std::accumulate(a.begin(), a.end(), std::uint64_t{0}) ==
        forth.counts().of(Component::bus, Event::bus_beat));
}

TEST_CASE("a run of too many intervals has longer ones, with the same sums") {
  Tally tally;
  tally.keep_intervals(1);
  counted(tally, 3, 0, 3);
  const auto most = std::int64_t(Tally::most_intervals);
  const auto counts = counted(tally, 8, 2 * most - 4, 4);
  CHECK(tally.interval() == 2);
  REQUIRE(counts.size() == Tally::most_intervals);
  CHECK(Counts(counts.begin(), counts.begin() + 3) == Counts{2, 1, 0});
  CHECK(Counts(counts.end() - 3, counts.end()) == Counts{0, 4, 4});
}

TEST_CASE("a meter that was not given counts nothing") {
  const Meter meter;
  meter.count({}, Event::grant, 1, 0, 1);
  CHECK_FALSE(meter.counts());
  CHECK(meter.cycle(sc_core::SC_ZERO_TIME) == 0);
}
