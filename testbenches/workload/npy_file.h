// SPDX-License-Identifier: Apache-2.0
#pragma once
// .npy files made byte by byte, as the format's description has them.

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace topkima::testbenches {

/// The bytes of a file of version `version` with that header dictionary and data.
inline std::string npy_bytes(const std::string& dictionary, const std::string& data,
                             int version = 1) {
  const std::size_t prefix = version == 1 ? 10 : 12;
  std::string header = dictionary;
  while ((prefix + header.size() + 1) % 64) header += ' ';
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (std::size_t i = 0; i < prefix - 8; ++i)
    bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + data;
}

inline std::string npy_dictionary(const std::string& type, const std::string& shape,
                                  const std::string& fortran = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': (" + shape + "), }";
}

template <typename T>
std::string data_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

inline std::string npy_floats(const std::string& shape, const std::vector<float>& values) {
  return npy_bytes(npy_dictionary("<f4", shape), data_of(values));
}
inline std::string npy_integers(const std::string& shape, const std::vector<std::int8_t>& values) {
  return npy_bytes(npy_dictionary("|i1", shape), data_of(values));
}

}  // namespace topkima::testbenches
