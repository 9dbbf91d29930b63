#include "arith/topk.h"

#include <algorithm>

#include "arith/ramp.h"
#include "arith/scan.h"

namespace topkima::arith {

TopkCircuit::TopkCircuit(const TopkConfig& config, const std::int16_t* codes, int columns)
    : config_(config), codes_(codes), columns_(columns), code_((1 << (config.bits - 1)) - 1) {
  waiting_ = static_cast<int>(std::count_if(
      codes, codes + columns, [](std::int16_t code) { return code != comparator_off; }));
  done_ = config_.stop_when_exhausted && waiting_ == 0;
}

TopkCircuit::Cycle TopkCircuit::clock() {
  Cycle cycle;
  cycle.code = code_;
  if (next_column_ == 0) ++steps_;
  ++cycles_;
  for (int column = next_column_; column < columns_; ++column) {
    if (codes_[column] != code_) continue;
    if (cycle.pending++ == 0) {
      cycle.grant = true;
      cycle.column = column;
    }
  }
  if (cycle.grant) {
    ++counter_;
    --waiting_;
  }
  cycle.counter = counter_;
  const bool step_over = cycle.pending <= 1;
  const bool ramp_end = code_ == -(1 << (config_.bits - 1));
  done_ = counter_ == config_.k || (step_over && ramp_end) ||
          (config_.stop_when_exhausted && waiting_ == 0);
  cycle.last = done_;
  if (step_over) {
    --code_;
    next_column_ = 0;
  } else {
    next_column_ = cycle.column + 1;
  }
  return cycle;
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

}  // namespace

Conversion convert(const TopkConfig& config, const std::int16_t* codes, int participants,
                   Winner* winners) {
  const int count = config.k <= most_inserted ? insert_best(config.k, codes, participants, winners)
                                              : sort_best(config.k, codes, participants, winners);

  int distinct = 0;
  for (int w = 0; w < count; ++w) distinct += w == 0 || winners[w].code != winners[w - 1].code;
  Conversion result;
  result.count = count;
  result.steps = 1 << config.bits;
  const int highest = (1 << (config.bits - 1)) - 1;
  if (count == config.k || (config.stop_when_exhausted && count > 0)) {
    result.steps = highest - winners[count - 1].code + 1;
  } else if (config.stop_when_exhausted) {
    result.steps = 0;
  }
  result.cycles = result.steps - distinct + count;
  return result;
}

}  // namespace topkima::arith
