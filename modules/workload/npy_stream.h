// SPDX-License-Identifier: Apache-2.0
#pragma once
// A .npy file as it is read, wherever its bytes are: header first, checked against what follows it.

#include <cmath>
#include <cstdint>
#include <istream>
#include <string>
#include <type_traits>
#include <vector>

namespace topkima::workload {

class NpyStream {
 public:
  /// `bytes` in all; `name` is what errors call it. Throws DataError.
  NpyStream(std::istream& stream, std::uintmax_t bytes, std::string name);

  const std::string& type() const { return type_; }  ///< "<f4"
  const std::vector<std::size_t>& shape() const { return shape_; }

  /// Throws unless the tensor has so many dimensions.
  void expect_dimensions(std::size_t dimensions) const;
  /// All values, in C order, of the type that the header tells. Throws DataError unless the data
  /// are as long as the header promises, not empty and, where real, finite.
  template <typename T>
  std::vector<T> values() {
    std::vector<T> values(count_of(sizeof(T)));
    read(values.data(), values.size() * sizeof(T));
    if constexpr (std::is_floating_point_v<T>)
      for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i])) reject("value " + std::to_string(i) + " is not finite");
    return fortran_order_ && shape_.size() > 1 ? to_c_order(values) : values;
  }
  [[noreturn]] void reject(const std::string& why) const;
  [[noreturn]] void reject_type(const std::string& expected) const {
    reject("holds values of type '" + type_ + "'; expected " + expected);
  }

 private:
  void read_header();
  std::size_t count_of(std::size_t item) const;
  void read(void* data, std::size_t bytes);

  template <typename T>
  std::vector<T> to_c_order(const std::vector<T>& values) const {
    std::vector<T> result(values.size());
    std::vector<std::size_t> index(shape_.size(), 0);
    for (auto& value : result) {
      std::size_t offset = 0;
      for (std::size_t d = shape_.size(); d-- > 0;) offset = offset * shape_[d] + index[d];
      value = values[offset];
      for (std::size_t d = shape_.size(); d-- > 0 && ++index[d] == shape_[d];) index[d] = 0;
    }
    return result;
  }

  std::istream& stream_;
  std::string name_, type_;
  bool fortran_order_ = false;
  std::vector<std::size_t> shape_;
  std::uintmax_t there_;  ///< bytes behind the header
};

std::string shape_text(const std::vector<std::size_t>& shape);

}  // namespace topkima::workload
