// SPDX-License-Identifier: Apache-2.0
#include "arith/topk.h"

#include <algorithm>

#include "arith/ramp.h"
#include "arith/scan.h"

namespace topkima::arith {

void TopkCircuit::start(const TopkConfig& config, int participants) {
  config_ = config;
  pending_ = counter_ = 0;
  waiting_ = participants;
  crossed_ = false;
  stopped_ = config_.stop_when_exhausted && participants == 0;
}

void TopkCircuit::request(const std::vector<std::uint64_t>& fired) {
  requests_.assign(fired.begin(), fired.end());
  first_word_ = 0;
  pending_ = 0;
  for (const auto word : requests_) pending_ += __builtin_popcountll(word);
  if (crossed_)
    --steps_left_;
  else if (pending_ > 0)
    steps_left_ = config_.reach;
  crossed_ = crossed_ || pending_ > 0;
}

const TopkCircuit::Cycle& TopkCircuit::clock() {
  cycle_.pending = pending_;
  cycle_.columns.clear();
  for (int lane = 0; lane < config_.grants_per_cycle && pending_ > 0; ++lane) {
    while (requests_[first_word_] == 0) ++first_word_;
    auto& word = requests_[first_word_];
    cycle_.columns.push_back(static_cast<int>(64 * first_word_) + __builtin_ctzll(word));
    word &= word - 1;
    --pending_;
    --waiting_;
    ++counter_;
    stopped_ = counter_ == config_.k || (config_.stop_when_exhausted && waiting_ == 0);
    if (stopped_) pending_ = 0;
  }
  if (config_.reach > 0 && crossed_ && steps_left_ == 0 && pending_ == 0) stopped_ = true;
  cycle_.counter = counter_;
  return cycle_;
}

const TopkCircuit::Cycle& TopkCircuit::idle() {
  cycle_ = {pending_, {}, counter_};
  return cycle_;
}

namespace {

/// Inserting into an ordered list is fastest for few winners, but its cost grows with their square.
constexpr int most_inserted = 64;

int insert_best(int k, const std::int16_t* codes, int participants, Winner* winners) {
  int count = 0;
  // Keeps the list ordered by falling code, then rising column: the order of the grants.
  const auto insert = [&](int column, int place) {
    for (; place > 0 && winners[place - 1].code < codes[column]; --place)
      winners[place] = winners[place - 1];
    winners[place] = {column, codes[column]};
  };
  int column = 0;
  for (; column < participants && count < k; ++column) insert(column, count++);
  // From here on a column takes the place of the last winner, and only with a larger code.
  const auto next = [&](int from) {
    return next_above(codes, from, participants,
                      static_cast<std::int16_t>(winners[count - 1].code));
  };
  if (count == k)
    for (column = next(column); column < participants; column = next(column + 1))
      insert(column, count - 1);
  return count;
}

int sort_best(int k, const std::int16_t* codes, int participants, Winner* winners) {
  std::vector<Winner> all(static_cast<std::size_t>(participants));
  for (int column = 0; column < participants; ++column)
    all[static_cast<std::size_t>(column)] = {column, codes[column]};
  std::stable_sort(all.begin(), all.end(),
                   [](const Winner& a, const Winner& b) { return a.code > b.code; });
  const int count = std::min(k, participants);
  std::copy_n(all.begin(), count, winners);
  return count;
}

/// Ramp steps that a conversion makes whose `count` winners all lie within reach.
int steps_of(const TopkConfig& config, const Winner* winners, int count, int participants) {
  const int highest = (1 << (config.bits - 1)) - 1, all = 1 << config.bits;
  const bool exhausted = config.stop_when_exhausted && count == participants;
  if (count == 0) return exhausted ? 0 : all;
  if (count == config.k || exhausted) return highest - winners[count - 1].code + 1;
  if (config.reach > 0) return std::min(all, highest - winners[0].code + config.reach + 1);
  return all;
}

Conversion conversion_of(const TopkConfig& config, const Winner* winners, int count,
                         int participants) {
  if (config.reach > 0)
    while (count > 0 && winners[count - 1].code < winners[0].code - config.reach) --count;
  int granting_steps = 0, granting_cycles = 0;
  for (int w = 0, lane = 0; w < count; ++w, ++lane) {
    const bool new_step = w == 0 || winners[w].code != winners[w - 1].code;
    if (new_step) ++granting_steps;
    if (new_step || lane == config.grants_per_cycle) {
      ++granting_cycles;
      lane = 0;
    }
  }
  Conversion result;
  result.count = count;
  result.steps = steps_of(config, winners, count, participants);
  result.cycles = result.steps * (1 + config.step_cycles) +
                  granting_steps * (config.grant_cycles - 1) + granting_cycles;
  if (result.steps > 0) result.cycles += config.start_cycles + config.tree_cycles;
  return result;
}

}  // namespace

Conversion convert(const TopkConfig& config, const std::int16_t* codes, int participants,
                   Winner* winners) {
  const int count = config.k <= most_inserted ? insert_best(config.k, codes, participants, winners)
                                              : sort_best(config.k, codes, participants, winners);
  return conversion_of(config, winners, count, participants);
}

Conversion convert_scattered(const TopkConfig& config, const std::int16_t* codes, int columns,
                             std::vector<Winner>& dense, Winner* winners) {
  dense.clear();
  for (int column = 0; column < columns; ++column)
    if (codes[column] != comparator_off) dense.push_back({column, codes[column]});
  const auto participants = static_cast<int>(dense.size());
  const int count = std::min(config.k, participants);
  std::partial_sort_copy(dense.begin(), dense.end(), winners, winners + count,
                         [](const Winner& a, const Winner& b) {
                           return a.code != b.code ? a.code > b.code : a.column < b.column;
                         });
  return conversion_of(config, winners, count, participants);
}

}  // namespace topkima::arith
