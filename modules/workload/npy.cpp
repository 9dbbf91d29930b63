// SPDX-License-Identifier: Apache-2.0
#include "workload/npy.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <xtensor/xadapt.hpp>
#include <xtensor/xnpy.hpp>

#include "config/errors.h"
#include "workload/npy_stream.h"

namespace topkima::workload {

NpyStream::NpyStream(std::istream& stream, std::uintmax_t bytes, std::string name)
    : stream_(stream), name_(std::move(name)) {
  read_header();
  there_ = bytes - static_cast<std::uintmax_t>(stream_.tellg());
}

void NpyStream::reject(const std::string& why) const { throw DataError(name_ + ": " + why); }

void NpyStream::read_header() {
  char magic[8];
  if (!stream_.read(magic, sizeof magic) || std::memcmp(magic, "\x93NUMPY", 6) != 0)
    reject("not a .npy file (its magic bytes are missing)");
  const int version = magic[6];
  if (version < 1 || version > 3) reject("unknown .npy version " + std::to_string(version));
  unsigned char length_bytes[4] = {};
  stream_.read(reinterpret_cast<char*>(length_bytes), version == 1 ? 2 : 4);
  std::size_t length = 0;
  for (int i = 3; i >= 0; --i) length = length * 256 + length_bytes[i];
  if (!stream_ || length < 2 || length > (1u << 20)) reject("malformed .npy header");
  std::string text(length, '\0');
  if (!stream_.read(text.data(), static_cast<std::streamsize>(length)))
    reject("truncated .npy header");
  try {
    xt::detail::parse_header(text, type_, &fortran_order_, shape_);
  } catch (const std::exception& error) {
    reject(std::string("malformed .npy header: ") + error.what());
  }
}

void NpyStream::expect_dimensions(std::size_t dimensions) const {
  if (shape_.size() != dimensions)
    reject("has shape " + shape_text(shape_) + "; expected " + std::to_string(dimensions) +
           " dimension" + (dimensions == 1 ? "" : "s"));
}

std::size_t NpyStream::count_of(std::size_t item) const {
  if (std::count(shape_.begin(), shape_.end(), 0u) > 0)
    reject("has an empty dimension in shape " + shape_text(shape_));
  std::uintmax_t count = 1;
  for (const auto n : shape_) {
    // Divided rather than multiplied: a forged shape must not overflow.
    count = n > there_ / count ? there_ + 1 : count * n;
    if (count > there_) break;
  }
  if (count > there_ / item || count * item != there_)
    reject("holds " + std::to_string(there_) + " bytes of data, but its header promises shape " +
           shape_text(shape_) + " of " + std::to_string(item) + "-byte values");
  return count;
}

void NpyStream::read(void* data, std::size_t bytes) {
  if (!stream_.read(static_cast<char*>(data), static_cast<std::streamsize>(bytes)))
    reject("cannot be read to its end");
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "[";
  for (const auto n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

namespace {

std::ifstream open(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) throw DataError(path + ": cannot be opened");
  return file;
}

/// Values of type T as int32, if all lie in low .. high.
template <typename T>
std::vector<std::int32_t> widened(NpyStream& npy, std::int64_t low, std::int64_t high) {
  const auto values = npy.values<T>();
  std::vector<std::int32_t> wide(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<std::int64_t>(values[i]);
    if (value < low || value > high)
      npy.reject("value " + std::to_string(i) + " is " + std::to_string(value) + "; expected " +
                 std::to_string(low) + ".." + std::to_string(high));
    wide[i] = static_cast<std::int32_t>(value);
  }
  return wide;
}

struct IntegerType {
  const char* name;
  std::vector<std::int32_t> (*read)(NpyStream&, std::int64_t, std::int64_t);
};
constexpr IntegerType integer_types[] = {
    {"|i1", widened<std::int8_t>},  {"|u1", widened<std::uint8_t>},
    {"<i2", widened<std::int16_t>}, {"<u2", widened<std::uint16_t>},
    {"<i4", widened<std::int32_t>}, {"<u4", widened<std::uint32_t>},
    {"<i8", widened<std::int64_t>}};

}  // namespace

Tensor read_npy(const std::string& path, std::size_t dimensions) {
  auto file = open(path);
  NpyStream npy(file, std::filesystem::file_size(path), path);
  const bool integers = npy.type() == "|i1";
  if (!integers && npy.type() != "<f4") npy.reject_type("float32 ('<f4') or int8 ('|i1')");
  npy.expect_dimensions(dimensions);
  Tensor tensor;
  tensor.shape = npy.shape();
  if (integers)
    tensor.integers = npy.values<std::int8_t>();
  else
    tensor.floats = npy.values<float>();
  return tensor;
}

std::vector<double> read_numbers(const std::string& path) {
  auto file = open(path);
  NpyStream npy(file, std::filesystem::file_size(path), path);
  if (npy.type() != "<f4" && npy.type() != "<f8")
    npy.reject_type("float32 ('<f4') or float64 ('<f8')");
  npy.expect_dimensions(1);
  if (npy.type() == "<f8") return npy.values<double>();
  const auto narrow = npy.values<float>();
  return {narrow.begin(), narrow.end()};
}

IntegerTensor read_integers(NpyStream& npy, std::int64_t low, std::int64_t high) {
  for (const auto& type : integer_types)
    if (npy.type() == type.name) return {npy.shape(), type.read(npy, low, high)};
  npy.reject_type("integers");
}

IntegerTensor read_integers(const std::string& path, std::int64_t low, std::int64_t high) {
  auto file = open(path);
  NpyStream npy(file, std::filesystem::file_size(path), path);
  return read_integers(npy, low, high);
}

std::string npy_bytes(const std::vector<std::size_t>& shape,
                      const std::vector<std::int32_t>& values) {
  return xt::dump_npy(xt::adapt(values, shape));
}

std::string npy_bytes(const std::vector<std::size_t>& shape, const std::vector<float>& values) {
  return xt::dump_npy(xt::adapt(values, shape));
}

}  // namespace topkima::workload
