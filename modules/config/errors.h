// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can go wrong, by the exit code it leads to. Each message is one line that names the file,
// key or value and what was expected.

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace topkima {

constexpr std::size_t most_echoed = 200;  ///< bytes of a value that a message repeats

/// Where a character of UTF-8 begins, at `place` or before it.
inline std::size_t character_at(const std::string& text, std::size_t place) {
  while (place > 0 && (static_cast<unsigned char>(text[place]) & 0xc0) == 0x80) --place;
  return place;
}

/// A value as a message repeats it: its first bytes, in whole characters.
inline std::string echoed(const std::string& value) {
  if (value.size() <= most_echoed) return value;
  return value.substr(0, character_at(value, most_echoed - 3)) + "...";
}

/// A message in which no word, as a file's name, is longer than what is echoed of a value: of a
/// longer one beginning and end stay.
inline std::string shortened(const std::string& message) {
  constexpr std::size_t half = most_echoed / 2 - 3;
  std::string text;
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t after = std::min(message.find(' ', at), message.size() - 1) + 1;
    std::string word = message.substr(at, after - at);
    if (word.size() > most_echoed + 1)
      word = word.substr(0, character_at(word, half)) + "..." +
             word.substr(character_at(word, word.size() - half));
    text += word;
    at = after;
  }
  return text;
}

/// A message as C strings hold it, too: what it repeats of a file may have a NUL in it.
inline std::string without_nul(const std::string& message) {
  std::string text;
  for (const char c : message) text += c == '\0' ? "\\0" : std::string(1, c);
  return text;
}

/// Its message is a line of which every part fits a screen.
struct Error : std::runtime_error {
  Error(int code, const std::string& message)
      : std::runtime_error(without_nul(shortened(message))), exit_code(code) {}
  int exit_code;
  std::string details;  ///< further lines, where one cannot say it
};

/// Usage or configuration: exit code 2.
struct ConfigError : Error {
  explicit ConfigError(const std::string& message) : Error(2, message) {}
};

/// Input data: exit code 3.
struct DataError : Error {
  explicit DataError(const std::string& message) : Error(3, message) {}
};

/// The simulation failed, or its results could not be stored: exit code 4.
struct SimulationError : Error {
  explicit SimulationError(const std::string& message) : Error(4, message) {}
};

/// A model and the RTL beside it differ.
struct Diverged : SimulationError {
  using SimulationError::SimulationError;
  std::int64_t cycle = 0;              ///< in which that was found
  std::uint64_t row = 0;               ///< id
  std::uint64_t row_before = 0;        ///< in the same head; the row itself where it is the first
  std::vector<std::string> instances;  ///< the block and the RTL, in full: "soc.head3.topk0"
  bool shows_inside = false;           ///< that RTL tells what goes on within it
  int layer = 0;                       ///< of a whole encoder
};

}  // namespace topkima
