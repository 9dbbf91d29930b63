// SPDX-License-Identifier: Apache-2.0
#pragma once
// A line of standard input in batch mode, as JSON. Its id is opaque: it comes back byte for byte,
// and as far as it can be told also of a line that is otherwise none.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace topkima::platforms {

struct PointMember {
  std::string name;
  nlohmann::ordered_json value;
  std::string written;  ///< the value as it stands in the line: a number with all of its digits
};

/// Those of an object that is well-formed JSON, in its order.
std::vector<PointMember> members_of(const std::string& object);
/// The first name that two of them have; null: none.
const std::string* given_twice(const std::vector<PointMember>& members);

struct PointLine {
  std::string id = "null";           ///< as it stands in the line
  std::vector<PointMember> members;  ///< without the id; where there is no fault
  std::string fault;                 ///< what is wrong with the line as such; empty: nothing
};

PointLine read_point_line(const std::string& line);

}  // namespace topkima::platforms
