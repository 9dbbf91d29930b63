// SPDX-License-Identifier: Apache-2.0
#include "observe/vcd_text.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace topkima::observe {

using stage::Signal;

namespace {

std::vector<std::string> levels(const std::string& scope) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end; (end = scope.find('.', begin)) != std::string::npos; begin = end + 1)
    parts.push_back(scope.substr(begin, end - begin));
  parts.push_back(scope.substr(begin));
  return parts;
}

std::string declaration(const WaveSignal& wave) {
  const Signal& signal = wave.signal;
  const std::string id = " " + wave.id + " " + signal.name;
  switch (signal.kind) {
    case Signal::Kind::real: return "$var real 64" + id + " $end\n";
    case Signal::Kind::text: return "$var string 1" + id + " $end\n";
    case Signal::Kind::bit:
    case Signal::Kind::integer:
    case Signal::Kind::bits: break;
  }
  if (signal.width == 1) return "$var wire 1" + id + " $end\n";
  return "$var wire " + std::to_string(signal.width) + id + " [" +
         std::to_string(signal.width - 1) + ":0] $end\n";
}

/// The digits of all values of a byte.
struct Digits {
  char of[256][8];
  Digits() {
    for (int value = 0; value < 256; ++value)
      for (int i = 0; i < 8; ++i) of[value][i] = static_cast<char>('0' + ((value >> (7 - i)) & 1));
  }
};

void write_digits(std::uint64_t word, char* to) {
  static const Digits digits;
  for (int i = 0; i < 8; ++i) std::memcpy(to + 8 * i, digits.of[(word >> (56 - 8 * i)) & 0xff], 8);
}

bool digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string WaveSignal::full_name() const {
  std::string name = scope + "." + signal.name;
  const bool vector = signal.kind == Signal::Kind::integer || signal.kind == Signal::Kind::bits;
  if (vector && signal.width > 1) name += "[" + std::to_string(signal.width - 1) + ":0]";
  return name;
}

std::string vcd_id(std::size_t index) {
  constexpr char first = '!';
  constexpr std::size_t characters = '~' - '!' + 1;
  std::string id;
  for (;; index = index / characters - 1) {
    id += static_cast<char>(first + index % characters);
    if (index < characters) return id;
  }
}

std::string vcd_word(std::string text) {
  if (text.empty()) return "-";
  for (auto& c : text) {
    const bool plain =
        c > '?' ? c <= '~' && c != '\\' : c > ' ' && c < '?' && c != '"' && c != '\'';
    if (!plain) c = '_';
  }
  return text;
}

void append_integer(std::string& out, std::int64_t value, int width, const std::string& id) {
  auto bits = static_cast<std::uint64_t>(value);
  if (width < 64) bits &= (std::uint64_t{1} << width) - 1;
  append_bits(out, &bits, width, id);
}

void append_real(std::string& out, double value, const std::string& id) {
  char text[32];
  out += 'r';
  if (std::isnan(value))
    out += "nan";
  else
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  out += ' ';
  out += id;
  out += '\n';
}

void append_text(std::string& out, const std::string& text, const std::string& id) {
  out += 's';
  out += text;
  out += ' ';
  out += id;
  out += '\n';
}

void append_bits(std::string& out, const std::uint64_t* words, int width, const std::string& id) {
  if (width == 1) {
    out += words[0] & 1 ? '1' : '0';
  } else {
    // Readers fill up with zeros on the left.
    int word = (width - 1) / 64;
    while (word > 0 && words[word] == 0) --word;
    char digits[64];
    write_digits(words[word], digits);
    const int zeros = __builtin_clzll(words[word] | 1);
    out += 'b';
    out.append(digits + zeros, digits + 64);
    while (word > 0) {
      write_digits(words[--word], digits);
      out.append(digits, 64);
    }
    out += ' ';
  }
  out += id;
  out += '\n';
}

void append_unknown(std::string& out, const WaveSignal& signal) {
  switch (signal.signal.kind) {
    case Signal::Kind::real: append_real(out, std::nan(""), signal.id); return;
    case Signal::Kind::text: append_text(out, "-", signal.id); return;
    case Signal::Kind::bit:
    case Signal::Kind::integer:
    case Signal::Kind::bits: out += (signal.signal.width == 1 ? "x" : "bx ") + signal.id + "\n";
  }
}

void append_time(std::string& out, std::uint64_t time) {
  char text[24];
  out += '#';
  out.append(text, std::to_chars(text, text + sizeof text, time).ptr);
  out += '\n';
}

bool before_in_tree(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      std::size_t end_a = i, end_b = j;
      while (end_a < a.size() && digit(a[end_a])) ++end_a;
      while (end_b < b.size() && digit(b[end_b])) ++end_b;
      if (end_a - i != end_b - j) return end_a - i < end_b - j;
      if (const int order = a.compare(i, end_a - i, b, j, end_b - j)) return order < 0;
      i = end_a;
      j = end_b;
    } else if (a[i] != b[j]) {
      // What lies below a scope comes right behind it.
      if (a[i] == '.' || b[j] == '.') return a[i] == '.';
      return a[i] < b[j];
    } else {
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

std::string vcd_header(const std::vector<const WaveSignal*>& signals) {
  // No date: equal runs give equal files.
  std::string text = "$version Topkima-Former TLM $end\n$timescale 1 ps $end\n";
  std::vector<std::string> open;
  for (const auto* signal : signals) {
    const auto wanted = levels(signal->scope);
    std::size_t common = 0;
    while (common < open.size() && common < wanted.size() && open[common] == wanted[common])
      ++common;
    for (; open.size() > common; open.pop_back()) text += "$upscope $end\n";
    for (; open.size() < wanted.size(); open.push_back(wanted[open.size()]))
      text += "$scope module " + wanted[open.size()] + " $end\n";
    text += declaration(*signal);
  }
  for (; !open.empty(); open.pop_back()) text += "$upscope $end\n";
  return text + "$enddefinitions $end\n";
}

}  // namespace topkima::observe
