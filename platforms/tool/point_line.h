// SPDX-License-Identifier: Apache-2.0
#pragma once
// A line of standard input in batch mode, as JSON. Its id is opaque: it comes back byte for byte,
// and as far as it can be told also of a line that is otherwise none.

#include <nlohmann/json.hpp>
#include <string>

namespace topkima::platforms {

struct PointLine {
  std::string id = "null";       ///< as it stands in the line
  nlohmann::ordered_json point;  ///< an object, without the id; where there is no fault
  std::string fault;             ///< what is wrong with the line as such; empty: nothing
};

PointLine read_point_line(const std::string& line);

}  // namespace topkima::platforms
