// SPDX-License-Identifier: Apache-2.0
#pragma once
// NumPy .npy files as tensors.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace topkima::workload {

/// A tensor in C order; exactly one of the two is filled.
struct Tensor {
  std::vector<std::size_t> shape;
  std::vector<float> floats;
  std::vector<std::int8_t> integers;

  bool is_float() const { return integers.empty(); }
  std::size_t size() const { return is_float() ? floats.size() : integers.size(); }
};

/// Reads a tensor of float32, or of integers of any width within int8's range; Fortran order is
/// turned into C order. Throws DataError, naming the file, unless it is a complete, well-formed
/// file of `dimensions` non-empty dimensions, without NaN or infinity.
Tensor read_npy(const std::string& path, std::size_t dimensions);
/// The same, of float32 alone.
Tensor read_real_npy(const std::string& path, std::size_t dimensions);

/// Reads a float32 or float64 array of one dimension in the same way.
std::vector<double> read_numbers(const std::string& path);

/// Content of a .npy file of a C-order tensor.
std::string npy_bytes(const std::vector<std::size_t>& shape,
                      const std::vector<std::int32_t>& values);
std::string npy_bytes(const std::vector<std::size_t>& shape, const std::vector<float>& values);

}  // namespace topkima::workload
