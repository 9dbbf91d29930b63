// SPDX-License-Identifier: Apache-2.0
#include "files/stop_point.h"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "config/errors.h"
#include "files/text.h"

namespace topkima::files {
namespace {

constexpr const char* variable = "TOPKIMA_STOP_POINT";

struct Stop {
  std::string name;
  long passages;  ///< still to come, that of the stop included
};

Stop parse(const std::string& word, const std::string& given) {
  const auto colon = word.find(':');
  Stop stop{word.substr(0, colon), 0};
  const char *from = word.data() + (colon == std::string::npos ? word.size() : colon + 1),
             *end = word.data() + word.size();
  const auto number = std::from_chars(from, end, stop.passages);
  if (stop.name.empty() || number.ec != std::errc() || number.ptr != end || stop.passages < 1)
    throw ConfigError(std::string(variable) + " = '" + echoed(given) +
                      "': expected NAME:N, as in slice:3, N from 1 on, or several with commas");
  return stop;
}

std::vector<Stop> read_variable() {
  const char* given = std::getenv(variable);
  std::vector<Stop> stops;
  for (const auto& word : parts_of(given ? given : "")) stops.push_back(parse(word, given));
  return stops;
}

}  // namespace

void stop_point(const char* name) {
  static std::vector<Stop> stops = read_variable();
  for (auto& stop : stops)
    if (stop.name == name && --stop.passages == 0) std::raise(SIGSTOP);
}

}  // namespace topkima::files
