// SPDX-License-Identifier: Apache-2.0
#pragma once
// .npz files: zip archives of .npy files, stored or deflated.

#include <cstdint>
#include <string>

#include "workload/npy.h"

struct zip;

namespace topkima::workload {

class NpzFile {
 public:
  /// Throws DataError for what is no such file.
  explicit NpzFile(const std::string& path);
  ~NpzFile();
  NpzFile(const NpzFile&) = delete;
  NpzFile& operator=(const NpzFile&) = delete;

  bool holds(const std::string& array) const;
  /// As workload::read_integers. Throws DataError also for an array that is missing or damaged.
  IntegerTensor read_integers(const std::string& array, std::int64_t low, std::int64_t high) const;

 private:
  std::string content(const std::string& array) const;

  std::string path_;
  ::zip* zip_;
};

}  // namespace topkima::workload
