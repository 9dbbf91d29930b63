// SPDX-License-Identifier: Apache-2.0
#include "workload/npz.h"

#include <zip.h>

#include <sstream>

#include "config/errors.h"
#include "workload/npy_stream.h"

namespace topkima::workload {
namespace {

constexpr zip_uint64_t most_bytes = zip_uint64_t{4} << 30;

}  // namespace

NpzFile::NpzFile(const std::string& path) : path_(path) {
  int error = 0;
  zip_ = ::zip_open(path.c_str(), ZIP_RDONLY, &error);
  if (!zip_)
    throw DataError(path + (error == ZIP_ER_NOENT ? ": cannot be opened"
                                                  : ": is no .npz file that can be read"));
}

NpzFile::~NpzFile() { ::zip_discard(zip_); }

bool NpzFile::holds(const std::string& array) const {
  return ::zip_name_locate(zip_, (array + ".npy").c_str(), 0) >= 0;
}

std::string NpzFile::content(const std::string& array) const {
  const std::string name = array + ".npy", what = path_ + ": array '" + array + "' ";
  zip_stat_t stat;
  if (::zip_stat(zip_, name.c_str(), 0, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE))
    throw DataError(path_ + ": holds no array '" + array + "'");
  if (stat.size > most_bytes) throw DataError(what + "is larger than 4 GB");
  std::string bytes(stat.size, '\0');
  zip_file_t* file = ::zip_fopen(zip_, name.c_str(), 0);
  const bool whole = file && ::zip_fread(file, bytes.data(), stat.size) == zip_int64_t(stat.size);
  // The checksum is looked at behind the last byte.
  char behind;
  const bool sound = whole && ::zip_fread(file, &behind, 1) == 0;
  if (file) ::zip_fclose(file);
  if (!sound) throw DataError(what + "cannot be read; the file is damaged");
  return bytes;
}

IntegerTensor NpzFile::read_integers(const std::string& array, std::int64_t low,
                                     std::int64_t high) const {
  const std::string bytes = content(array);
  std::istringstream stream(bytes);
  NpyStream npy(stream, bytes.size(), path_ + ": " + array);
  return workload::read_integers(npy, low, high);
}

}  // namespace topkima::workload
