#include "workload/npy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <type_traits>
#include <xtensor/xadapt.hpp>
#include <xtensor/xnpy.hpp>

#include "config/errors.h"

namespace topkima::workload {
namespace {

struct Header {
  std::string type;
  bool fortran_order = false;
  std::vector<std::size_t> shape;
};

[[noreturn]] void reject(const std::string& path, const std::string& why) {
  throw DataError(path + ": " + why);
}

Header read_header(std::istream& file, const std::string& path) {
  char magic[8];
  if (!file.read(magic, sizeof magic) || std::memcmp(magic, "\x93NUMPY", 6) != 0)
    reject(path, "not a .npy file (its magic bytes are missing)");
  const int version = magic[6];
  if (version < 1 || version > 3) reject(path, "unknown .npy version " + std::to_string(version));
  unsigned char length_bytes[4] = {};
  file.read(reinterpret_cast<char*>(length_bytes), version == 1 ? 2 : 4);
  std::size_t length = 0;
  for (int i = 3; i >= 0; --i) length = length * 256 + length_bytes[i];
  if (!file || length < 2 || length > (1u << 20)) reject(path, "malformed .npy header");
  std::string text(length, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(length)))
    reject(path, "truncated .npy header");
  Header header;
  try {
    xt::detail::parse_header(text, header.type, &header.fortran_order, header.shape);
  } catch (const std::exception& error) {
    reject(path, std::string("malformed .npy header: ") + error.what());
  }
  return header;
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "[";
  for (const auto n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

template <typename T>
std::vector<T> to_c_order(const std::vector<T>& values, const std::vector<std::size_t>& shape) {
  std::vector<T> result(values.size());
  std::vector<std::size_t> index(shape.size(), 0);
  for (auto& value : result) {
    std::size_t offset = 0;
    for (std::size_t d = shape.size(); d-- > 0;) offset = offset * shape[d] + index[d];
    value = values[offset];
    for (std::size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];) index[d] = 0;
  }
  return result;
}

template <typename T>
void read_values(std::istream& file, const Header& header, std::size_t count,
                 const std::string& path, std::vector<T>& values) {
  values.resize(count);
  if (!file.read(reinterpret_cast<char*>(values.data()),
                 static_cast<std::streamsize>(count * sizeof(T))))
    reject(path, "cannot be read to its end");
  if (header.fortran_order && header.shape.size() > 1) values = to_c_order(values, header.shape);
}

/// A file whose header has been read, and checked against what follows it.
class File {
 public:
  /// `item`: bytes of a value by its type; 0: a type that is not expected.
  template <typename Item>
  File(const std::string& path, std::size_t dimensions, const char* expected, Item item)
      : path_(path), file_(path, std::ios::binary) {
    if (!file_ || std::filesystem::is_directory(path)) reject(path, "cannot be opened");
    header_ = read_header(file_, path);
    item_ = item(header_.type);
    if (item_ == 0)
      reject(path, "holds values of type '" + header_.type + "'; expected " + expected);
    if (header_.shape.size() != dimensions)
      reject(path, "has shape " + shape_text(header_.shape) + "; expected " +
                       std::to_string(dimensions) + " dimension" + (dimensions == 1 ? "" : "s"));
    count_values();
  }

  const std::vector<std::size_t>& shape() const { return header_.shape; }
  std::size_t item() const { return item_; }

  template <typename T>
  std::vector<T> values() {
    std::vector<T> values;
    read_values(file_, header_, count_, path_, values);
    if constexpr (std::is_floating_point_v<T>)
      for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i]))
          reject(path_, "value " + std::to_string(i) + " is not finite");
    return values;
  }

 private:
  void count_values() {
    const auto start = static_cast<std::uintmax_t>(file_.tellg());
    const std::uintmax_t there = std::filesystem::file_size(path_) - start;
    const auto& shape = header_.shape;
    if (std::count(shape.begin(), shape.end(), 0u) > 0)
      reject(path_, "has an empty dimension in shape " + shape_text(shape));
    std::uintmax_t count = 1;
    for (const auto n : shape) {
      // Divided rather than multiplied: a forged shape must not overflow.
      count = n > there / count ? there + 1 : count * n;
      if (count > there) break;
    }
    if (count > there / item_ || count * item_ != there)
      reject(path_, "holds " + std::to_string(there) +
                        " bytes of data, but its header promises shape " + shape_text(shape) +
                        " of " + std::to_string(item_) + "-byte values");
    count_ = count;
  }

  std::string path_;
  std::ifstream file_;
  Header header_;
  std::size_t item_ = 0, count_ = 0;
};

}  // namespace

Tensor read_npy(const std::string& path, std::size_t dimensions) {
  File file(path, dimensions, "float32 ('<f4') or int8 ('|i1')", [](const std::string& type) {
    return type == "<f4" ? 4u : type == "|i1" ? 1u : 0u;
  });
  Tensor tensor;
  tensor.shape = file.shape();
  if (file.item() == 1)
    tensor.integers = file.values<std::int8_t>();
  else
    tensor.floats = file.values<float>();
  return tensor;
}

std::vector<double> read_numbers(const std::string& path) {
  File file(path, 1, "float32 ('<f4') or float64 ('<f8')", [](const std::string& type) {
    return type == "<f4" ? 4u : type == "<f8" ? 8u : 0u;
  });
  if (file.item() == 8) return file.values<double>();
  const auto narrow = file.values<float>();
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
