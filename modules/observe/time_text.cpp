// SPDX-License-Identifier: Apache-2.0
#include "observe/time_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>
#include <utility>
#include <vector>

#include "config/errors.h"
#include "files/text.h"

namespace topkima::observe {
namespace {

/// Exponent of the unit of sc_time's integers: -12 for picoseconds.
int resolution_exponent() {
  return static_cast<int>(std::lround(std::log10(sc_core::sc_get_time_resolution().to_seconds())));
}

std::uint64_t power_of_ten(int exponent) {
  std::uint64_t power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A decimal number, mantissa * 10^exponent; false when `text` is none or has too many digits.
bool parse_decimal(const std::string& text, std::uint64_t& mantissa, int& exponent) {
  mantissa = 0;
  exponent = 0;
  bool point = false, any = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(c)) return false;
    any = true;
    if (__builtin_mul_overflow(mantissa, std::uint64_t{10}, &mantissa) ||
        __builtin_add_overflow(mantissa, static_cast<std::uint64_t>(c - '0'), &mantissa))
      return false;
    exponent -= point;
  }
  for (; mantissa > 0 && exponent < 0 && mantissa % 10 == 0; ++exponent) mantissa /= 10;
  return any;
}

}  // namespace

std::optional<std::uint64_t> count_in(const std::string& text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) return {};
  return value;
}

std::uint64_t parse_count(const std::string& text, const std::string& what) {
  const auto value = count_in(text);
  if (!value) throw ConfigError(what + ": \"" + echoed(text) + "\" is not an integer of 0 or more");
  return *value;
}

std::uint64_t parse_row(const std::string& text, const std::string& what,
                        const Numbering& numbering) {
  const std::string quoted = what + ": \"" + echoed(text) + "\"";
  const std::string no_row = quoted + " is no row; expected an id, HEAD:ROW or SEQUENCE:HEAD:ROW";
  std::vector<std::uint64_t> parts;
  for (std::size_t from = 0; from != std::string::npos;) {
    const std::size_t colon = text.find(':', from);
    const auto part = count_in(text.substr(from, colon - from));
    if (!part) throw ConfigError(no_row);
    parts.push_back(*part);
    from = colon == std::string::npos ? colon : colon + 1;
  }
  if (parts.size() == 1) return parts.front();
  if (parts.size() > 3 || !numbering) throw ConfigError(no_row);
  const auto numbers = numbering();
  const std::uint64_t row = parts.back(), head = parts[parts.size() - 2];
  const std::uint64_t sequence = parts.size() == 3 ? parts.front() : 0;
  if (head >= numbers.heads)
    throw ConfigError(quoted + ": there is no head " + std::to_string(head) + "; heads are 0.." +
                      std::to_string(numbers.heads - 1));
  if (row >= numbers.rows)
    throw ConfigError(quoted + ": there is no row " + std::to_string(row) + "; rows are 0.." +
                      std::to_string(numbers.rows - 1));
  constexpr std::uint64_t most_sequences = std::uint64_t{1} << 32;
  if (sequence >= most_sequences) throw ConfigError(quoted + ": there is no such sequence");
  return (sequence * numbers.heads + head) * numbers.rows + row;
}

stage::RowRange parse_row_range(const std::string& text, const std::string& what,
                                const Numbering& numbering) {
  // A long text is repeated once, as the row that it begins with.
  const std::string expected =
      text.size() > most_echoed / 2 ? what : what + ": \"" + text + "\" is no range of rows A-B";
  const std::size_t dash = text.find('-');
  const std::string begin = text.substr(0, dash);
  stage::RowRange range{parse_row(begin, expected, numbering), 0};
  range.last = range.first;
  if (dash != std::string::npos) {
    std::string end = text.substr(dash + 1);
    // Of the same head, unless it says otherwise.
    if (end.find(':') == std::string::npos && begin.find(':') != std::string::npos)
      end = begin.substr(0, begin.rfind(':') + 1) + end;
    range.last = parse_row(end, expected, numbering);
  }
  if (range.last < range.first) throw ConfigError(expected + ": B lies before A");
  return range;
}

std::int64_t parse_cycles(const std::string& text, const stage::Clock& clock,
                          const std::string& what) {
  static const std::pair<const char*, int> units[] = {{"fs", -15}, {"ps", -12}, {"ns", -9},
                                                      {"us", -6},  {"ms", -3},  {"s", 0}};
  const std::string expected =
      ": \"" + echoed(text) + "\" is neither a number of cycles nor a time such as 12.5us";
  const std::string too_late = ": \"" + echoed(text) + "\" is later than the simulation can run";
  const auto end =
      std::find_if(text.begin(), text.end(), [](char c) { return !is_digit(c) && c != '.'; });
  const std::string unit = files::trimmed(std::string(end, text.end()));
  std::uint64_t value;
  int exponent;
  if (!parse_decimal(std::string(text.begin(), end), value, exponent))
    throw ConfigError(what + expected);
  const std::uint64_t period = clock.period().value();
  const std::uint64_t latest = std::numeric_limits<std::int64_t>::max();  // as sc_time, and half
  if (unit.empty()) {
    if (text.find('.') != std::string::npos) throw ConfigError(what + expected);
    if (value > latest / period) throw ConfigError(what + too_late);
    return static_cast<std::int64_t>(value);
  }
  const auto* found = std::find_if(std::begin(units), std::end(units),
                                   [&](const auto& known) { return unit == known.first; });
  if (found == std::end(units)) throw ConfigError(what + expected);
  exponent += found->second - resolution_exponent();
  for (; exponent > 0 && value <= latest; --exponent)
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value)) value = latest + 1;
  for (; exponent < 0 && value > 0; ++exponent) value /= 10;
  if (value > latest) throw ConfigError(what + too_late);
  return static_cast<std::int64_t>(value / period);
}

Microseconds::Microseconds(const stage::Clock& clock)
    : period_(clock.period().value()), digits_(-6 - resolution_exponent()) {
  per_us_ = power_of_ten(digits_);
}

void Microseconds::append(std::string& to, std::int64_t cycles) const {
  char text[48];
  const std::uint64_t value = period_ * static_cast<std::uint64_t>(cycles);
  char* end = std::to_chars(text, text + 24, value / per_us_).ptr;
  if (std::uint64_t rest = value % per_us_) {
    *end = '.';
    for (int d = digits_; d > 0; --d, rest /= 10) end[d] = static_cast<char>('0' + rest % 10);
    end += digits_ + 1;
    while (end[-1] == '0') --end;
  }
  to.append(text, end);
}

std::string Microseconds::text(std::int64_t cycles) const {
  std::string text;
  append(text, cycles);
  return text;
}

}  // namespace topkima::observe
