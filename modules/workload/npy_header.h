// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands before the data of a .npy file: a Python dictionary of element type, order and shape
// (numpy.lib.format, versions 1 to 3).

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace topkima::workload {

/// The element type, as NumPy writes it: '<f4', '|i1', '>u8'.
struct NpyType {
  std::string text;       ///< as it stands in the header
  char kind = 0;          ///< NumPy's letter; 0: none of NumPy's, or several fields
  std::size_t bytes = 0;  ///< of a value
  bool swapped = false;   ///< big-endian

  bool is_integer() const { return kind == 'i' || kind == 'u'; }
  bool is_real(std::size_t wanted) const { return kind == 'f' && bytes == wanted; }
  /// "'<f8' (float64)"
  std::string description() const;
};

struct NpyHeader {
  NpyType type;
  bool fortran_order = false;  ///< the first index counts fastest
  std::vector<std::size_t> shape;
};

struct MalformedHeader : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Parses the dictionary: the keys 'descr', 'fortran_order' and 'shape', each once, in any order,
/// in single or double quotes, with white space anywhere between. Throws MalformedHeader.
NpyHeader parse_npy_header(std::string_view text);

/// "[2, 3]"
std::string shape_text(const std::vector<std::size_t>& shape);

}  // namespace topkima::workload
