// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON as it is written: whoever reads it needs UTF-8, and nothing that is given to a tool must
// keep it from writing.

#include <string>

namespace topkima::files {

/// `value` of nlohmann::json, a line of its own for each element with `indent`, all in one without.
/// Bytes that are no UTF-8 are replaced; where they matter, tool/json_name.h keeps them.
template <typename Json>
std::string json_text(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace topkima::files
