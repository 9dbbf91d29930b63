// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of a package's model.ini, each to be read once.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace topkima::workload {

class ModelIni {
 public:
  /// Throws DataError for a file that is missing or no INI file, or a key given twice.
  explicit ModelIni(const std::string& path);

  bool has(const std::string& key) const { return values_.count(key) > 0; }
  /// The value of a key "section.name". Throws DataError unless it is there and holds what is asked
  /// for.
  std::string text(const std::string& key);
  std::string text(const std::string& key, const std::string& otherwise);
  std::int32_t integer(const std::string& key, std::int64_t low, std::int64_t high);
  std::vector<std::int32_t> integers(const std::string& key, std::size_t count, std::int64_t low,
                                     std::int64_t high);
  /// Finite and not negative.
  std::vector<double> reals(const std::string& key, std::size_t count);
  /// Every key of [parameters], without the section.
  std::vector<std::pair<std::string, std::string>> parameters();
  /// Throws DataError for a key that nobody has asked for.
  void expect_all_read() const;

  [[noreturn]] void refuse(const std::string& key, const std::string& why) const;

 private:
  std::string path_;
  std::map<std::string, std::string> values_;
};

}  // namespace topkima::workload
