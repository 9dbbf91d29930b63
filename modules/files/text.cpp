// SPDX-License-Identifier: Apache-2.0
#include "files/text.h"

#include <cstdio>

namespace topkima::files {
namespace {

std::vector<std::string_view> between(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
    end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
  }
  return parts;
}

}  // namespace

std::string trimmed(std::string_view text) {
  const char* const blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (const auto part : between(text, separator)) parts.push_back(trimmed(part));
  return parts;
}

std::string number_text(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  auto lines = between(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace topkima::files
