// SPDX-License-Identifier: Apache-2.0
#include "config/ini_name.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "config/errors.h"

namespace topkima::config {
namespace {

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

bool stands_for_itself(const std::string& name) {
  return !name.empty() && name.front() != ' ' && name.back() != ' ' && name.front() != '"' &&
         name.find('#') == std::string::npos && std::none_of(name.begin(), name.end(), is_control);
}

}  // namespace

std::string name_to_ini(const std::string& name) {
  if (stands_for_itself(name)) return name;
  constexpr const char* digits = "0123456789abcdef";
  std::string text = "\"";
  for (const unsigned char c : name)
    text += c == '"' || c == '\\' || c == '#' || is_control(c)
                ? std::string{'\\', 'x', digits[c >> 4], digits[c & 15]}
                : std::string(1, char(c));
  return text + "\"";
}

std::string name_from_ini(const std::string& text, const std::string& origin) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  std::string name;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    if (text[at] != '\\') {
      name += text[at];
      continue;
    }
    const std::string escape = text.substr(at, 4);
    char* end = nullptr;
    const long byte = escape.size() == 4 ? std::strtol(escape.c_str() + 2, &end, 16) : 0;
    if (byte == 0 || *end != '\0' || escape[1] != 'x' ||
        !std::isxdigit(static_cast<unsigned char>(escape[2])))
      throw ConfigError(origin + ": '" + escape + "' in " + echoed(text) +
                        " is no escape; expected \\x01..\\xff");
    name += static_cast<char>(byte);
    at += 3;
  }
  return name;
}

}  // namespace topkima::config
