// SPDX-License-Identifier: Apache-2.0
#include "cosim/vector_file.h"

#include <catch2/catch.hpp>
#include <random>

#include "cosim/bit_fields.h"
#include "support/temporary_directory.h"

using namespace topkima::cosim;

namespace {

/// Bits of a word, the least significant first.
using Bits = std::vector<bool>;

/// As $readmemh takes a line apart.
Bits bits_of(const std::string& hex) {
  Bits bits;
  for (auto digit = hex.rbegin(); digit != hex.rend(); ++digit)
    for (int b = 0; b < 4; ++b)
      bits.push_back(std::stoi(std::string(1, *digit), nullptr, 16) >> b & 1);
  return bits;
}

}  // namespace

TEST_CASE("A field of words holds what was put there, and nothing else changes") {
  std::mt19937 random(1);
  for (int seed = 0; seed < 2000; ++seed) {
    std::vector<std::uint64_t> words(4);
    for (auto& word : words) word = std::uint64_t{random()} << 32 | random();
    const auto before = words;
    const int width = 1 + static_cast<int>(random() % 64);
    const int offset = static_cast<int>(random() % (256 - static_cast<unsigned>(width) + 1));
    const std::uint64_t value = std::uint64_t{random()} << 32 | random();
    put_field(words, offset, width, value);
    REQUIRE(get_field(words, offset, width) == (value & low_bits(width)));
    for (int bit = 0; bit < 256; ++bit)
      if (bit < offset || bit >= offset + width)
        REQUIRE(get_field(words, bit, 1) == get_field(before, bit, 1));
  }
}

TEST_CASE("A line packs its fields, the first one most significant") {
  topkima::testbenches::TemporaryDirectory directory;
  VectorFile file(directory / "v.hex", "v.hex", {{"a", 3}, {"b", 65}, {"c", 8}});
  CHECK(file.bits() == 76);
  CHECK(file.fields()[0].lsb == 73);
  CHECK(file.fields()[1].lsb == 8);
  CHECK(file.fields()[2].lsb == 0);
  file.set("a", 0x1d);  // its higher bits are dropped
  file.set("c", 1, 4, 0xe);
  const std::uint64_t b[] = {3, 1};
  file.set_bits("b", b, 65);
  file.end_line();
  file.end_line();
  file.set("c", 0xff);
  file.end_line();
  file.close();
  CHECK(file.lines() == 3);
  // 101, then 1 and 64 bits of 3, then 1110 0000.
  CHECK(directory.read("v.hex") ==
        "b0000000000000003e0\n" + std::string(19, '0') + "\n" + std::string(17, '0') + "ff\n");
}

TEST_CASE("Random layouts read back bit by bit") {
  std::mt19937 random(2);
  for (int seed = 0; seed < 50; ++seed) {
    topkima::testbenches::TemporaryDirectory directory;
    std::vector<VectorField> fields(1 + random() % 6);
    for (std::size_t f = 0; f < fields.size(); ++f)
      fields[f] = {"f" + std::to_string(f), 1 + static_cast<int>(random() % 150)};
    VectorFile file(directory / "v.hex", "v.hex", fields);
    Bits expected;  // the most significant first
    for (const auto& field : fields) {
      std::vector<std::uint64_t> value(3);
      for (auto& word : value) word = std::uint64_t{random()} << 32 | random();
      file.set_bits(field.name, value.data(), field.width);
      for (int bit = field.width - 1; bit >= 0; --bit)
        expected.push_back(get_field(value, bit, 1) != 0);
    }
    file.end_line();
    file.close();
    const std::string text = directory.read("v.hex");
    REQUIRE(text.back() == '\n');
    Bits bits = bits_of(text.substr(0, text.size() - 1));
    for (std::size_t bit = expected.size(); bit < bits.size(); ++bit) REQUIRE_FALSE(bits[bit]);
    bits.resize(expected.size());
    REQUIRE(Bits(bits.rbegin(), bits.rend()) == expected);
  }
}
