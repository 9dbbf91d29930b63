#include "arith/topk.h"

#include <algorithm>

#include "arith/fixed_point.h"
#include "arith/ramp.h"

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

constexpr int block = 32;

TOPKIMA_SIMD_CLONES
std::int16_t block_max(const std::int16_t* codes) {
  std::int16_t largest = codes[0];
  for (int i = 1; i < block; ++i) largest = std::max(largest, codes[i]);
  return largest;
}

}  // namespace

Conversion convert(const TopkConfig& config, const std::int16_t* codes, int participants,
                   Winner* winners) {
  int count = 0;
  // Keeps the list ordered by falling code, then rising column: the order of the grants.
  const auto offer = [&](int column) {
    const int code = codes[column];
    if (count == config.k) {
      if (code <= winners[count - 1].code) return;
      --count;
    }
    int place = count++;
    for (; place > 0 && winners[place - 1].code < code; --place) winners[place] = winners[place - 1];
    winners[place] = {column, code};
  };
  int column = 0;
  for (; column + block <= participants; column += block) {
    if (count == config.k && block_max(codes + column) <= winners[count - 1].code) continue;
    for (int c = column; c < column + block; ++c) offer(c);
  }
  for (; column < participants; ++column) offer(column);

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
