// SPDX-License-Identifier: Apache-2.0
#pragma once
// Products by oneDNN: exact ones of int8, and of float32.

#include <cstdint>
#include <memory>

namespace topkima::arith {

/// The right operand of C = A * B, prepared once for many left operands.
///
/// A is [rows, depth] int8, B [depth, columns] int8, C [rows, columns] int32, all row-major and
/// dense. Results are exact on every CPU: without VNNI oneDNN adds pairs of products in 16 bits,
/// which saturates for |b| > 63. Such a CPU is recognised by trying it, and large B are then
/// multiplied in float32, over as much depth at a time as 24 bits hold exactly. Runs on one thread:
/// a study runs many simulations side by side.
class PackedMatrix {
 public:
  PackedMatrix();
  ~PackedMatrix();
  PackedMatrix(PackedMatrix&&) noexcept;
  PackedMatrix& operator=(PackedMatrix&&) noexcept;

  void pack(const std::int8_t* b, int depth, int columns);
  void multiply(const std::int8_t* a, int rows, std::int32_t* c) const;

  bool empty() const { return !impl_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// C [rows, columns] = A [rows, depth] * B [depth, columns] in single precision; rows of A are
/// `stride` apart. Exact where all products and their sums are whole numbers of at most 2^24.
void multiply(const float* a, int stride, int rows, const float* b, int depth, int columns,
              float* c);

}  // namespace topkima::arith
