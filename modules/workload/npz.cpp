// SPDX-License-Identifier: Apache-2.0
#include "workload/npz.h"

#include <unistd.h>
#include <zip.h>

#include <new>

namespace topkima::workload {
namespace {

/// What is wrong with an archive; an error of memory is none of the archive.
[[noreturn]] void refuse(const std::string& name, const char* what, zip_error_t* error) {
  if (::zip_error_code_zip(error) == ZIP_ER_MEMORY) throw std::bad_alloc();
  throw DataError(name + ": " + what + ": " + ::zip_error_strerror(error));
}

/// One file of an archive, unpacked as it is read.
class Entry : public files::ByteSource {
 public:
  Entry(::zip* archive, const std::string& file, std::string name) : name_(std::move(name)) {
    zip_stat_t stat;
    if (::zip_stat(archive, file.c_str(), 0, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE)) {
      size_ = stat.size;
      files::check_size(name_, size_, files::npy_file);
      file_ = ::zip_fopen(archive, file.c_str(), 0);
    }
    if (!file_) refuse(name_, "cannot be read", ::zip_get_error(archive));
  }
  ~Entry() override { ::zip_fclose(file_); }

  std::size_t read(void* data, std::size_t bytes) override {
    std::size_t taken = 0;
    while (taken < bytes) {
      const auto got = ::zip_fread(file_, static_cast<char*>(data) + taken, bytes - taken);
      if (got < 0) refuse(name_, "cannot be read", ::zip_file_get_error(file_));
      if (got == 0) break;
      taken += static_cast<std::size_t>(got);
    }
    return taken;
  }
  std::uint64_t size() const override { return size_; }
  /// The check sum is behind the last byte.
  void finish() override {
    char skipped[1 << 14];
    while (read(skipped, sizeof skipped) > 0) {
    }
  }

 private:
  std::string name_;
  zip_file_t* file_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace

NpzFile::NpzFile(const std::string& path) : path_(path) {
  const int file = files::InputFile(path, files::npz_file).release();
  int code = 0;
  zip_ = ::zip_fdopen(file, 0, &code);  // takes the file if it succeeds
  if (zip_) return;
  zip_error_t error;
  ::zip_error_init_with_code(&error, code);
  ::close(file);
  refuse(path, "is no .npz file that can be read", &error);
}

NpzFile::~NpzFile() { ::zip_discard(zip_); }

bool NpzFile::holds(const std::string& array) const {
  if (::zip_name_locate(zip_, (array + ".npy").c_str(), 0) >= 0) return true;
  auto* error = ::zip_get_error(zip_);
  if (::zip_error_code_zip(error) == ZIP_ER_NOENT) return false;
  refuse(path_, "cannot be read", error);
}

NpyReader NpzFile::array(const std::string& array) const {
  if (!holds(array)) throw DataError(path_ + ": holds no array '" + array + "'");
  const std::string name = path_ + ": " + array;
  return {std::make_unique<Entry>(zip_, array + ".npy", name), name};
}

}  // namespace topkima::workload
