// SPDX-License-Identifier: Apache-2.0
#include "workload/npy.h"

#include "workload/npy_reader.h"

namespace topkima::workload {
namespace {

/// Data behind the header of their type and shape, which is filled up to a multiple of 64 bytes.
template <typename T>
std::string file_of(const char* type, const std::vector<std::size_t>& shape,
                    const std::vector<T>& values) {
  std::string sizes = shape_text(shape);  // "[2, 3]"
  sizes = "(" + sizes.substr(1, sizes.size() - 2) + (shape.size() == 1 ? ",)" : ")");
  std::string header =
      std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': " + sizes + ", }";
  std::string bytes("\x93NUMPY\1\0", 8);
  do header += ' ';
  while ((bytes.size() + 2 + header.size() + 1) % 64 != 0);
  header += '\n';
  for (const int byte : {0, 1}) bytes += static_cast<char>(header.size() >> (8 * byte) & 0xff);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return bytes;
}

Tensor tensor_of(NpyReader& npy, std::size_t dimensions) {
  npy.expect_dimensions(dimensions);
  Tensor tensor;
  tensor.shape = npy.shape();
  if (npy.type().is_integer())
    tensor.integers = npy.integers<std::int8_t>(INT8_MIN, INT8_MAX);
  else
    tensor.floats = npy.reals<float>();
  return tensor;
}

}  // namespace

Tensor read_npy(const std::string& path, std::size_t dimensions) {
  NpyReader npy(path);
  if (!npy.type().is_integer() && !npy.type().is_real(4))
    npy.reject_type("float32 ('<f4'), or integers of any width, each in -128..127");
  return tensor_of(npy, dimensions);
}

Tensor read_real_npy(const std::string& path, std::size_t dimensions) {
  NpyReader npy(path);
  if (!npy.type().is_real(4)) npy.reject_type("float32 ('<f4')");
  return tensor_of(npy, dimensions);
}

std::vector<double> read_numbers(const std::string& path) {
  NpyReader npy(path);
  if (!npy.type().is_real(4) && !npy.type().is_real(8))
    npy.reject_type("float32 ('<f4') or float64 ('<f8')");
  npy.expect_dimensions(1);
  if (npy.type().is_real(8)) return npy.reals<double>();
  const auto narrow = npy.reals<float>();
  return {narrow.begin(), narrow.end()};
}

std::string npy_bytes(const std::vector<std::size_t>& shape,
                      const std::vector<std::int32_t>& values) {
  return file_of("<i4", shape, values);
}

std::string npy_bytes(const std::vector<std::size_t>& shape, const std::vector<float>& values) {
  return file_of("<f4", shape, values);
}

}  // namespace topkima::workload
