// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fields of bits in 64-bit words, the least significant word first. This is header-only, since it
// is compiled into the libraries of RTL as well.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace topkima::cosim {

constexpr std::uint64_t low_bits(int bits) { return bits >= 64 ? ~0ull : (1ull << bits) - 1; }

/// Bits [offset, offset + width) become the low bits of `value`; `width` is at most 64.
inline void put_field(std::vector<std::uint64_t>& words, int offset, int width,
                      std::uint64_t value) {
  const auto word = static_cast<std::size_t>(offset / 64);
  const int shift = offset % 64;
  value &= low_bits(width);
  words[word] = (words[word] & ~(low_bits(width) << shift)) | value << shift;
  const int low = 64 - shift;  // So many bits does the first word take.
  if (width > low) words[word + 1] = (words[word + 1] & ~low_bits(width - low)) | value >> low;
}

/// The `count` bits from bit `offset` on become those of `from`.
inline void put_bits(std::vector<std::uint64_t>& words, int offset, const std::uint64_t* from,
                     int count) {
  for (int done = 0; done < count; done += 64)
    put_field(words, offset + done, count - done < 64 ? count - done : 64, from[done / 64]);
}

inline std::uint64_t get_field(const std::vector<std::uint64_t>& words, int offset, int width) {
  const auto word = static_cast<std::size_t>(offset / 64);
  const int shift = offset % 64;
  std::uint64_t value = words[word] >> shift;
  if (width > 64 - shift) value |= words[word + 1] << (64 - shift);
  return value & low_bits(width);
}

}  // namespace topkima::cosim
