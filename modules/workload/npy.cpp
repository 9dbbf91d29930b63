#include "workload/npy.h"

#include <zip.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
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

/// The header of `file`, whose data end `bytes` after its beginning, and how long its data are.
struct Checked {
  Header header;
  std::size_t count = 0;
};

/// Reads the header, and checks that as many values of `item` bytes follow as it promises.
template <typename ItemOf>
Checked read_checked(std::istream& file, std::uintmax_t bytes, const std::string& path,
                     ItemOf item_of) {
  Checked checked;
  auto& header = checked.header = read_header(file, path);
  const std::size_t item = item_of(header);
  const std::uintmax_t there = bytes - static_cast<std::uintmax_t>(file.tellg());
  if (std::count(header.shape.begin(), header.shape.end(), 0u) > 0)
    reject(path, "has an empty dimension in shape " + shape_text(header.shape));
  std::uintmax_t count = 1;
  for (const auto n : header.shape) {
    // Divided rather than multiplied: a forged shape must not overflow.
    count = n > there / count ? there + 1 : count * n;
    if (count > there) break;
  }
  if (count > there / item || count * item != there)
    reject(path, "holds " + std::to_string(there) +
                     " bytes of data, but its header promises shape " + shape_text(header.shape) +
                     " of " + std::to_string(item) + "-byte values");
  checked.count = count;
  return checked;
}

template <typename T>
std::vector<T> read_values(std::istream& file, const Checked& checked, const std::string& path) {
  std::vector<T> values(checked.count);
  if (!file.read(reinterpret_cast<char*>(values.data()),
                 static_cast<std::streamsize>(values.size() * sizeof(T))))
    reject(path, "cannot be read to its end");
  const auto& header = checked.header;
  return header.fortran_order && header.shape.size() > 1 ? to_c_order(values, header.shape)
                                                         : values;
}

std::ifstream open(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) reject(path, "cannot be opened");
  return file;
}

/// Reads values of type T and takes them as int32, if all lie in low .. high.
template <typename T>
std::vector<std::int32_t> read_widened(std::istream& file, const Checked& checked,
                                       const std::string& path, std::int64_t low,
                                       std::int64_t high) {
  const auto values = read_values<T>(file, checked, path);
  std::vector<std::int32_t> wide(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<std::int64_t>(values[i]);
    if (value < low || value > high)
      reject(path, "value " + std::to_string(i) + " is " + std::to_string(value) + "; expected " +
                       std::to_string(low) + ".." + std::to_string(high));
    wide[i] = static_cast<std::int32_t>(value);
  }
  return wide;
}

struct IntegerType {
  const char* name;
  std::size_t size;
  std::vector<std::int32_t> (*read)(std::istream&, const Checked&, const std::string&, std::int64_t,
                                    std::int64_t);
};
constexpr IntegerType integer_types[] = {
    {"|i1", 1, read_widened<std::int8_t>},  {"|u1", 1, read_widened<std::uint8_t>},
    {"<i2", 2, read_widened<std::int16_t>}, {"<u2", 2, read_widened<std::uint16_t>},
    {"<i4", 4, read_widened<std::int32_t>}, {"<u4", 4, read_widened<std::uint32_t>},
    {"<i8", 8, read_widened<std::int64_t>}};

IntegerTensor read_integers(std::istream& file, std::uintmax_t bytes, const std::string& path,
                            std::int64_t low, std::int64_t high) {
  const IntegerType* type = nullptr;
  const auto checked = read_checked(file, bytes, path, [&](const Header& header) {
    for (const auto& known : integer_types)
      if (header.type == known.name) type = &known;
    if (!type) reject(path, "holds values of type '" + header.type + "'; expected integers");
    return type->size;
  });
  return {checked.header.shape, type->read(file, checked, path, low, high)};
}

/// A .npz file: a zip archive of .npy files.
class Archive {
 public:
  explicit Archive(const std::string& path) : path_(path) {
    int error = 0;
    zip_ = ::zip_open(path.c_str(), ZIP_RDONLY, &error);
    if (!zip_) reject(path, "is no .npz file that can be read");
  }
  ~Archive() { ::zip_discard(zip_); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  bool holds(const std::string& array) const {
    return ::zip_name_locate(zip_, (array + ".npy").c_str(), 0) >= 0;
  }
  std::string content(const std::string& array) const {
    const std::string name = array + ".npy";
    zip_stat_t stat;
    if (::zip_stat(zip_, name.c_str(), 0, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE))
      reject(path_, "holds no array '" + array + "'");
    if (stat.size > most_bytes) reject(path_, "array '" + array + "' is larger than 4 GB");
    std::string bytes(stat.size, '\0');
    zip_file_t* file = ::zip_fopen(zip_, name.c_str(), 0);
    const bool whole = file && ::zip_fread(file, bytes.data(), stat.size) == zip_int64_t(stat.size);
    // The checksum is looked at behind the last byte.
    char behind;
    const bool sound = whole && ::zip_fread(file, &behind, 1) == 0;
    if (file) ::zip_fclose(file);
    if (!sound) reject(path_, "array '" + array + "' cannot be read; the file is damaged");
    return bytes;
  }

 private:
  static constexpr zip_uint64_t most_bytes = zip_uint64_t{4} << 30;
  std::string path_;
  zip_t* zip_;
};

}  // namespace

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "[";
  for (const auto n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

Tensor read_npy(const std::string& path, std::size_t dimensions) {
  auto file = open(path);
  const auto checked =
      read_checked(file, std::filesystem::file_size(path), path, [&](const Header& header) {
        const std::size_t item = header.type == "<f4" ? 4 : header.type == "|i1" ? 1 : 0;
        if (item == 0)
          reject(path, "holds values of type '" + header.type +
                           "'; expected float32 ('<f4') or int8 ('|i1')");
        if (header.shape.size() != dimensions)
          reject(path, "has shape " + shape_text(header.shape) + "; expected " +
                           std::to_string(dimensions) + " dimensions");
        return item;
      });
  Tensor tensor;
  tensor.shape = checked.header.shape;
  if (checked.header.type == "|i1") {
    tensor.integers = read_values<std::int8_t>(file, checked, path);
    return tensor;
  }
  tensor.floats = read_values<float>(file, checked, path);
  for (std::size_t i = 0; i < tensor.floats.size(); ++i)
    if (!std::isfinite(tensor.floats[i]))
      reject(path, "value " + std::to_string(i) + " is not finite");
  return tensor;
}

IntegerTensor read_integers(const std::string& path, std::int64_t low, std::int64_t high) {
  auto file = open(path);
  return read_integers(file, std::filesystem::file_size(path), path, low, high);
}

IntegerTensor read_npz_integers(const std::string& path, const std::string& array, std::int64_t low,
                                std::int64_t high) {
  const auto content = Archive(path).content(array);
  std::istringstream file(content);
  return read_integers(file, content.size(), path + ": " + array, low, high);
}

bool npz_holds(const std::string& path, const std::string& array) {
  return Archive(path).holds(array);
}

std::string npy_bytes(const std::vector<std::size_t>& shape,
                      const std::vector<std::int32_t>& values) {
  return xt::dump_npy(xt::adapt(values, shape));
}

std::string npy_bytes(const std::vector<std::size_t>& shape, const std::vector<float>& values) {
  return xt::dump_npy(xt::adapt(values, shape));
}

}  // namespace topkima::workload
