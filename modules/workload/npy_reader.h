// SPDX-License-Identifier: Apache-2.0
#pragma once
// A .npy file as it is read, wherever its bytes are: the header first, which promises a shape and a
// type; then values, for which memory is taken as their bytes arrive.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "files/input_file.h"
#include "workload/npy_header.h"

namespace topkima::workload {

class NpyReader {
 public:
  /// Reads the header; `name` is what errors call the file. Throws DataError, as everything here.
  NpyReader(std::unique_ptr<files::ByteSource> source, std::string name);
  /// Reads a file.
  explicit NpyReader(const std::string& path);

  const NpyType& type() const { return header_.type; }
  const std::vector<std::size_t>& shape() const { return header_.shape; }

  /// Refuses another number of dimensions.
  void expect_dimensions(std::size_t dimensions) const;

  /// Entries of the first dimension.
  struct Part {
    std::size_t first, count;
  };
  Part all() const { return {0, header_.shape.empty() ? 1 : header_.shape.front()}; }

  // Values in C order, once for every reader. They are refused unless the data are as long as the
  // header promises; of a part, what lies behind it is not looked at.

  /// Integers of any width, all of which must lie in low .. high. To: int8, uint8, int16 or int32.
  template <typename To>
  std::vector<To> integers(std::int64_t low, std::int64_t high, Part part);
  template <typename To>
  std::vector<To> integers(std::int64_t low, std::int64_t high) {
    return integers<To>(low, high, all());
  }
  /// Finite numbers of exactly this type, float or double.
  template <typename T>
  std::vector<T> reals();

  [[noreturn]] void reject(const std::string& why) const;
  [[noreturn]] void reject_type(const std::string& expected) const;

 private:
  template <typename From, typename To, typename Convert>
  std::vector<To> values(Part part, Convert convert);
  std::uint64_t promised() const;
  void read_block(void* data, std::size_t bytes);
  [[noreturn]] void reject_length(const std::string& there) const;

  std::unique_ptr<files::ByteSource> source_;
  std::string name_;
  NpyHeader header_;
  std::uint64_t begin_ = 0;  ///< of the data
  std::uint64_t taken_ = 0;  ///< of the data's bytes
};

}  // namespace topkima::workload
