// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random numbers by address, not in turn: a draw is a function of seed, instance, what it is for
// and where it falls, so that it is the same whoever asks, when and how often
// (docs/nonidealities.md). Philox4x32-10 of the Random123 library.

#include <cstdint>

namespace topkima::arith {

/// The key of everything that is drawn in a machine.
struct RandomKey {
  std::uint32_t seed = 1;
  std::uint32_t instance = 0;  ///< of the machine, below 2^24: machines of one seed differ
};

/// What a draw is for.
enum class Effect : std::uint32_t {
  score_noise = 1,
  score_comparator = 2,
  score_ramp = 3,
  value_noise = 4,
  value_comparator = 5,
  av_ramp = 6,
  key_stuck = 7,
  value_stuck = 8,
  rram_variation = 9,
  rram_stuck = 10,
};

/// Where the draws of a line of columns fall.
struct DrawAddress {
  std::uint32_t line;   ///< row of Q or word line; 0 where there is none
  std::uint32_t place;  ///< array (array_place, rram_place)
  std::uint32_t time;   ///< sequence of a conversion, bank of a cell, else 0
};

/// The place of the array-th array of one kind of a head; head < 4096, array < 4096.
constexpr std::uint32_t array_place(int head, int array) {
  return std::uint32_t(head) << 12 | std::uint32_t(array);
}
/// The place of a weight bit slice (below 16) of the RRAM arrays of one projection.
constexpr std::uint32_t rram_place(std::uint32_t projection, int slice) {
  return projection << 4 | std::uint32_t(slice);
}

/// The draws of one effect.
class Draws {
 public:
  Draws(const RandomKey& key, Effect effect)
      : key_{key.seed, std::uint32_t(effect) << 24 | (key.instance & 0xffffff)} {}

  /// 32 random bits for each of columns 0 .. count - 1.
  void words(const DrawAddress& at, int count, std::uint32_t* words) const {
    this->words(at, 0, count, words);
  }
  /// Standard normal numbers of the same words.
  void gaussians(const DrawAddress& at, int count, double* values) const;

 private:
  /// Draws one word per column, from column `first` on, a multiple of 4.
  void words(const DrawAddress& at, int first, int count, std::uint32_t* words) const;

  std::uint32_t key_[2];
};

/// Where the standard normal distribution reaches (word + 1/2) / 2^32: within -6.34 .. 6.34.
double gaussian(std::uint32_t word);

}  // namespace topkima::arith
