// SPDX-License-Identifier: Apache-2.0
#pragma once
// .npz files: zip archives of .npy files, stored or deflated.

#include <string>

#include "workload/npy_reader.h"

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
  /// A reader of an array, of use as long as this object is there. Throws DataError for an array
  /// that is missing or damaged.
  NpyReader array(const std::string& array) const;

 private:
  std::string path_;
  ::zip* zip_;
};

}  // namespace topkima::workload
