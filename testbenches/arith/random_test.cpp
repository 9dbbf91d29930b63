// SPDX-License-Identifier: Apache-2.0
#include "arith/random.h"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <vector>

using namespace topkima::arith;

namespace {

using Values = std::vector<double>;

/// `lines` lines of `columns` draws each, where line l is drawn at at(l).
Values drawn(const Draws& draws, int lines, int columns,
             const std::function<DrawAddress(std::uint32_t)>& at) {
  Values values(std::size_t(lines) * std::size_t(columns));
  for (int l = 0; l < lines; ++l)
    draws.gaussians(at(std::uint32_t(l)), columns,
                    values.data() + std::size_t(l) * std::size_t(columns));
  return values;
}

double mean(const Values& a, const std::function<double(std::size_t)>& of) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += of(i);
  return sum / double(a.size());
}

/// Of standard normal numbers, in standard errors: about normal itself when they are independent.
double correlation(const Values& a, const Values& b) {
  return mean(a, [&](std::size_t i) { return a[i] * b[i]; }) * std::sqrt(double(a.size()));
}

constexpr double most = 4.5;  ///< standard errors; the draws are fixed, so this never flickers

}  // namespace

TEST_CASE("the words are those of Philox4x32-10: the known answer of counter and key zero") {
  std::uint32_t words[4];
  Draws({0, 0}, Effect(0)).words({0, 0, 0}, 4, words);
  CHECK(words[0] == 0x6627e8d5);
  CHECK(words[1] == 0xe169c58d);
  CHECK(words[2] == 0xbc57ac4c);
  CHECK(words[3] == 0x9b00dbd8);
}

TEST_CASE("a draw depends on its address alone, not on how many are drawn with it") {
  const Draws draws({7, 3}, Effect::score_noise);
  Values all(1000), some(1000);
  std::vector<std::uint32_t> words(1000);
  draws.gaussians({5, 6, 7}, 1000, all.data());
  draws.words({5, 6, 7}, 1000, words.data());
  for (const int count : {1, 2, 3, 5, 255, 256, 257, 511, 999}) {
    draws.gaussians({5, 6, 7}, count, some.data());
    CHECK(std::equal(some.begin(), some.begin() + count, all.begin()));
  }
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == gaussian(words[i]));
}

TEST_CASE("the normal distribution at known places, symmetric, rising") {
  const auto at = [](double p) { return gaussian(static_cast<std::uint32_t>(p * 0x1p32)); };
  CHECK(std::abs(at(0.5)) < 1e-9);
  CHECK(at(0.975) == Approx(1.959963984540054).epsilon(1e-8));
  CHECK(at(0.84134474606854293) == Approx(1).epsilon(1e-8));
  CHECK(at(0.92) == Approx(1.4050715603096329).epsilon(1e-8));  // near where two ranges meet
  CHECK(gaussian(0) == Approx(-6.3379577546).epsilon(1e-9));
  double before = -7;
  for (std::uint64_t word = 0; word < std::uint64_t{1} << 32; word += 9999991) {
    const auto w = static_cast<std::uint32_t>(word);
    REQUIRE(gaussian(w) > before);
    REQUIRE(gaussian(~w) == -gaussian(w));
    before = gaussian(w);
  }
}

TEST_CASE("200,000 draws: mean, sigma, skew, kurtosis and tails of a standard normal number") {
  for (const std::uint32_t seed : {1u, 2u, 0xffffffffu}) {
    const Values z = drawn(Draws({seed, 0}, Effect::score_noise), 500, 400, [](std::uint32_t row) {
      return DrawAddress{row, 0, 0};
    });
    const double root = std::sqrt(double(z.size()));
    const auto moment = [&](int n) { return mean(z, [&](auto i) { return std::pow(z[i], n); }); };
    CHECK(std::abs(moment(1)) * root < most);
    CHECK(std::abs(moment(2) - 1) * root / std::sqrt(2.0) < most);
    CHECK(std::abs(moment(3)) * root / std::sqrt(15.0) < most);
    CHECK(std::abs(moment(4) - 3) * root / std::sqrt(96.0) < most);
    for (const auto& [limit, share] : {std::pair{1.0, 0.31731}, {2.0, 0.0455}, {3.0, 0.0026998}}) {
      const double beyond =
          mean(z, [&, limit = limit](auto i) { return std::abs(z[i]) > limit ? 1.0 : 0.0; });
      CHECK(std::abs(beyond - share) * root / std::sqrt(share * (1 - share)) < most);
    }
  }
}

TEST_CASE("rows, columns, arrays, sequences, effects, seeds and instances are independent") {
  constexpr int lines = 500, columns = 400;
  const Draws draws({1, 0}, Effect::score_noise);
  const auto row = [](std::uint32_t l) { return DrawAddress{l, 0, 0}; };
  const Values base = drawn(draws, lines, columns, row);
  const auto independent = [&](const char* of, const Values& other) {
    INFO(of);
    CHECK(std::abs(correlation(base, other)) < most);
  };
  independent("rows", drawn(draws, lines, columns, [](auto l) {
                return DrawAddress{l + 1, 0, 0};
              }));
  independent("arrays", drawn(draws, lines, columns, [](auto l) { return DrawAddress{l, 1, 0}; }));
  independent("sequences", drawn(draws, lines, columns, [](auto l) {
                return DrawAddress{l, 0, 1};
              }));
  independent("effects", drawn(Draws({1, 0}, Effect::score_comparator), lines, columns, row));
  independent("seeds", drawn(Draws({2, 0}, Effect::score_noise), lines, columns, row));
  independent("instances", drawn(Draws({1, 1}, Effect::score_noise), lines, columns, row));
  for (const std::size_t distance : {1u, 2u, 3u, 4u, 5u, 256u}) {
    Values shifted(base.begin() + std::ptrdiff_t(distance), base.end());
    shifted.insert(shifted.end(), base.begin(), base.begin() + std::ptrdiff_t(distance));
    independent("columns", shifted);
  }
}
