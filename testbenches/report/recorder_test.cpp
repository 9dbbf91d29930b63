// SPDX-License-Identifier: Apache-2.0
#include "report/recorder.h"

#include <catch2/catch.hpp>

using namespace topkima;
using Values = std::vector<std::int32_t>;

namespace {

/// Two heads, three rows of Q, 12 tokens over two crossbars that give 2 + 1 winners, d_k 2.
config::MachineConfig machine() {
  config::Settings settings;
  settings.set("topk.split", "8,4", "test");
  settings.set("topk.sub_k", "2,1", "test");
  return config::resolve(settings, {2, 2, 3, 12, 2, false});
}

stage::RowTag tag(std::uint16_t head, std::uint32_t row, std::uint32_t sequence = 0) {
  stage::RowTag tag;
  tag.head = head;
  tag.row = row;
  tag.sequence = sequence;
  return tag;
}

/// `count` values of which those from `first` on are `given`, the others `fill`.
Values filled(std::size_t count, std::int32_t fill, std::size_t first, const Values& given) {
  Values values(count, fill);
  std::copy(given.begin(), given.end(), values.begin() + std::ptrdiff_t(first));
  return values;
}

}  // namespace

TEST_CASE("before anything is recorded, rows have no winners and zeros elsewhere") {
  const report::Recorder recorder(machine());
  const auto& results = recorder.results();
  CHECK(results.topk_index == Values(2 * 3 * 3, -1));
  CHECK(results.topk_code == Values(2 * 3 * 3, 0));
  CHECK(results.winner_count == Values(2 * 3, 0));
  CHECK(results.convert_cycles == Values(2 * 3 * 2, 0));
  CHECK(results.output == Values(2 * 3 * 2, 0));
  CHECK(recorder.rows_out() == 0);
}

TEST_CASE("conversions are kept by head, row and crossbar") {
  report::Recorder recorder(machine());
  recorder.conversions().write({tag(1, 2), 1, 20, 23});
  CHECK(recorder.results().convert_steps == filled(12, 0, 11, {20}));
  CHECK(recorder.results().convert_cycles == filled(12, 0, 11, {23}));
}

TEST_CASE("winners and probabilities are packed to the left of their row") {
  report::Recorder recorder(machine());
  const stage::TokenCode winners[] = {{7, 15}, {9, -3}}, probabilities[] = {{7, 30}, {9, 1}};
  recorder.winners().write({tag(1, 0), winners, 2});
  recorder.probabilities().write({tag(1, 0), probabilities, 2});
  const auto& results = recorder.results();
  CHECK(results.topk_index == filled(18, -1, 9, {7, 9}));
  CHECK(results.topk_code == filled(18, 0, 9, {15, -3}));
  CHECK(results.probability == filled(18, 0, 9, {30, 1}));
  CHECK(results.winner_count == Values{0, 0, 0, 2, 0, 0});
}

TEST_CASE("outputs are kept for the first sequence, and counted for all") {
  report::Recorder recorder(machine());
  const std::int32_t first[] = {100, -100}, later[] = {1, 2};
  recorder.outputs().write({tag(0, 1), first, 2});
  recorder.outputs().write({tag(0, 1, 1), later, 2});
  CHECK(recorder.results().output == filled(12, 0, 2, {100, -100}));
  CHECK(recorder.rows_out() == 2);
}

TEST_CASE("later sequences change no result") {
  report::Recorder recorder(machine());
  const stage::TokenCode entries[] = {{3, 4}};
  recorder.conversions().write({tag(0, 0, 1), 0, 20, 23});
  recorder.winners().write({tag(0, 0, 1), entries, 1});
  recorder.probabilities().write({tag(0, 0, 1), entries, 1});
  const auto& results = recorder.results();
  CHECK(results.convert_cycles == Values(12, 0));
  CHECK(results.topk_index == Values(18, -1));
  CHECK(results.probability == Values(18, 0));
  CHECK(results.winner_count == Values(6, 0));
}

TEST_CASE("sums are over all sequences, of each row's slowest crossbar") {
  report::Recorder recorder(machine());
  const stage::TokenCode entries[] = {{3, 4}, {5, 1}};
  // Rows of two heads take turns; those of one keep the order of their sequences.
  recorder.conversions().write({tag(0, 1), 0, 20, 23});
  recorder.conversions().write({tag(1, 1), 1, 5, 6});
  recorder.conversions().write({tag(0, 1), 1, 18, 30});
  recorder.conversions().write({tag(0, 1, 1), 1, 7, 8});
  recorder.conversions().write({tag(0, 1, 1), 0, 2, 4});
  recorder.conversions().write({tag(1, 1, 2), 0, 1, 2});
  recorder.winners().write({tag(0, 1), entries, 2});
  recorder.winners().write({tag(0, 1, 1), entries, 1});
  const auto& sums = recorder.sums();
  CHECK(sums.steps() == 20 + 5 + 7 + 1);
  CHECK(sums.cycles() == 30 + 6 + 8 + 2);
  CHECK(sums.crossbar_steps() == std::vector<std::int64_t>{20 + 2 + 1, 5 + 18 + 7});
  CHECK(sums.winners() == 3);
}
