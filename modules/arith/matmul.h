#pragma once
// Exact int8 products, by oneDNN.

#include <cstdint>
#include <memory>

namespace topkima::arith {

/// The right operand of C = A * B, packed once for many left operands.
///
/// A is [rows, depth] int8, B [depth, columns] int8, C [rows, columns] int32, all row-major and
/// dense. Results are exact on every CPU: without VNNI oneDNN adds pairs of products in 16 bits,
/// which saturates for |b| > 63; such a CPU is recognised by trying it, and B is then split into
/// 16 Bh + Bl. Runs on one thread: a study runs many simulations side by side.
class PackedMatrix {
 public:
  enum class Layout { depth_by_columns, columns_by_depth };

  PackedMatrix();
  ~PackedMatrix();
  PackedMatrix(PackedMatrix&&) noexcept;
  PackedMatrix& operator=(PackedMatrix&&) noexcept;

  /// Packs B; `columns_by_depth` reads it transposed, column after column.
  void pack(const std::int8_t* b, int depth, int columns, Layout layout);
  void multiply(const std::int8_t* a, int rows, std::int32_t* c) const;

  bool empty() const { return !impl_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace topkima::arith
