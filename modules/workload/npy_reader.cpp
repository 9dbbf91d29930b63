// SPDX-License-Identifier: Apache-2.0
#include "workload/npy_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace topkima::workload {
namespace {

constexpr std::size_t longest_header = 1 << 20;
constexpr std::size_t block_bytes = 64 * 1024;

template <typename T>
T value_at(const unsigned char* bytes, bool swapped) {
  unsigned char ordered[sizeof(T)];
  if (swapped)
    std::reverse_copy(bytes, bytes + sizeof(T), ordered);
  else
    std::memcpy(ordered, bytes, sizeof(T));
  T value;
  std::memcpy(&value, ordered, sizeof(T));
  return value;
}

/// Values of `shape` whose first index counts fastest, so that the last one does.
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

}  // namespace

NpyReader::NpyReader(const std::string& path)
    : NpyReader(std::make_unique<files::InputFile>(path, files::npy_file), path) {}

NpyReader::NpyReader(std::unique_ptr<files::ByteSource> source, std::string name)
    : source_(std::move(source)), name_(std::move(name)) {
  unsigned char magic[8];
  if (source_->read(magic, sizeof magic) != sizeof magic || std::memcmp(magic, "\x93NUMPY", 6) != 0)
    reject("not a .npy file (its magic bytes are missing)");
  const int version = magic[6], minor = magic[7];
  if (version < 1 || version > 3 || minor != 0)
    reject("unknown .npy version " + std::to_string(version) + "." + std::to_string(minor));
  unsigned char length_bytes[4] = {};
  const std::size_t width = version == 1 ? 2 : 4;
  if (source_->read(length_bytes, width) != width) reject("truncated .npy header");
  std::size_t length = 0;
  for (int i = 3; i >= 0; --i) length = length * 256 + length_bytes[i];
  if (length > longest_header)
    reject("malformed .npy header: " + std::to_string(length) + " bytes long");
  std::string text(length, '\0');
  if (source_->read(text.data(), length) != length) reject("truncated .npy header");
  begin_ = sizeof magic + width + length;
  try {
    header_ = parse_npy_header(text);
  } catch (const MalformedHeader& error) {
    reject(std::string("malformed .npy header: ") + error.what());
  }
}

void NpyReader::reject(const std::string& why) const { throw DataError(name_ + ": " + why); }

void NpyReader::reject_type(const std::string& expected) const {
  reject("holds values of type " + type().description() + "; expected " + expected);
}

void NpyReader::reject_length(const std::string& there) const {
  reject("holds " + there + " of data, but its header promises shape " +
         echoed(shape_text(shape())) + " of " + std::to_string(type().bytes) + "-byte values");
}

void NpyReader::expect_dimensions(std::size_t dimensions) const {
  if (shape().size() != dimensions)
    reject("has shape " + echoed(shape_text(shape())) + "; expected " + std::to_string(dimensions) +
           " dimension" + (dimensions == 1 ? "" : "s"));
}

/// How many values there are, if the source has as many bytes as that takes.
std::uint64_t NpyReader::promised() const {
  if (std::count(shape().begin(), shape().end(), 0u) > 0)
    reject("has an empty dimension in shape " + echoed(shape_text(shape())));
  const std::uint64_t there = std::max(source_->size(), begin_) - begin_;
  std::uint64_t bytes = type().bytes;
  for (const auto n : shape()) {
    // Divided rather than multiplied: a forged shape must not overflow.
    if (n > there / bytes) reject_length(std::to_string(there) + " bytes");
    bytes *= n;
  }
  if (bytes != there) reject_length(std::to_string(there) + " bytes");
  return bytes / type().bytes;
}

void NpyReader::read_block(void* data, std::size_t bytes) {
  const auto got = source_->read(data, bytes);
  taken_ += got;
  if (got != bytes) reject_length("only " + std::to_string(taken_) + " bytes");
}

/// `convert` takes a value and its number in the file.
template <typename From, typename To, typename Convert>
std::vector<To> NpyReader::values(Part part, Convert convert) {
  const std::uint64_t count = promised();
  const std::size_t entries = all().count;
  // In Fortran order each entry is spread over all of the data.
  const bool spread = header_.fortran_order && shape().size() > 1;
  const std::uint64_t each = count / entries;
  const std::uint64_t begin = spread ? 0 : part.first * each;
  const std::uint64_t end = spread ? count : (part.first + part.count) * each;
  std::vector<To> result;
  std::vector<unsigned char> block(block_bytes);
  for (std::uint64_t at = 0; at < end;) {
    const auto most =
        std::min<std::uint64_t>(block_bytes / sizeof(From), at < begin ? begin - at : end - at);
    const auto n = static_cast<std::size_t>(most);
    read_block(block.data(), n * sizeof(From));
    for (std::size_t i = 0; at >= begin && i < n; ++i) {
      if (spread && (at + i) % entries - part.first >= part.count) continue;
      result.push_back(convert(value_at<From>(&block[i * sizeof(From)], type().swapped), at + i));
    }
    at += n;
  }
  if (unsigned char behind; end == count && source_->read(&behind, 1) > 0)
    reject_length("more than " + std::to_string(taken_) + " bytes");
  source_->finish();
  if (!spread) return result;
  auto taken = shape();
  taken.front() = part.count;
  return to_c_order(result, taken);
}

template <typename To>
std::vector<To> NpyReader::integers(std::int64_t low, std::int64_t high, Part part) {
  const auto widened = [&](auto of) {
    using From = decltype(of);
    return values<From, To>(part, [&](From value, std::uint64_t number) {
      const bool beyond = std::is_same_v<From, std::uint64_t> && value > From(INT64_MAX);
      const auto wide = static_cast<std::int64_t>(value);
      if (beyond || wide < low || wide > high)
        reject("value " + std::to_string(number) + " is " + std::to_string(value) + "; expected " +
               std::to_string(low) + ".." + std::to_string(high));
      return static_cast<To>(wide);
    });
  };
  const bool is_signed = type().kind == 'i';
  if (type().is_integer()) switch (type().bytes) {
      case 1: return is_signed ? widened(std::int8_t()) : widened(std::uint8_t());
      case 2: return is_signed ? widened(std::int16_t()) : widened(std::uint16_t());
      case 4: return is_signed ? widened(std::int32_t()) : widened(std::uint32_t());
      case 8: return is_signed ? widened(std::int64_t()) : widened(std::uint64_t());
      default: break;
    }
  reject_type("integers of any width, each in " + std::to_string(low) + ".." +
              std::to_string(high));
}
template std::vector<std::int8_t> NpyReader::integers(std::int64_t, std::int64_t, Part);
template std::vector<std::uint8_t> NpyReader::integers(std::int64_t, std::int64_t, Part);
template std::vector<std::int16_t> NpyReader::integers(std::int64_t, std::int64_t, Part);
template std::vector<std::int32_t> NpyReader::integers(std::int64_t, std::int64_t, Part);

template <typename T>
std::vector<T> NpyReader::reals() {
  if (!type().is_real(sizeof(T))) reject_type("float" + std::to_string(8 * sizeof(T)));
  return values<T, T>(all(), [&](T value, std::uint64_t number) {
    if (!std::isfinite(value)) reject("value " + std::to_string(number) + " is not finite");
    return value;
  });
}
template std::vector<float> NpyReader::reals();
template std::vector<double> NpyReader::reals();

}  // namespace topkima::workload
