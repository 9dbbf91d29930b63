// SPDX-License-Identifier: Apache-2.0
#include "workload/npy.h"

#include <xtensor/xadapt.hpp>
#include <xtensor/xnpy.hpp>

#include "workload/npy_reader.h"

namespace topkima::workload {

Tensor read_npy(const std::string& path, std::size_t dimensions) {
  NpyReader npy(path);
  const bool integers = npy.type().is_integer();
  if (!integers && !npy.type().is_real(4)) npy.reject_type("float32 ('<f4'), or integers in the range of int8");
  npy.expect_dimensions(dimensions);
  Tensor tensor;
  tensor.shape = npy.shape();
  if (integers)
    tensor.integers = npy.integers<std::int8_t>(INT8_MIN, INT8_MAX);
  else
    tensor.floats = npy.reals<float>();
  return tensor;
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
  return xt::dump_npy(xt::adapt(values, shape));
}

std::string npy_bytes(const std::vector<std::size_t>& shape, const std::vector<float>& values) {
  return xt::dump_npy(xt::adapt(values, shape));
}

}  // namespace topkima::workload
