// SPDX-License-Identifier: Apache-2.0
#include "tool/json_name.h"

#include <cctype>
#include <cstdlib>

#include "config/errors.h"
#include "files/names.h"
#include "tool/utf8.h"

namespace topkima::platforms {
namespace {

const std::string scheme = "file://";

/// Characters that stand for themselves in a URI's path.
bool is_plain(unsigned char c) {
  return std::isalnum(c) || (c != '\0' && std::string("/-._~").find(char(c)) != std::string::npos);
}

}  // namespace

std::string json_name(const std::string& path) {
  if (no_utf8_in(path) == std::string::npos && path.rfind(scheme, 0) != 0) return path;
  constexpr const char* digits = "0123456789ABCDEF";
  std::string uri = scheme;
  for (const unsigned char c : files::absolute(path))
    uri += is_plain(c) ? std::string(1, char(c)) : std::string{'%', digits[c >> 4], digits[c & 15]};
  return uri;
}

std::string name_in_json(const std::string& text) {
  if (text.rfind(scheme, 0) != 0) return text;
  std::string name;
  for (std::size_t at = scheme.size(); at < text.size(); ++at) {
    if (text[at] != '%') {
      name += text[at];
      continue;
    }
    const std::string escape = text.substr(at + 1, 2);
    char* end = nullptr;
    const long byte = std::strtol(escape.c_str(), &end, 16);
    if (escape.size() != 2 || !std::isxdigit(static_cast<unsigned char>(escape[0])) ||
        *end != '\0' || byte == 0)
      throw ConfigError(text + ": '%" + escape +
                        "' is no escape of a file's URI; expected %01..%FF");
    name += static_cast<char>(byte);
    at += 2;
  }
  if (name.empty() || name[0] != '/')
    throw ConfigError(text + ": expected the URI of an absolute path, as file:///runs/q.npy");
  return name;
}

}  // namespace topkima::platforms
