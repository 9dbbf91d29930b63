// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether bytes that others have given are UTF-8, as JSON demands.

#include <boost/locale/utf.hpp>
#include <cstddef>
#include <string>

namespace topkima::platforms {

/// Where the first bytes begin that are no character; npos: all are.
inline std::size_t no_utf8_in(const std::string& text) {
  namespace utf = boost::locale::utf;
  for (auto at = text.begin(); at != text.end();) {
    const auto begin = at;
    if (!utf::is_valid_codepoint(utf::utf_traits<char>::decode(at, text.end())))
      return std::size_t(begin - text.begin());
  }
  return std::string::npos;
}

}  // namespace topkima::platforms
