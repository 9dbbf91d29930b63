// SPDX-License-Identifier: Apache-2.0
#include "workload/model_ini.h"

#include <cmath>
#include <cstdlib>

#include "config/ini.h"
#include "files/text.h"

namespace topkima::workload {
namespace {

const std::string parameter_section = "parameters.";

/// Whether the whole of `text` is a finite number.
bool parse(const std::string& text, double& value) {
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && std::isfinite(value);
}

}  // namespace

ModelIni::ModelIni(const std::string& path) : path_(path) {
  for (const auto& [key, value] : config::read_ini(path, files::model_ini_file))
    if (!values_.emplace(key, value).second) refuse(key, "is given twice");
}

void ModelIni::refuse(const std::string& key, const std::string& why) const {
  throw DataError(path_ + ": " + echoed(key) + " " + why);
}

std::string ModelIni::text(const std::string& key) {
  const auto found = values_.find(key);
  if (found == values_.end()) refuse(key, "is missing");
  const std::string value = found->second;
  values_.erase(found);
  return value;
}

std::string ModelIni::text(const std::string& key, const std::string& otherwise) {
  return has(key) ? text(key) : otherwise;
}

std::vector<double> ModelIni::reals(const std::string& key, std::size_t count) {
  const std::string given = text(key);
  std::vector<double> numbers;
  for (const auto& part : files::parts_of(given)) {
    double number = 0;
    if (!parse(part, number) || number < 0)
      refuse(key, "= '" + echoed(given) + "'; expected numbers that are not negative");
    numbers.push_back(number);
  }
  if (numbers.size() != count)
    refuse(key, "holds " + std::to_string(numbers.size()) + " numbers; expected " +
                    std::to_string(count));
  return numbers;
}

std::vector<std::int32_t> ModelIni::integers(const std::string& key, std::size_t count,
                                             std::int64_t low, std::int64_t high) {
  const std::string given = has(key) ? values_[key] : "";
  std::vector<std::int32_t> integers;
  for (const double number : reals(key, count)) {
    if (number != std::floor(number) || number < double(low) || number > double(high))
      refuse(key, "= '" + echoed(given) + "'; expected whole numbers in " + std::to_string(low) +
                      ".." + std::to_string(high));
    integers.push_back(static_cast<std::int32_t>(number));
  }
  return integers;
}

std::int32_t ModelIni::integer(const std::string& key, std::int64_t low, std::int64_t high) {
  return integers(key, 1, low, high).front();
}

std::vector<std::pair<std::string, std::string>> ModelIni::parameters() {
  std::vector<std::pair<std::string, std::string>> all;
  auto it = values_.lower_bound(parameter_section);
  while (it != values_.end() && it->first.rfind(parameter_section, 0) == 0) {
    all.emplace_back(it->first.substr(parameter_section.size()), it->second);
    it = values_.erase(it);
  }
  return all;
}

void ModelIni::expect_all_read() const {
  if (!values_.empty()) refuse(values_.begin()->first, "is no key of a model package");
}

}  // namespace topkima::workload
